import pytest

from nerlink.serving.settings import ServingSettings


@pytest.fixture
def calls(monkeypatch):
    """What the server was told."""
    found = []

    def serve(model, settings, *, loading, say):
        found.append((model, settings, loading))

    monkeypatch.setattr("nerlink.serving.run.serve", serve)
    return found


def test_what_is_not_said_is_the_default(run, calls, monkeypatch):
    monkeypatch.delenv("NERLINK_TOKEN", raising=False)
    assert run("serve", "model").code == 0
    loading = {"threshold": None, "precision": "auto", "device": "auto"}
    assert calls == [("model", ServingSettings(), loading)]


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        (["--host", "::1"], "host", "::1"),
        (["--port", "9000"], "port", 9000),
        (["--workers", "3"], "workers", 3),
        (["--threads", "2"], "threads", 2),
        (["--max-batch-tokens", "9"], "max_batch_tokens", 9),
        (["--max-wait-ms", "1.5"], "max_wait_ms", 1.5),
        (["--queue-tokens", "9"], "queue_tokens", 9),
        (["--timeout", "2"], "timeout", 2.0),
        (["--max-body", "1MB"], "max_body", 1_000_000),
        (["--max-documents", "9"], "max_documents", 9),
        (["--max-characters", "9"], "max_characters", 9),
        (["--token", "abc"], "token", "abc"),
        (["--token", "abc", "--editable"], "editable", True),
        (["--uri-template", "http://a/{id}"], "uri_template", "http://a/{id}"),
        (["--cors-origin", "http://a", "--cors-origin", "*"], "cors_origins", ("http://a", "*")),
        (["--json-logs"], "json_logs", True),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_options_are_passed_on(run, calls, written, name, value):
    run("serve", "model", *written)
    assert getattr(calls[0][1], name) == value


def test_the_token_may_stand_in_a_variable(run, calls, monkeypatch):
    monkeypatch.setenv("NERLINK_TOKEN", "abc")
    run("serve", "model")
    assert calls[0][1] == ServingSettings(token="abc")


def test_the_help_names_the_defaults(run):
    told = " ".join(run("serve", "--help").out.split())
    for name in ("host", "port", "max_batch_tokens", "queue_tokens", "max_documents"):
        assert f"by default {ServingSettings.model_fields[name].default}" in told
    assert ServingSettings().max_body == 8_000_000 and "by default 8MB" in told
    assert ServingSettings().timeout == 30 and "by default 30." in told


def test_a_missing_extra_is_told(run, monkeypatch):
    monkeypatch.setattr("nerlink.cli.serve.NEEDED", ("fastapi", "no_such_package"))
    result = run("serve", "model")
    assert (result.code, result.err) == (
        1,
        "nerlink: nerlink serve needs no_such_package. Install them: "
        "pip install 'nerlink[serve]'\n",
    )
