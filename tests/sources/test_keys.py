import pytest

from nerlink.errors import DataError
from nerlink.sources.keys import MENTION_COLUMNS, _noted
from nerlink.sources.records import document_from_record

TEXT = "Ada met Babbage."


@pytest.fixture(autouse=True)
def nothing_noted():
    _noted.clear()


def test_a_mistyped_key_of_a_mention_is_refused():
    record = {"text": TEXT, "mentions": [{"start": 0, "end": 3, "lable": "PER"}]}
    with pytest.raises(DataError, match=r"x:3: a mention has 'lable', but none has 'label'"):
        document_from_record(record, where="x:3")


@pytest.mark.parametrize("extra", [{"label": "PER", "labels": "a"}, {"age": 3}, {"certainty": 1}])
def test_other_keys_of_a_mention_travel_along(extra):
    record = {"text": TEXT, "mentions": [{"start": 0, "end": 3} | extra]}
    assert document_from_record(record, where="x").meta[MENTION_COLUMNS]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mention", [{"start": 0, "end": 3}]),
        ("entities", [{"start": 0, "end": 3, "label": "PER"}]),
        ("label", [[0, 3, "PER"]]),
    ],
)
def test_mentions_under_another_name_are_noted_once(key, value, caplog):
    for number in range(2):
        doc = document_from_record({"text": TEXT, key: value}, where=f"x:{number}")
        assert doc.meta == {key: value}
    (record,) = caplog.records
    assert record.getMessage().startswith(f"x:0: no 'mentions', but '{key}', which goes to meta")


@pytest.mark.parametrize(
    "record",
    [
        {"mentions": [], "entities": [[0, 3, "PER"]]},
        {"labels": ["news", "letters"]},
        {"entities": ["Q1"]},
    ],
)
def test_what_holds_no_mentions_is_not_noted(record, caplog):
    document_from_record({"text": TEXT} | record, where="x")
    assert not caplog.text
