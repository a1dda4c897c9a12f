import json

import pytest

from nerlink.bulk import Progress, Summary
from nerlink.cli.bulk import parse_size

SUMMARY = Summary(
    output="out",
    shards=2,
    skipped=0,
    done=2,
    failed={},
    n_failed=0,
    documents=9,
    mentions=4,
    errors=1,
    lost={},
    seconds=1.5,
    documents_per_second=6.0,
)


@pytest.fixture
def calls(monkeypatch):
    """What `tag_files` was called with."""
    found = []

    def tag_files(*arguments, on_progress, **options):
        found.append((arguments, options))
        on_progress(Progress(n_shards=2, n_done=1))
        return SUMMARY

    monkeypatch.setattr("nerlink.bulk.tag_files", tag_files)
    return found


def test_the_summary_is_json(run, calls):
    result = run("bulk", "model", "a.jsonl", "b.jsonl", "--output", "out")
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out)["documents"] == 9
    assert calls[0][0] == ("model", ["a.jsonl", "b.jsonl"], "out")


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        (["--shard-size", "1MB"], "shard_size", 1_000_000),
        (["--workers", "3"], "workers", 3),
        (["--read", "lines=true"], "read", {"lines": True}),
        (["--from", "text"], "format", "text"),
        (["--engine", "ray"], "engine", "ray"),
        (["--force"], "force", True),
        ([], "workers", "auto"),
    ],
    ids=str,
)
def test_options_are_passed_on(run, calls, written, name, value):
    run("bulk", "model", "a.jsonl", "--output", "out", *written)
    assert calls[0][1][name] == value


def test_shards_that_failed_are_told_and_are_exit_code_1(run, calls, monkeypatch):
    import dataclasses

    failed = dataclasses.replace(SUMMARY, failed={"000000-a": "a.jsonl: gone."}, n_failed=1)
    monkeypatch.setattr("nerlink.bulk.tag_files", lambda *_, **__: failed)
    result = run("bulk", "model", "a.jsonl", "--output", "out")
    assert (result.code, result.err) == (1, "000000-a failed: a.jsonl: gone.\n")
    assert json.loads(result.out)["n_failed"] == 1


def test_a_log_gets_a_line_a_minute(run, calls, monkeypatch):
    monkeypatch.setattr("nerlink.cli.bulk.LINE_SECONDS", 0)
    assert run("bulk", "model", "a.jsonl", "--output", "out").err.startswith("1/2 shards")


def test_status_is_told_without_a_model(run, monkeypatch):
    monkeypatch.setattr("nerlink.bulk.status_of", lambda output: {"output": output, "left": 3})
    assert run("bulk", "--status", "out").records == [{"output": "out", "left": 3}]


@pytest.mark.parametrize(
    "written", [["model", "a.jsonl"], ["model", "--output", "out"], ["--output", "out"]], ids=str
)
def test_what_is_missing_is_told(run, written):
    result = run("bulk", *written)
    assert result.code == 2
    assert "Missing" in result.err


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [("64MB", 64_000_000), ("1.5 GB", 1_500_000_000), ("500k", 500_000), ("1000", 1000)],
)
def test_sizes_are_understood(text, n_bytes):
    assert parse_size(text) == n_bytes


def test_what_is_no_size_is_refused(run):
    result = run("bulk", "model", "a.jsonl", "--output", "out", "--shard-size", "big")
    assert (result.code, "'big' is no size" in result.err) == (2, True)
