from types import SimpleNamespace

import numpy as np
import pytest

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import from_dataset, to_dataset

CLASSES = SimpleNamespace(names=["O", "B-PER", "I-PER", "B-LOC"])
FEATURES = {
    "a list": [CLASSES],
    "a sequence": SimpleNamespace(feature=CLASSES),
}


class Split(list):
    """What nerlink uses of a data set: rows, and features."""

    def __init__(self, rows, **features):
        super().__init__(rows)
        self.features = features


def found(docs):
    return [[(doc.surface(m), m.label, m.entity) for m in doc.mentions] for doc in docs]


ROWS = [
    {"id": "0", "tokens": ["Ada", "Lee", "slept"], "ner_tags": [1, 2, 0]},
    {"id": "1", "tokens": ["In", "Oslo"], "ner_tags": np.array([0, 3])},
]


@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_numbers_of_classes_are_their_names(feature):
    docs = from_dataset(Split(ROWS, ner_tags=feature, tokens=[None], id=None))
    assert found(docs) == [[("Ada Lee", "PER", None)], [("Oslo", "LOC", None)]]
    assert [doc.id for doc in docs] == ["0", "1"]


def test_tags_may_be_strings():
    row = {"tokens": ["In", "Oslo"], "ner_tags": ["O", "B-LOC"]}
    assert found(from_dataset(Split([row]))) == [[("Oslo", "LOC", None)]]


SPAN = {"start": SimpleNamespace(), "end": SimpleNamespace(), "label": CLASSES}
SPANS = {
    "objects": ([{"start": 0, "end": 3, "label": 1}], [SPAN]),
    "lists": ({"start": [0], "end": [3], "label": [1]}, SimpleNamespace(feature=SPAN)),
}


@pytest.mark.parametrize(("spans", "feature"), SPANS.values(), ids=SPANS)
def test_texts_with_spans_are_read(spans, feature):
    docs = from_dataset(Split([{"text": "Ada slept", "spans": spans}], spans=feature))
    assert found(docs) == [[("Ada", "B-PER", None)]]


def test_a_number_without_a_name_is_told_and_need_not_cost_the_others():
    split = Split([{"tokens": ["Ada"], "ner_tags": [7]}, *ROWS], ner_tags=[CLASSES])
    with pytest.raises(DataError, match="dataset row 0: ner_tags 0 is 7, but there are 4 classes"):
        from_dataset(split)
    assert len(from_dataset(split, on_error="skip")) == 2


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({"train": Split([]), "test": Split([])}, "has splits: 'train', 'test'. Pass one"),
        (5, "dataset is a int; pass one split of a data set"),
        (Split([5]), "dataset row 0 is 5; it must be a mapping"),
    ],
    ids=str,
)
def test_what_is_no_split_is_told(dataset, message):
    with pytest.raises(DataError, match=message):
        from_dataset(dataset)


DOC = Document(
    id="a",
    text="Ada  Lee slept in Oslo",
    mentions=(
        Mention(start=0, end=8, label="PER", entity="Q1"),
        Mention(start=18, end=22, label="LOC", entity=NIL),
    ),
)


@pytest.mark.parametrize("shape", ["tokens", "spans"])
def test_a_data_set_is_made_and_read_back(shape):
    pytest.importorskip("datasets")
    (back,) = from_dataset(to_dataset([DOC], shape=shape))
    assert (back.id, back.text, back.mentions) == (DOC.id, DOC.text, DOC.mentions)


def test_without_the_package_it_is_told_how_to_get_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match="pip install datasets"):
        to_dataset([DOC])
    with pytest.raises(DataError, match="shape is 'rows'"):
        to_dataset([DOC], shape="rows")
