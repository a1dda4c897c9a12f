import json

import pytest

from nerlink.serving.review.session import ReviewOptions
from nerlink.serving.settings import ServingSettings

DOC = {"id": "a", "text": "Ada in London", "mentions": [{"start": 0, "end": 3, "entity": "ada"}]}


@pytest.fixture
def calls(monkeypatch):
    """What a review was told."""
    found = []

    def review(documents, output, helpers, *, settings, options, say):
        found.append((documents, output, helpers, settings, options))

    monkeypatch.setattr("nerlink.serving.review.run.review", review)
    return found


@pytest.fixture
def ask(tmp_path):
    path = tmp_path / "ask.jsonl"
    path.write_text(json.dumps(DOC) + "\n")
    return path


@pytest.fixture
def base(run, tmp_path):
    table = tmp_path / "people.csv"
    table.write_text("id,name\nada,Ada\n")
    path = tmp_path / "people.sqlite"
    assert run("kb", "build", table, "--output", path).code == 0
    return path


def test_what_is_not_said_is_the_default(run, calls, ask, monkeypatch):
    monkeypatch.delenv("NERLINK_TOKEN", raising=False)
    assert run("review", ask, "--model", "m0", "-o", "gold.jsonl").code == 0
    ((documents, output, helpers, settings, options),) = calls
    assert [doc.id for doc in documents] == ["a"]
    assert (str(output), helpers.model, helpers.kb) == ("gold.jsonl", "m0", None)
    assert (settings, options) == (ServingSettings(), ReviewOptions())


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        (["--labels", "PER, LOC", "--labels", "ORG"], "labels", ("PER", "LOC", "ORG")),
        (["--overlap", "0.2"], "overlap", 0.2),
        (["--overlap", "20"], "overlap", 20),
        (["--preset", "model"], "preset", "model"),
        (["--lease", "30"], "lease", 30),
        (["--any-base"], "any_base", True),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_options_are_passed_on(run, calls, ask, written, name, value):
    run("review", ask, "--kb", "people.sqlite", *written)
    assert getattr(calls[0][4], name) == value


def test_the_address_and_the_token_are_passed_on(run, calls, ask):
    run("review", ask, "--kb", "x", "--port", 9000, "--token", "abc", "--allowed-host", "me")
    told = calls[0][3]
    assert (told.port, told.token, told.allowed_hosts) == (9000, "abc", ("me",))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ASK"], "there is nothing to link to: name a model (--model m0)"),
        (["ASK", "--kb", "x", "-o", "ASK"], "is what is reviewed. Name another --output."),
        (["ASK", "--kb", "x", "-o", "-"], "documents are kept in a file"),
        (["ASK", "--kb", "none.sqlite", "-o", "OUT"], "none.sqlite: no such knowledge base"),
        (["ASK", "--kb", "BASE", "-o", "gold.csv"], "written as JSON lines"),
        (["none.jsonl", "--kb", "BASE", "-o", "OUT"], "none.jsonl: no such file"),
        (["ASK", "--kb", "BASE", "-o", "OUT", "--overlap", "-1"], "overlap is -1"),
        (["ASK", "--kb", "BASE", "-o", "OUT", "--port", "99999"], "port"),
        (["ASK", "--kb", "BASE", "-o", "OUT", "--host", "192.0.2.1"], "others reach 192.0.2.1"),
        (["--agreement", "OUT"], "no such file. It is written beside"),
    ],
    ids=str,
)
def test_wrong_input_is_told_in_a_line(run, ask, base, tmp_path, arguments, told):
    places = {"ASK": ask, "BASE": base, "OUT": tmp_path / "gold.jsonl"}
    result = run("review", *(places.get(one, one) for one in arguments))
    assert result.code == 1
    assert told in result.err
    assert result.err.strip().splitlines()[-1].startswith("nerlink: ")
    assert "Traceback" not in result.err


def test_documents_must_be_named(run):
    assert run("review", "--kb", "x").code == 2


def test_documents_of_another_base_are_refused(run, ask, base, tmp_path):
    ask.write_text(json.dumps(DOC | {"mentions": [{"start": 0, "end": 3, "entity": "Q1"}]}))
    result = run("review", ask, "--kb", base, "-o", tmp_path / "gold.jsonl", "--port", 0)
    assert result.code == 1
    assert "such as 'Q1' in document 'a': they are of another base" in result.err


def test_no_documents_are_told(run, ask, base, tmp_path):
    ask.write_text("")
    result = run("review", ask, "--kb", base, "-o", tmp_path / "gold.jsonl")
    assert (result.code, "no documents to review" in result.err) == (1, True)
    assert not (tmp_path / "gold.jsonl.log").exists()


def test_agreement_is_shown(run, tmp_path):
    output = tmp_path / "gold.jsonl"
    saves = [
        {"key": "id:a", "reviewer": name, "time": "t", "document": {**DOC, "mentions": mentions}}
        for name, mentions in (("ada", DOC["mentions"]), ("bob", []))
    ]
    lines = [{"review": 1, "session": "s"}, *saves]
    (tmp_path / "gold.jsonl.log").write_text("".join(json.dumps(one) + "\n" for one in lines))
    result = run("review", "--agreement", output)
    assert result.code == 0
    assert "ada and bob: 1 document, 0 the same" in result.out
    assert "1 document to be decided: a" in result.out


def test_a_missing_extra_is_told(run, monkeypatch):
    monkeypatch.setattr("nerlink.cli.review.NEEDED", ("no_such_package",))
    assert "pip install 'nerlink[serve]'" in run("review", "x", "--kb", "y").err
