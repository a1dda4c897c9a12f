import json

import pytest

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write

TEXT = "Ada met Bob."
SPAN = {"start": 0, "end": 3, "text": "Ada", "label": "PER", "token_start": 0, "token_end": 0}
TOKENS = [
    {"text": "Ada", "start": 0, "end": 3, "id": 0, "ws": True},
    {"text": "met", "start": 4, "end": 7, "id": 1, "ws": True},
    {"text": "Bob.", "start": 8, "end": 12, "id": 2, "ws": False},
]


def stored(tmp_path, *records):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": TEXT, **record}) + "\n" for record in records))
    return path


def test_spans_and_tokens_are_read(tmp_path):
    more = {"answer": "accept", "_input_hash": 1, "_session_id": "bo", "meta": {"source": "x"}}
    (doc,) = read(stored(tmp_path, {"spans": [SPAN], "tokens": TOKENS, **more}))
    assert doc.mentions == (Mention(start=0, end=3, label="PER"),)
    assert doc.tokens == ((0, 3), (4, 7), (8, 12))
    assert doc.meta == {"source": "x", "_session_id": "bo"}


def test_answers_other_than_accept_are_left_out_and_counted(tmp_path, caplog):
    answers = ["accept", "reject", "ignore", "reject"]
    path = stored(tmp_path, *({"spans": [SPAN], "answer": answer} for answer in answers))
    assert len(read(path)) == 1
    assert "answer ignore (1), records with the answer reject (2)" in caplog.text


@pytest.mark.parametrize(
    ("record", "entity"),
    [
        ({"spans": [SPAN | {"kb_id": "Q1"}]}, "Q1"),
        ({"spans": [SPAN | {"kb_id": ""}]}, None),
        ({"spans": [SPAN], "options": [{"id": "Q1"}], "accept": ["Q1"]}, "Q1"),
        ({"spans": [SPAN], "options": [{"id": "NIL_other"}], "accept": ["NIL_other"]}, NIL),
    ],
    ids=str,
)
def test_the_entity_is_a_kb_id_or_what_was_chosen(tmp_path, record, entity):
    (doc,) = read(stored(tmp_path, record), format="prodigy")
    assert doc.mentions[0].entity == entity


def test_a_choice_of_several_is_refused(tmp_path):
    record = {"spans": [SPAN], "options": [{"id": "Q1"}, {"id": "Q2"}], "accept": ["Q1", "Q2"]}
    with pytest.raises(DataError, match=r"a.jsonl:1: accept is \['Q1', 'Q2'\], for 1 span"):
        read(stored(tmp_path, record), format="prodigy")


def test_spans_are_written_with_their_tokens(tmp_path):
    mention = Mention(start=0, end=3, label="PER", entity="Q1", score=0.5)
    doc = Document(text=TEXT, mentions=(mention,), tokens=((0, 3), (4, 7), (8, 12)))
    write([doc], tmp_path / "a.jsonl", format="prodigy")
    task = json.loads((tmp_path / "a.jsonl").read_text())
    (span,) = task["spans"]
    assert span | {"text": "Ada"} == SPAN | {"kb_id": "Q1", "score": 0.5}
    assert task["tokens"] == TOKENS
