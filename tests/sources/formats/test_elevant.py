import json

import pytest

from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.sources import read, write

TEXT = "Ada met Bob in Oslo."
LABELS = [
    {"id": 0, "span": [0, 3], "entity_id": "Q1", "name": "Ada", "type": "PER", "children": [1]},
    {"id": 1, "span": [8, 11], "entity_id": "Unknown7", "name": "Bob", "type": "PER", "parent": 0},
    {"id": 2, "span": [15, 19], "entity_id": "Q2", "name": "Oslo", "type": "LOC", "optional": True},
]
RECORD = {"id": 4, "title": "t", "text": TEXT, "evaluation_span": [0, 11], "labels": LABELS}


def stored(tmp_path, **others):
    (tmp_path / "a.jsonl").write_text(json.dumps(RECORD | others) + "\n")
    return tmp_path / "a.jsonl"


def test_labels_are_read_with_what_is_said_of_them(tmp_path):
    (doc,) = read(stored(tmp_path))
    assert [(m.label, m.entity) for m in doc.mentions] == [
        ("PER", "Q1"),
        ("PER", NIL),
        ("LOC", "Q2"),
    ]
    assert (doc.id, doc.meta["title"], doc.meta["evaluation_span"]) == ("4", "t", [0, 11])
    assert doc.meta["mention_columns"]["optional"] == [None, None, True]


def test_optional_labels_can_be_left_out(tmp_path, caplog):
    assert len(read(stored(tmp_path), optional=False)[0].mentions) == 2
    assert "optional labels (1)" in caplog.text


def test_the_answers_of_a_linker_are_read_where_there_are_no_labels(tmp_path):
    answer = {"span": [0, 3], "id": "Q1", "candidates": ["Q1", "Q3"], "linked_by": "x"}
    nobody = {"span": [8, 11], "id": None, "candidates": []}
    path = stored(tmp_path, labels=None, entity_mentions=[answer, nobody])
    (doc,) = read(path)
    candidates = (Candidate(entity="Q1"), Candidate(entity="Q3"))
    assert doc.mentions[0] == Mention(start=0, end=3, entity="Q1", candidates=candidates)
    assert doc.mentions[1].entity == NIL


@pytest.mark.parametrize("use", ["labels", "entity_mentions"])
def test_both_kinds_are_written(tmp_path, use):
    mentions = (
        Mention(start=0, end=3, label="PER", entity="Q1"),
        Mention(start=8, end=11, label="PER", entity=NIL),
    )
    doc = Document(id="a", text=TEXT, mentions=mentions)
    write([doc], tmp_path / "a.jsonl", format="elevant", use=use)
    assert read(tmp_path / "a.jsonl", format="elevant")[0].mentions == mentions


def test_labels_come_back_as_they_were(tmp_path):
    docs = read(stored(tmp_path))
    write(docs, tmp_path / "b.jsonl", format="elevant")
    written = json.loads((tmp_path / "b.jsonl").read_text())
    assert [one["span"] for one in written["labels"]] == [one["span"] for one in LABELS]
    assert [one["id"] for one in written["labels"]] == [0, 1, 2]
    assert read(tmp_path / "b.jsonl") == docs


def test_mentions_without_a_link_are_lost_and_counted(tmp_path):
    doc = Document(text=TEXT, mentions=(Mention(start=0, end=3, label="PER"),))
    assert write([doc], tmp_path / "a.jsonl", format="elevant").lost == {"mentions without link": 1}
