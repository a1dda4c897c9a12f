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


def read_record(tmp_path, record, **options):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n\n")
    return read(path, **{"format": "aida", **options})


def test_tokens_are_joined_and_mentions_placed(tmp_path):
    (doc,) = read_record(tmp_path, AIDA)
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
        ({"sent": 2, "start": 0, "end": 1}, "sent is 2, but the document has 2 sentences"),
        ({"sent": 1, "start": 2, "end": 4}, "start 2, end 4 do not fit sentence 1 of 3 tokens"),
        ({"start": 0, "end": 1}, "column 'sent' is missing"),
    ],
)
def test_mention_outside_its_sentence_is_refused(tmp_path, mention, message):
    with pytest.raises(DataError, match=f"a.jsonl:1: mention 0: {message}"):
        read_record(tmp_path, AIDA | {"mentions": [mention]})


WRONG = {
    "another record": ({"foo": 1}, "column .* is missing; there are foo"),
    "no record": ([], "it must be an object"),
    "sentences": (AIDA | {"sentences": 5}, "sentences is 5; it must be a list"),
    "token": (AIDA | {"sentences": [["Ada", 3]]}, "sentences: 3 is no token"),
    "mentions": (AIDA | {"mentions": {}}, "mentions is {}; it must be a list"),
    "mention": (AIDA | {"mentions": [5]}, "mention 0 is 5; it must be an object"),
}


@pytest.mark.parametrize(("record", "message"), WRONG.values(), ids=WRONG)
def test_record_of_another_kind_is_refused(tmp_path, record, message):
    with pytest.raises(DataError, match=f"a.jsonl:1:? .*{message}"):
        read_record(tmp_path, record)


@pytest.mark.parametrize("other", ["jsonl", "json"])
def test_records_read_as_another_format_are_told_from_documents(tmp_path, other):
    with pytest.raises(DataError, match=r"a.jsonl:?.* read it with --from aida"):
        read_record(tmp_path, AIDA, format=other)
