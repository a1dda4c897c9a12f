import pytest

from nerlink.errors import DataError
from nerlink.sources.keys import MENTION_COLUMNS
from nerlink.sources.records import document_from_record

TEXT = "Ada met Babbage."


def test_a_mistyped_key_of_a_mention_is_refused():
    record = {"text": TEXT, "mentions": [{"start": 0, "end": 3, "lable": "PER"}]}
    with pytest.raises(DataError, match=r"x:3: a mention has 'lable', but none has 'label'"):
        document_from_record(record, where="x:3")


@pytest.mark.parametrize("extra", [{"label": "PER", "labels": "a"}, {"age": 3}, {"certainty": 1}])
def test_other_keys_of_a_mention_travel_along(extra):
    record = {"text": TEXT, "mentions": [{"start": 0, "end": 3} | extra]}
    assert document_from_record(record, where="x").meta[MENTION_COLUMNS]
