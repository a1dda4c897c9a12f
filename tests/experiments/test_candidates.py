"""The comparison of candidate generators runs to its end on a small corpus."""

import json

import pytest

from experiments.candidates.measure import COLUMNS, main
from nerlink import Document, Entity, Mention, write
from tests.experiments.shape import check_results

TEXT = "Jordan beat Bosnia in Amman. Jordn scored."
SPANS = {"Jordan": "Q1", "Bosnia": "Q2", "Amman": "NIL", "Jordn": "Q1"}
CARD = """\
title = "Three names"
language = "en"
licence = "our own"
source = "invented"
labels = []
format = "jsonl"

[splits.train]
file = "train.jsonl"

[splits.dev]
file = "dev.jsonl"
"""


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    mentions = [
        Mention(start=TEXT.index(name), end=TEXT.index(name) + len(name), entity=entity)
        for name, entity in SPANS.items()
    ]
    for split in ("train", "dev"):
        write([Document(text=TEXT, id=split, mentions=tuple(mentions))], folder / f"{split}.jsonl")
    (folder / "card.toml").write_text(CARD, encoding="utf8")
    entities = [Entity(id="Q1", name="Jordan"), Entity(id="Q2", name="Bosnia and Herzegovina")]
    lines = [json.dumps({"id": one.id, "name": one.name}) for one in entities]
    (folder / "entities.jsonl").write_text("\n".join(lines), encoding="utf8")
    return folder


def test_each_generator_and_each_chain_has_a_row(corpus, tmp_path):
    path = tmp_path / "results.json"
    main(["--corpus", str(corpus), "--output", str(path)])
    results = json.loads(path.read_text("utf8"))
    check_results(results)
    assert tuple(results["scores"]) == COLUMNS
    recall = {row: found["mean"] for row, found in results["scores"]["of all"].items()}
    assert recall["names alone: exact"] == pytest.approx(100 / 3, abs=0.01)
    assert recall["names alone: fuzzy"] == pytest.approx(200 / 3, abs=0.01)
    assert recall["names alone: normalised + acronym + partial"] == pytest.approx(200 / 3, abs=0.01)
    assert recall["lists and counts: exact"] == 100
