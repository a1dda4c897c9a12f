import datetime

import pytest

from nerlink.data import NIL, Candidate, Document, Mention, NilKind
from nerlink.errors import DataError
from nerlink.sources.keys import MENTION_COLUMNS, MENTION_KEYS
from nerlink.sources.records import (
    _MENTION,
    document_from_record,
    json_from_record,
    record_from_document,
)

FULL = Document(
    id="doc-1",
    text="Ada met Babbage.",
    mentions=(
        Mention(
            start=0,
            end=3,
            label="PER",
            entity="Q7259",
            score=0.9,
            link_score=0.8,
            candidates=(Candidate(entity="Q7259", score=0.8, prior=0.5, count=3),),
        ),
        Mention(start=8, end=15, label="PER", entity=NIL, nil=NilKind.NO_CANDIDATE),
    ),
    sentences=((0, 16),),
    tokens=((0, 3), (4, 7)),
    meta={"source": "letters"},
    complete=False,
)


def test_record_holds_all_and_comes_back():
    assert document_from_record(record_from_document(FULL), where="here") == FULL


def test_every_field_of_a_mention_is_read():
    assert tuple(_MENTION) == MENTION_KEYS


def test_record_leaves_out_what_is_unknown():
    mention = Mention(start=0, end=3)
    record = record_from_document(Document(text="Ada", mentions=(mention,)))
    assert record == {"text": "Ada", "mentions": [{"start": 0, "end": 3}]}


def test_text_alone_is_enough():
    assert document_from_record({"text": "Ada"}, where="here") == Document(text="Ada")


def test_documents_are_complete_unless_they_say_that_they_are_not():
    assert document_from_record({"text": "Ada"}, where="here").complete
    assert not document_from_record({"text": "Ada", "complete": "False"}, where="here").complete
    assert "complete" not in record_from_document(Document(text="Ada"))


def test_a_list_of_words_may_be_incomplete():
    record = {"tokens": ["Ada", "met"], "ner_tags": ["B-PER", "O"], "complete": False}
    assert not document_from_record(record, where="here").complete


def test_mentions_are_put_in_order():
    record = {"text": "Ada met", "mentions": [{"start": 4, "end": 7}, {"start": 0, "end": 3}]}
    doc = document_from_record(record, where="here")
    assert [mention.start for mention in doc.mentions] == [0, 4]


def test_further_keys_go_to_meta():
    record = {"text": "Ada", "year": 1843, "meta": {"source": "letters"}}
    assert document_from_record(record, where="here").meta == {"source": "letters", "year": 1843}


def test_further_keys_of_mentions_come_back():
    mentions = [{"start": 0, "end": 3, "by": "me"}, {"start": 4, "end": 7}]
    doc = document_from_record({"text": "Ada met", "mentions": mentions}, where="here")
    assert doc.meta[MENTION_COLUMNS] == {"by": ["me", None]}
    assert record_from_document(doc)["mentions"] == mentions


@pytest.mark.parametrize("value", [12, 12.0, "12"])
def test_whole_numbers_may_be_written_in_three_ways(value):
    record = {"text": "a" * 20, "mentions": [{"start": 0, "end": value}]}
    assert document_from_record(record, where="here").mentions[0].end == 12


def test_numbers_serve_as_names():
    record = {"id": 17, "text": "Ada", "mentions": [{"start": 0, "end": 3, "entity": 7259.0}]}
    doc = document_from_record(record, where="here")
    assert (doc.id, doc.mentions[0].entity) == ("17", "7259")


BAD = {
    "not an object": ([1], "here is .1.; it must be an object"),
    "no text": ({"txet": "a"}, "column 'text' is missing; there are txet. Did you mean 'txet'"),
    "text of another kind": ({"text": 3}, "text is 3; it must be a string"),
    "no end": ({"text": "a", "mentions": [{"begin": 0}]}, "mention 0: column 'end' is missing"),
    "start in words": ({"text": "a", "mentions": [{"start": "x", "end": 1}]}, "start is 'x'"),
    "start as truth": ({"text": "a", "mentions": [{"start": True, "end": 1}]}, "start is True"),
    "mentions no list": ({"text": "a", "mentions": {"start": 0}}, "mentions is .* must be a list"),
    "several labels": (
        {"text": "a", "mentions": [{"start": 0, "end": 1, "labels": ["A", "B"]}]},
        "labels is .*; a mention has one",
    ),
    "score in words": (
        {"text": "a", "mentions": [{"start": 0, "end": 1, "score": "high"}]},
        "score is 'high'; it must be a number",
    ),
    "kind of NIL": (
        {"text": "a", "mentions": [{"start": 0, "end": 1, "nil": "so"}]},
        "nil is 'so'; it must be one of 'no candidate'",
    ),
    "candidate without entity": (
        {"text": "a", "mentions": [{"start": 0, "end": 1, "candidates": [{"score": 1}]}]},
        "candidate 0: column 'entity' is missing",
    ),
    "tokens": ({"text": "a", "tokens": [[0, 1, 2]]}, r"tokens: 0 is \[0, 1, 2\]; it must be"),
    "meta": ({"text": "a", "meta": "x"}, "meta is 'x'; it must be an object"),
    "complete": ({"text": "a", "complete": "no"}, "complete is 'no'; it must be true or false"),
}


@pytest.mark.parametrize(("record", "message"), BAD.values(), ids=BAD)
def test_wrong_record_is_refused(record, message):
    with pytest.raises(DataError, match=message):
        document_from_record(record, where="here")


def test_dates_are_written_in_iso_form():
    assert json_from_record({"on": datetime.date(1843, 9, 5)}) == '{"on": "1843-09-05"}'


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object()], ids=["set", "nan", "object"])
def test_value_without_a_form_in_json_is_refused(value):
    with pytest.raises(DataError, match="cannot be written as JSON"):
        json_from_record({"meta": value})


@pytest.mark.parametrize("record", [{"text": "Ada"}, {"tokens": ["Ada"], "ner_tags": ["O"]}])
@pytest.mark.parametrize("meta", [0, [], "", False])
def test_meta_that_is_no_object_is_refused(record, meta):
    with pytest.raises(DataError, match=r"x: meta is .*; it must be an object"):
        document_from_record({**record, "meta": meta}, where="x")


def test_meta_of_records_with_words_is_meta():
    record = {"tokens": ["Ada"], "ner_tags": ["O"], "meta": {"year": 1843}}
    assert document_from_record(record, where="x").meta["year"] == 1843


def test_columns_of_mentions_in_meta_follow_their_mentions():
    mentions = [{"start": 4, "end": 7, "sex": "f"}, {"start": 0, "end": 3}]
    meta = {"mention_columns": {"born": [1815, 1852]}}
    doc = document_from_record({"text": "Bob Ada", "mentions": mentions, "meta": meta}, where="x")
    assert doc.meta["mention_columns"] == {"born": [1852, 1815], "sex": [None, "f"]}
    meta = {"mention_columns": {"sex": ["m", "m"]}}
    with pytest.raises(DataError, match="mentions have 'sex', and so has meta"):
        document_from_record({"text": "Bob Ada", "mentions": mentions, "meta": meta}, where="x")
