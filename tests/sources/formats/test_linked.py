import json

import pytest

from nerlink.data import NIL, Mention
from nerlink.errors import DataError
from nerlink.sources import read

AIDA = {
    "doc": "1.txt",
    "sentences": [["Ada", "Lovelace", "wrote", "."], ["London", "slept", "."]],
    "mentions": [
        {"sent": 1, "start": 0, "end": 1, "type": "LOC", "title": None},
        {"sent": 0, "start": 0, "end": 2, "type": "PER", "title": "Ada Lovelace"},
    ],
}
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
    return read(path, **options)


def test_aida_tokens_are_joined_and_mentions_placed(tmp_path):
    (doc,) = read_record(tmp_path, AIDA, format="aida")
    assert doc.text == "Ada Lovelace wrote .\nLondon slept ."
    assert doc.id == "1.txt"
    assert doc.mentions == (
        Mention(start=0, end=12, label="PER", entity="Ada Lovelace"),
        Mention(start=21, end=27, label="LOC", entity=NIL),
    )
    assert doc.sentences == ((0, 20), (21, 35))
    words = ["Ada", "Lovelace", "wrote", ".", "London", "slept", "."]
    assert [doc.text[start:end] for start, end in doc.tokens] == words


@pytest.mark.parametrize(
    ("mention", "message"),
    [
        ({"sent": 2, "start": 0, "end": 1}, "sent is 2, but there are 2 sentences"),
        ({"sent": 1, "start": 2, "end": 4}, "start 2, end 4 do not fit sentence 1 of 3 tokens"),
        ({"start": 0, "end": 1}, "column 'sent' is missing"),
    ],
)
def test_aida_mention_outside_its_sentence_is_refused(tmp_path, mention, message):
    with pytest.raises(DataError, match=f"a.jsonl:1: mention 0: {message}"):
        read_record(tmp_path, AIDA | {"mentions": [mention]}, format="aida")


@pytest.mark.parametrize(
    ("entities", "expected"),
    [("titles", ["Ada Lovelace", "Charles Babbage"]), ("ids", ["974", "5698"])],
)
def test_zelda_links_by_title_or_by_id(tmp_path, entities, expected):
    (doc,) = read_record(tmp_path, ZELDA, format="zelda", entities=entities)
    assert (doc.id, doc.surface(doc.mentions[1])) == ("7", "Babbage")
    assert [mention.entity for mention in doc.mentions] == expected


def test_zelda_ids_come_with_their_titles(tmp_path):
    (doc,) = read_record(tmp_path, ZELDA, format="zelda", entities="ids")
    assert doc.meta == {"mention_columns": {"entity_name": ["Ada Lovelace", "Charles Babbage"]}}
    (doc,) = read_record(tmp_path, ZELDA, format="zelda")
    assert doc.meta == {}


def test_zelda_titles_may_be_missing_beside_ids(tmp_path):
    record = {key: value for key, value in ZELDA.items() if key != "wikipedia_titles"}
    (doc,) = read_record(tmp_path, record, format="zelda", entities="ids")
    assert [mention.entity for mention in doc.mentions] == ["974", "5698"]
    assert doc.meta == {}


def test_zelda_anchor_without_a_character_is_left_out(tmp_path):
    (doc,) = read_record(tmp_path, ZELDA | {"index": [[8, 15], [3, 3]]}, format="zelda")
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
def test_zelda_columns_are_read_as_conll(tmp_path, columns, entities, names):
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


def test_zelda_lists_of_different_length_are_refused(tmp_path):
    with pytest.raises(DataError, match="index has 1 entries, wikipedia_titles has 2"):
        read_record(tmp_path, ZELDA | {"index": [[0, 3]]}, format="zelda")


@pytest.mark.parametrize("name", ["aida", "zelda"])
def test_record_of_another_kind_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"a.jsonl:1: column .* is missing; there are foo"):
        read_record(tmp_path, {"foo": 1}, format=name)
    with pytest.raises(DataError, match=r"a.jsonl:1 is \[\]; it must be an object"):
        read_record(tmp_path, [], format=name)


WRONG = {
    "sentences": ("aida", AIDA | {"sentences": 5}, "sentences is 5; it must be a list"),
    "token": ("aida", AIDA | {"sentences": [["Ada", 3]]}, "sentences: 3 is no token"),
    "mentions": ("aida", AIDA | {"mentions": {}}, "mentions is {}; it must be a list"),
    "mention": ("aida", AIDA | {"mentions": [5]}, "mention 0 is 5; it must be an object"),
    "text": ("zelda", ZELDA | {"text": 5}, "text is 5; it must be a string"),
    "index": ("zelda", ZELDA | {"index": 7}, "index is 7; it must be a list"),
    "range": ("zelda", ZELDA | {"index": [[0], [1]]}, r"index: 0 is \[0\]; it must be \[start"),
    "titles": ("zelda", ZELDA | {"wikipedia_titles": 5}, "wikipedia_titles is 5; it must be a l"),
    "title": ("zelda", ZELDA | {"wikipedia_titles": [[], "x"]}, r"titles is \[\]; it must be a s"),
}


@pytest.mark.parametrize(("name", "record", "message"), WRONG.values(), ids=WRONG)
def test_field_of_another_kind_is_refused(tmp_path, name, record, message):
    with pytest.raises(DataError, match=f"a.jsonl:1: .*{message}"):
        read_record(tmp_path, record, format=name)


@pytest.mark.parametrize(("name", "record"), [("aida", AIDA), ("zelda", ZELDA)])
@pytest.mark.parametrize("other", ["jsonl", "json"])
def test_records_read_as_another_format_are_told_from_documents(tmp_path, name, record, other):
    with pytest.raises(DataError, match=f"a.jsonl:?.* read it with --from {name}"):
        read_record(tmp_path, record, format=other)
