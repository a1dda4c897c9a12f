import json

import pytest

from nerlink.errors import DataError
from nerlink.sources import read

ZELDA = {
    "id": 7,
    "text": "Ada met Babbage",
    "index": [[8, 15], [0, 3]],
    "wikipedia_ids": [5698, 974],
    "wikipedia_titles": ["Charles Babbage", "Ada Lovelace"],
}


def read_record(tmp_path, record, **options):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n\n")
    return read(path, **{"format": "zelda", **options})


@pytest.mark.parametrize(
    ("entities", "expected"),
    [("titles", ["Ada Lovelace", "Charles Babbage"]), ("ids", ["974", "5698"])],
)
def test_links_by_title_or_by_id(tmp_path, entities, expected):
    (doc,) = read_record(tmp_path, ZELDA, entities=entities)
    assert (doc.id, doc.surface(doc.mentions[1])) == ("7", "Babbage")
    assert [mention.entity for mention in doc.mentions] == expected


def test_ids_come_with_their_titles(tmp_path):
    (doc,) = read_record(tmp_path, ZELDA, entities="ids")
    assert doc.meta == {"mention_columns": {"entity_name": ["Ada Lovelace", "Charles Babbage"]}}
    (doc,) = read_record(tmp_path, ZELDA)
    assert doc.meta == {}


def test_titles_may_be_missing_beside_ids(tmp_path):
    record = {key: value for key, value in ZELDA.items() if key != "wikipedia_titles"}
    (doc,) = read_record(tmp_path, record, entities="ids")
    assert [mention.entity for mention in doc.mentions] == ["974", "5698"]
    assert doc.meta == {}


def test_anchor_without_a_character_is_left_out(tmp_path):
    (doc,) = read_record(tmp_path, ZELDA | {"index": [[8, 15], [3, 3]]})
    assert [doc.surface(mention) for mention in doc.mentions] == ["Babbage"]


ZELDA_COLUMNS = """-DOCSTART-

# letter_1\teasy
#\tO\tO
Ada\tB-974\tB-Ada_Lovelace
Byron\tI-974\tI-Ada_Lovelace
met \tO\tO

Babbage\tB-5698\tB-Charles_Babbage

-DOCSTART-

# letter_2
Nobody\tO\tO
"""


@pytest.mark.parametrize(
    ("columns", "entities", "names"),
    [
        (["token", "nel", "entity_name"], ["974", "5698"], ["Ada Lovelace", "Charles Babbage"]),
        (["token", "_", "nel"], ["Ada_Lovelace", "Charles_Babbage"], None),
    ],
    ids=["ids and titles", "titles"],
)
def test_columns_are_read_as_conll(tmp_path, columns, entities, names):
    (tmp_path / "a.conll").write_text(ZELDA_COLUMNS)
    first, second = read(
        tmp_path / "a.conll", columns=columns, delimiter="\t", comments="# ", remove=r"\s+$"
    )
    assert (first.text, second.text) == ("# Ada Byron met\nBabbage", "Nobody")
    assert [(first.surface(m), m.entity) for m in first.mentions] == [
        ("Ada Byron", entities[0]),
        ("Babbage", entities[1]),
    ]
    assert first.meta == ({"mention_columns": {"entity_name": names}} if names else {})


def test_lists_of_different_length_are_refused(tmp_path):
    with pytest.raises(DataError, match="index has 1 range, wikipedia_titles has 2"):
        read_record(tmp_path, ZELDA | {"index": [[0, 3]]})


WRONG = {
    "another record": ({"foo": 1}, "column .* is missing; there are foo"),
    "no record": ([], "it must be an object"),
    "text": (ZELDA | {"text": 5}, "text is 5; it must be a string"),
    "index": (ZELDA | {"index": 7}, "index is 7; it must be a list"),
    "range": (ZELDA | {"index": [[0], [1]]}, r"index: 0 is \[0\]; it must be \[start"),
    "titles": (ZELDA | {"wikipedia_titles": 5}, "wikipedia_titles is 5; it must be a l"),
    "title": (ZELDA | {"wikipedia_titles": [[], "x"]}, r"titles is \[\]; it must be a s"),
}


@pytest.mark.parametrize(("record", "message"), WRONG.values(), ids=WRONG)
def test_record_of_another_kind_is_refused(tmp_path, record, message):
    with pytest.raises(DataError, match=f"a.jsonl:1:? .*{message}"):
        read_record(tmp_path, record)


@pytest.mark.parametrize("other", ["jsonl", "json"])
def test_records_read_as_another_format_are_told_from_documents(tmp_path, other):
    with pytest.raises(DataError, match=r"a.jsonl:?.* read it with --from zelda"):
        read_record(tmp_path, ZELDA, format=other)
