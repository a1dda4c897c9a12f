import pytest

from nerlink.data import NIL
from nerlink.errors import DataError
from nerlink.sources.foreign import nested
from nerlink.sources.keys import MENTION_COLUMNS
from nerlink.sources.names import Names
from nerlink.sources.records import document_from_record

TEXT = "Ada Lovelace met Babbage."


def found(record, **options):
    doc = document_from_record({"text": TEXT} | record, where="x:1", names=Names("x", **options))
    return [(doc.surface(m), m.label, m.entity) for m in doc.mentions], dict(doc.meta)


ADA = [("Ada Lovelace", "PER", None)]
LINKED = [("Ada Lovelace", "PER", "Q7259")]
SHAPES = {
    "doccano": ({"label": [[0, 12, "PER"]]}, ADA),
    "doccano with relations": (
        {"entities": [{"label": "PER", "start_offset": 0, "end_offset": 12}]},
        ADA,
    ),
    "Prodigy": ({"spans": [{"start": 0, "end": 12, "label": "PER"}]}, ADA),
    "label first": ({"annotation": [["PER", 0, 12]]}, ADA),
    "with an id": ({"spans": [[0, 12, "PER", "Q7259"]]}, LINKED),
    "with the surface": ({"ents": [["Ada Lovelace", 0, 12, "PER"]]}, ADA),
    "Label Studio's small JSON": (
        {"label": [{"start": 0, "end": 12, "text": "Ada Lovelace", "labels": ["PER"]}]},
        ADA,
    ),
    "JSON in a cell": ({"labels": '[[0, 12, "PER"]]'}, ADA),
    "Python in a cell": ({"entities": "[(0, 12, 'PER')]"}, ADA),
    "offsets in one list": ({"mentions": [{"offsets": [[0, 12]], "type": "PER"}]}, ADA),
    "a length": ({"mentions": [{"offset": 0, "length": 12, "category": "PER"}]}, ADA),
    "ids": ({"mentions": [{"from": 0, "to": 12, "tag": "PER", "qid": "Q7259"}]}, LINKED),
    "the type under entity": (
        {"entities": [{"start": 0, "end": 12, "entity": "PER", "kb_id": "Q7259"}]},
        LINKED,
    ),
}


@pytest.mark.parametrize(("record", "mentions"), SHAPES.values(), ids=SHAPES)
def test_mentions_of_other_programs_are_read(record, mentions):
    assert found(record) == (mentions, {})


def test_a_text_and_its_entities_are_a_record():
    pair = [TEXT, {"entities": [[0, 12, "PER"]]}]
    assert document_from_record(pair, where="x").mentions[0].label == "PER"


TWICE = {
    "text": ({"body": "Paris."}, {"text": "body"}),
    "id": ({"id": "1", "key": "2"}, {"id": "key"}),
    "mentions": ({"mentions": [], "spans": [[0, 12, "PER"]]}, {"mentions": "spans"}),
    "label": (
        {"mentions": [{"start": 0, "end": 12, "label": "PER", "kind": "ORG"}]},
        {"label": "kind"},
    ),
}


@pytest.mark.parametrize(("record", "columns"), TWICE.values(), ids=TWICE)
def test_a_key_that_another_would_replace_is_refused(record, columns):
    with pytest.raises(DataError, match="is there as well, of which one would be lost"):
        found(record, columns=columns)


UNCLEAR = {
    "no offsets": {"entities": [{"text": "Ada", "type": "PER"}]},
    "by label": {"entities": {"PER": ["Ada"]}},
    "surfaces alone": {"spans": ["Ada"]},
    "nested": {"annotations": [{"result": [{"value": {"start": 0}}]}]},
}


@pytest.mark.parametrize("record", UNCLEAR.values(), ids=UNCLEAR)
def test_what_may_be_mentions_is_refused_with_the_option_that_keeps_it(record):
    with pytest.raises(DataError, match=r"x:1: .* may hold mentions.*guess=false"):
        found(record)
    assert found(record, guess=False) == ([], record)


@pytest.mark.parametrize(
    "record", [{"labels": ["news", "letters"]}, {"label": "news"}, {"tags": 3}, {"ner": "yes"}]
)
def test_what_holds_no_mentions_goes_to_meta(record):
    assert found(record) == ([], record)


def test_mentions_of_their_own_name_win():
    record = {"mentions": [], "entities": [[0, 3, "PER"]]}
    assert found(record) == ([], {"entities": [[0, 3, "PER"]]})


def test_two_lists_of_mentions_are_refused():
    with pytest.raises(DataError, match="'label' or 'annotations' may be 'mentions'"):
        found({"label": [[0, 3, "PER"]], "annotations": [[0, 3, "ORG"]]})
    record = {"label": [[0, 3, "PER"]], "annotations": [[0, 3, "ORG"]]}
    assert found(record, columns={"mentions": "annotations"})[0] == [("Ada", "ORG", None)]


OTHERS = {
    "Label Studio": {"data": {"text": TEXT}, "annotations": []},
    "GLiNER": {"tokenized_text": ["Ada"], "ner": [[0, 0, "person"]]},
    "spaCy 2": {"paragraphs": []},
    "BioC": {"passages": []},
}


@pytest.mark.parametrize(("name", "record"), OTHERS.items())
def test_records_of_other_formats_are_named(name, record):
    with pytest.raises(DataError, match=f"looks like .*{name}"):
        document_from_record(record, where="x")


@pytest.mark.parametrize("entity", ["--NME--", "nil", "-1", "NIL_12"])
def test_spellings_of_nil_are_nil(entity, caplog):
    mentions, _ = found({"mentions": [{"start": 0, "end": 3, "entity": entity}]})
    assert mentions == [("Ada", None, NIL)]
    assert f"x: entity {entity!r} and its like are read as 'NIL'." in caplog.text


def test_labels_and_tags_are_no_ids():
    with pytest.raises(DataError, match="looks like a label"):
        found({"mentions": [{"start": 0, "end": 3, "entity": "PER"}]})
    with pytest.raises(DataError, match="aggregation_strategy='simple'"):
        found({"mentions": [{"start": 0, "end": 3, "entity": "B-PER", "word": "Ada"}]})


def test_a_second_label_stays_with_its_mention():
    _, meta = found({"mentions": [{"start": 0, "end": 3, "label": "PER", "type": "NAM"}]})
    assert meta == {MENTION_COLUMNS: {"type": ["NAM"]}}


def test_rejected_records_are_refused():
    with pytest.raises(DataError, match="answer is 'reject'"):
        found({"spans": [[0, 3, "PER"]], "answer": "reject"})


@pytest.mark.parametrize("value", [[{"start": 0, "end": 3, "label": "PER"}], [[0, 3, "PER"]]])
def test_mentions_under_a_name_that_nobody_knows_are_refused_with_the_option(value):
    with pytest.raises(DataError, match=r"'highlights' looks like mentions.*columns="):
        found({"highlights": value})
    assert found({"highlights": value}, columns={"mentions": "highlights"})[0]
    assert found({"highlights": value}, guess=False) == ([], {"highlights": value})


def test_ranges_and_plain_lists_go_to_meta():
    record = {"lines": [[0, 12], [13, 25]], "pages": [1, 2], "authors": ["Ada"]}
    assert found(record) == ([], record)


@pytest.mark.parametrize("key", ["entities", "Spans"])
def test_an_empty_list_of_mentions_is_no_meta(key):
    assert found({key: []}) == ([], {})


@pytest.mark.parametrize("cell", ['{"a": 1, "a": 2}', "[{'a': 1, 'a': 2}]"])
def test_cell_with_a_repeated_key_is_refused(cell):
    with pytest.raises(DataError, match=r"a.csv:2: the key 'a' occurs 2 times"):
        nested(cell, where="a.csv:2")
