"""The scripted reviewer runs to its end on a few documents, and goes on where it was."""

import importlib
import json
from dataclasses import replace

import pytest

from nerlink.sources import write
from tests.experiments.shape import check_results
from tests.world import DOCUMENTS

reviewer = importlib.import_module("experiments.cold-start.reviewer")


def rounds(*points):
    return [
        reviewer.Round(
            ids=tuple(map(str, range(n))), n_tokens=10 * n, scores={reviewer.DECIDES: score}
        )
        for n, score in points
    ]


@pytest.mark.parametrize(
    ("points", "documents"),
    [
        (((5, 0.9), (10, 0.95)), 5),
        (((5, 0.4), (10, 0.8)), 7.5),
        (((5, 0.5), (10, 0.4), (15, 0.8)), 12.5),
        (((5, 0.1), (10, 0.2)), 10),
    ],
    ids=["at once", "between two", "after a fall", "never"],
)
def test_documents_are_counted_until_the_score_is_reached(points, documents):
    assert reviewer.documents_until(rounds(*points), 0.6) == pytest.approx(documents)
    assert reviewer.documents_until(rounds(*points), 0.6, "tokens") == pytest.approx(10 * documents)


def test_both_strategies_are_reviewed_from_the_same_start(encoder_dir, tmp_path, monkeypatch):
    runs, output = tmp_path / "runs", tmp_path / "results.json"
    output.write_text('{"scores": {"others": {}}, "corpus": "aida"}', encoding="utf8")
    silver = [replace(doc, complete=False) for doc in DOCUMENTS[:3]]
    write(silver, tmp_path / "silver.jsonl")
    arguments = ["--size", "toy", "--encoder", str(encoder_dir), "--epochs", "1"]
    arguments += ["--silver", str(tmp_path / "silver.jsonl")]
    arguments += ["--device", "cpu", "--threads", "1", "--runs", str(runs), "--output", str(output)]
    reviewer.main(arguments)
    results = json.loads(output.read_text("utf8"))
    check_results(results)
    assert set(results["scores"]) == {"others", "reviewer, tiny-news, silver"}
    found = results["scores"]["reviewer, tiny-news, silver"]
    assert {name for name in found if "until" not in name} == {
        f"{measure}, {n} documents{strategy}"
        for measure in ("InKB F1", "NER F1")
        for n, strategy in [
            ("all", ""),
            *((n, f", {one}") for n in (2, 4, 8) for one in ("random", "uncertain")),
        ]
    }
    assert 2 <= found["documents until 90%, random"]["mean"] <= 8
    done = {
        strategy: {
            int(path.parent.name): json.loads(path.read_text("utf8"))["ids"]
            for path in runs.glob(f"tiny-news-toy-silver/seed-1/{strategy}/*/round.json")
        }
        for strategy in ("random", "uncertain")
    }
    assert done["random"][2] == done["uncertain"][2]
    assert set(done["random"]) == set(done["uncertain"]) == {2, 4, 8}
    for ids in done.values():
        assert all(len(set(chosen)) == n for n, chosen in ids.items())
    monkeypatch.setattr(reviewer, "train", None)
    before = output.read_text("utf8")
    reviewer.main(arguments)
    assert output.read_text("utf8") == before, "nothing is learnt twice"
