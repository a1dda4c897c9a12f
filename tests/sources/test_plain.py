from enum import Enum
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from nerlink.data import Candidate, Document, Mention, NilKind
from nerlink.errors import DataError
from nerlink.sources.plain import plain_document


class Label(str, Enum):  # noqa: UP042 - the elder kind, whose str() is its name
    PERSON = "PER"


PLAIN = Document(
    text="Ada met Bea",
    id="a",
    mentions=(
        Mention(start=0, end=3, label="PER", entity="Q1", score=0.5, nil=NilKind.PREDICTED),
        Mention(start=8, end=11, candidates=(Candidate(entity="Q2", score=1.0, count=2),)),
    ),
    sentences=((0, 11),),
    tokens=((0, 3), (4, 7)),
)
BY_HAND = Document(
    text=np.str_("Ada met Bea"),
    id=np.str_("a"),
    mentions=[
        Mention(
            start=np.int64(0),
            end=torch.tensor(3),
            label=Label.PERSON,
            entity=np.str_("Q1"),
            score=np.float32(0.5),
            nil="predicted",
        ),
        Mention(
            start=np.uint8(8),
            end=pd.Series([11])[0],
            candidates=[Candidate(entity=np.str_("Q2"), score=np.int64(1), count=np.int64(2))],
        ),
    ],
    sentences=np.array([[0, 11]]),
    tokens=[[0, 3], (np.int64(4), 7)],
)


def types_of(value):
    if isinstance(value, tuple):
        return [types_of(one) for one in value]
    if isinstance(value, Mention | Candidate | Document):
        return [types_of(getattr(value, name)) for name in type(value).__dataclass_fields__]
    return type(value)


def test_values_of_other_libraries_become_plain():
    found = plain_document(BY_HAND, where="here")
    assert found == PLAIN
    assert types_of(found) == types_of(PLAIN)


def test_a_plain_document_is_the_same_object():
    assert plain_document(PLAIN, where="here") is PLAIN


def mention(**values):
    return {"mentions": (Mention(**{"start": 0, "end": 1} | values),)}


BAD = {
    "float": (mention(start=0.0), "mention 0: start is 0.0; it must be a whole number"),
    "text": (mention(end="1"), "mention 0: end is '1'; it must be a whole number"),
    "truth": (mention(end=True), "mention 0: end is True; it must be a whole number"),
    "missing": (mention(end=pd.NA), "mention 0: end is <NA>; it must be a whole number"),
    "label": (mention(label=float("nan")), "mention 0: label is nan; it must be a string"),
    "entity": (mention(entity=np.int64(5)), r"entity is np.int64\(5\); it must be a string"),
    "score": (mention(score="0.5"), "mention 0: score is '0.5'; it must be a number"),
    "scores": (mention(score=np.array([])), "mention 0: score is array.*; it must be a number"),
    "nil": (mention(nil="so"), "mention 0: nil is 'so'; it must be one of 'no candidate'"),
    "candidates": (mention(candidates=None), "candidates is None; it must be a tuple of Cand"),
    "ids": (mention(candidates=("Q1",)), "mention 0: candidate 0 is a str; pass Candidates"),
    "count": (
        mention(candidates=(Candidate(entity="Q1", count=0.5),)),
        "candidate 0: count is 0.5; it must be a whole number",
    ),
    "mentions": ({"mentions": None}, r"mentions is None; it must be a tuple of Mentions, \(\)"),
    "one mention": ({"mentions": Mention(start=0, end=1)}, "mentions is Mention.* a tuple of"),
    "a like one": ({"mentions": (SimpleNamespace(start=0),)}, "mention 0 is a SimpleNamespace"),
    "three": ({"tokens": ((0, 2, "x"),)}, r"tokens: 0 is \(0, 2, 'x'\); it must be \(start, end"),
    "flat": ({"tokens": (0, 2)}, r"tokens: 0 is 0; it must be \(start, end\)"),
    "half": ({"sentences": ((0, 1.5),)}, "sentences: 0: end is 1.5; it must be a whole number"),
    "meta": ({"meta": None}, "meta is None; it must be a dict, {} for nothing"),
}


@pytest.mark.parametrize(("values", "message"), BAD.values(), ids=BAD)
def test_a_value_of_another_kind_is_refused_with_its_place(values, message):
    doc = Document(**{"text": "Ada", **values})
    with pytest.raises(DataError, match="here: " + r"(.*: )?" + message):
        plain_document(doc, where="here")
