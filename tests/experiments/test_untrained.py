"""The measures of pipelines without training run to their end on a small corpus."""

import json

import pytest

from experiments.untrained.measure import FOUND, GIVEN, PARTS, main, weighed
from nerlink import Pipeline, write
from tests.experiments.shape import check_results
from tests.world import DOCUMENTS, ENTITIES

CARD = """\
title = "A small world"
language = "en"
licence = "our own"
source = "invented"
labels = ["LOC", "ORG", "PER"]
format = "jsonl"

[splits.train]
file = "train.jsonl"

[kb.entities]
file = "entities.jsonl"
"""


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "world"
    folder.mkdir()
    write(DOCUMENTS, folder / "train.jsonl")
    (folder / "card.toml").write_text(CARD, encoding="utf8")
    records = [
        {"id": e.id, "name": e.name, "type": e.type, "aliases": dict(e.aliases)} for e in ENTITIES
    ]
    (folder / "entities.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf8")
    return folder


def test_each_measure_and_each_part_has_a_row(corpus, encoder_dir, tmp_path):
    path = tmp_path / "results.json"
    main([str(corpus), "--encoder", str(encoder_dir), "--output", str(path)])
    results = json.loads(path.read_text("utf8"))
    check_results(results)
    found = results["scores"]["world"]
    assert list(found) == [*FOUND, *GIVEN, *(f"given mentions: {part}" for part in PARTS)]
    assert found["linking.inkb.recall"]["mean"] > 0.5  # most names of this world mean one entity


def test_a_linker_is_as_it_was_after_its_parts_were_weighed(kb_path, encoder_dir):
    pipeline = Pipeline.from_kb(kb_path, encoder=encoder_dir)
    before = pipeline(list(DOCUMENTS))
    with weighed(pipeline.model.linker, {"prior": 0, "closeness": 0, "rest": 0}):
        assert pipeline(list(DOCUMENTS)) != before
    assert pipeline(list(DOCUMENTS)) == before
