"""The measurements of bulk jobs that need no process of their own run to their end at toy size."""

import json

import pytest

from experiments.bulk.__main__ import EXPERIMENT
from experiments.bulk.kills import check_same, fingerprint
from tests.experiments.shape import check_results


@pytest.mark.filterwarnings("ignore")
def test_the_overhead_is_written(encoder_dir, tmp_path):
    output = tmp_path / "results.json"
    options = ["--size", "toy", "--encoder", str(encoder_dir), "--output", str(output)]
    EXPERIMENT.run("Measure.", ["overhead", *options])
    results = json.loads(output.read_text("utf8"))
    check_results(results)
    assert set(results["scores"]["overhead"]) == {
        "overhead.vs_stream",
        "overhead.vs_tag",
        "documents_per_second.one_core",
        "kilobytes.read_per_document",
        "kilobytes.written_per_document",
        *(f"hours.1e8.{n}_cores" for n in (2, 64, 512)),
    }


def test_rows_that_are_lost_or_there_twice_are_found(tmp_path, monkeypatch):
    rows = tmp_path / "out" / "000000-a-000000.jsonl"
    rows.parent.mkdir()
    rows.write_text('{"id": "a"}\n{"id": "b"}\n', encoding="utf8")
    monkeypatch.setattr("experiments.bulk.kills.outputs_of", lambda _: [str(rows)])
    expected = fingerprint(rows.parent)
    check_same(rows.parent, expected, 2)
    with pytest.raises(SystemExit, match="2 rows, 2 ids, not 3"):
        check_same(rows.parent, expected, 3)
    (rows.parent / ".a.partial").touch()
    with pytest.raises(SystemExit, match="are left over"):
        check_same(rows.parent, expected, 2)
    rows.write_text('{"id": "a"}\n{"id": "c"}\n', encoding="utf8")
    with pytest.raises(SystemExit, match="not the bytes of one run"):
        check_same(rows.parent, expected, 2)
