import json

import pytest

from nerlink.data import Document, Mention
from nerlink.sources import read, write

TEXT = "Ada met Bob."
SHAPES = {
    "label": {"label": [[0, 3, "PER"]]},
    "labels": {"labels": [[0, 3, "PER"]]},
    "entities": {
        "entities": [{"id": 9, "label": "PER", "start_offset": 0, "end_offset": 3}],
        "relations": [],
        "Comments": [],
    },
    "annotations": {"annotations": [{"label": "PER", "start_offset": 0, "end_offset": 3}]},
}


def stored(tmp_path, *records):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.mark.parametrize("shape", SHAPES)
def test_all_shapes_of_labels_are_read(tmp_path, shape):
    path = stored(tmp_path, {"id": 1, "text": TEXT, "source": "x", **SHAPES[shape]})
    (doc,) = read(path, format="doccano")
    mentions = (Mention(start=0, end=3, label="PER"),)
    assert doc == Document(id="1", text=TEXT, mentions=mentions, meta={"source": "x"})


def test_relations_are_counted(tmp_path, caplog):
    read(stored(tmp_path, {"text": TEXT, "entities": [], "relations": [{}]}), format="doccano")
    assert "relations (1)" in caplog.text


def test_numbers_of_labels_are_given_names(tmp_path):
    path = stored(tmp_path, {"text": TEXT, "label": [[0, 3, 7]]})
    (doc,) = read(path, format="doccano", labels={"7": "PER"})
    assert doc.mentions[0].label == "PER"


@pytest.mark.parametrize("shape", ["label", "entities"])
def test_links_are_lost_and_counted(tmp_path, shape):
    mentions = (Mention(start=0, end=3, label="PER", entity="Q1"), Mention(start=8, end=11))
    doc = Document(id="a", text=TEXT, mentions=mentions)
    report = write([doc], tmp_path / "a.jsonl", format="doccano", shape=shape)
    assert report.lost == {"links": 1, "mentions without label": 1}
    record = json.loads((tmp_path / "a.jsonl").read_text())
    assert len(record[shape]) == 1
