import logging
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePosixPath
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerlink import sources
from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import write
from nerlink.sources.losses import Losses
from nerlink.sources.meta import with_plain_meta


class Colour(Enum):
    RED = 1


TEXT, MISSING, LISTS = (
    "meta values turned into text",
    "missing meta values (NaN)",
    "meta values turned into lists",
)
PLAIN = {
    "NaN": (float("nan"), None, MISSING),
    "NaN of numpy": (np.float32("nan"), None, MISSING),
    "NaT": (pd.NaT, None, MISSING),
    "NA": (pd.NA, None, MISSING),
    "infinity": (float("inf"), "inf", TEXT),
    "decimal": (Decimal("1.50"), "1.50", TEXT),
    "fraction": (Fraction(1, 3), "1/3", TEXT),
    "uuid": (UUID(int=1), "00000000-0000-0000-0000-000000000001", TEXT),
    "path": (PurePosixPath("a/b"), "a/b", TEXT),
    "enumeration": (Colour.RED, "RED", TEXT),
    "date": (date(1843, 9, 5), "1843-09-05", TEXT),
    "time of pandas": (pd.Timestamp("1843-09-05"), "1843-09-05T00:00:00", TEXT),
    "time of numpy": (np.datetime64("1843-09-05"), "1843-09-05", TEXT),
    "bytes": (b"x\xff", "x\\xff", TEXT),
    "tuple": ((1, "a"), [1, "a"], LISTS),
    "number of numpy": (np.int64(3), 3, None),
    "array": (np.array([1, 2]), [1, 2], None),
    "nested": ({"a": [{"b": np.bool_(True)}]}, {"a": [{"b": True}]}, None),
}


@pytest.mark.parametrize(("value", "plain", "loss"), PLAIN.values(), ids=PLAIN)
def test_values_become_plain_and_what_that_loses_is_counted(value, plain, loss):
    losses = Losses()
    (doc,) = with_plain_meta([Document(text="a", meta={"x": value})], losses)
    assert doc.meta == {"x": plain}
    assert losses.counts == ({loss: 1} if loss else {})


def test_keys_become_text():
    losses = Losses()
    (doc,) = with_plain_meta([Document(text="a", meta={1: "a"})], losses)
    assert doc.meta == {"1": "a"}
    assert losses.counts == {"meta keys turned into text": 1}


BAD = {
    "set": ({"s": {1}}, "meta: s: .1. of type set has no form in a file"),
    "inside": ({"s": [0, {"t": {1}}]}, "meta: s: 1: t: .1. of type set"),
    "key": ({("b",): 2}, r"meta: the key \('b',\) is no string"),
    "same keys": ({1: "a", "1": "b"}, "meta: two keys are '1' as text"),
    "surrogate": ({"s": "\ud83d"}, "meta: s: character 0 is half of a surrogate pair"),
}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.ttl", "a.parquet"])
@pytest.mark.parametrize(("meta", "message"), BAD.values(), ids=BAD)
def test_what_has_no_form_is_refused_with_document_and_key(tmp_path, name, meta, message):
    with pytest.raises(DataError, match="document 'd': " + message):
        sources.write([Document(text="a", id="d", meta=meta)], tmp_path / name)


def test_parquet_keeps_times_and_decimals(tmp_path):
    docs = [Document(text="a", meta={"day": date(1843, 9, 5), "price": Decimal("1.50")})]
    assert sources.write(docs, tmp_path / "a.parquet").lost == {}
    assert sources.read(tmp_path / "a.parquet") == docs


KEYS = st.sampled_from(["a", "text", "id", "mentions", "label", "meta", "doc_id", "start", "ner"])
LEAVES = st.booleans() | st.integers(-5, 5) | st.floats() | st.sampled_from(["", "x", "1", " y "])
VALUES = st.recursive(
    LEAVES | st.none(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)
COLUMNS = st.dictionaries(KEYS, st.tuples(LEAVES).map(list), max_size=2)
ADA = Document(text="Ada", id="a", mentions=(Mention(start=0, end=3, label="PER"),))


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {}) for name in ("a.jsonl", "a.json", "a.csv", "a.ttl")),
        ("a.csv", {"shape": "mention"}),
    ],
)
@given(meta=st.dictionaries(KEYS, VALUES, max_size=2), columns=COLUMNS)
def test_where_nothing_is_said_to_be_lost_nothing_is(
    tmp_path, caplog, name, options, meta, columns
):
    caplog.set_level(logging.ERROR)
    doc = replace(ADA, meta=meta | ({"mention_columns": columns} if columns else {}))
    if not sources.write([doc], tmp_path / name, **options).lost:
        assert sources.read(tmp_path / name) == [doc]


def _deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("\ud800", "half of a surrogate pair"),
        ({"a": ["\udc00"]}, "half of a surrogate pair"),
        ({"\ud800": 1}, "half of a surrogate pair"),
        (10**5000, "an integer of over 4,300 digits"),
        ([{"a": 10**5000}], "an integer of over 4,300 digits"),
        (_deep(), "nested too deep"),
    ],
    ids=["text", "inner", "key", "integer", "inner integer", "deep"],
)
@pytest.mark.parametrize("name", ["csv", "json", "jsonl", "nif", "parquet", "tsv"])
def test_value_that_no_file_can_hold_is_refused_by_document_and_key(tmp_path, name, value, message):
    doc = Document(id="d", text="Ada", meta={"k": value})
    with pytest.raises(DataError, match=f"document 'd': meta.*{message}"):
        write([doc], tmp_path / "a", format=name)
    assert list(tmp_path.iterdir()) == []
