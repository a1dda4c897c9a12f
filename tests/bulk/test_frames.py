import pickle

import numpy as np
import pandas as pd
import pyarrow
import pytest

from nerlink.bulk import SPARK_SCHEMA, Tagger, map_in_pandas
from nerlink.errors import DataError
from tests.bulk.conftest import FirstWords

FRAME = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "text": ["Ada ran", "poison", None, "Bea ran"],
        "received": ["Monday", "Tuesday", "Friday", None],
    }
)


@pytest.fixture(autouse=True)
def loads(monkeypatch):
    """The models that were loaded."""
    found = []

    def load(model, **options):
        found.append((model, options))
        return FirstWords()

    monkeypatch.setattr("nerlink.pipeline.Pipeline.load", load)
    return found


def arrays(frame):
    return {name: frame[name].to_numpy() for name in frame}


@pytest.mark.parametrize(
    ("make", "kind"),
    [(pd.DataFrame, pd.DataFrame), (pyarrow.Table.from_pandas, pyarrow.Table), (arrays, dict)],
)
def test_a_batch_comes_back_as_what_it_was(make, kind):
    answer = Tagger("model")(make(FRAME))
    assert isinstance(answer, kind)
    rows = (
        pd.DataFrame(answer)
        if kind is dict
        else pd.DataFrame(answer.to_pandas() if kind is pyarrow.Table else answer)
    )
    assert rows["id"].tolist() == ["a", "b", "c", "d"]
    assert rows["received"].tolist()[:2] == ["Monday", "Tuesday"]
    assert [mentions[0]["end"] if len(mentions) else None for mentions in rows["mentions"]] == [
        3,
        None,
        None,
        3,
    ]
    assert rows["error"].isna().tolist() == [True, False, False, True]
    assert "batch row 2" in rows["error"][2]


def test_the_model_is_loaded_once_and_where_it_is_used(loads):
    tagger = pickle.loads(pickle.dumps(Tagger("model", device="cpu")))  # noqa: S301
    assert loads == []
    tagger(FRAME)
    tagger(FRAME)
    assert loads == [("model", {"device": "cpu"})]


def test_columns_and_shapes_can_be_chosen():
    frame = FRAME.rename(columns={"text": "body"})
    answer = Tagger("model", columns={"text": "body"}, shape="mention")(frame)
    assert answer["doc_id"].tolist() == ["a", "b", "c", "d"]
    assert answer["end"].tolist()[0] == 3


def test_tables_of_batches_have_the_same_types():
    table = pyarrow.Table.from_pandas(FRAME)
    first, second = (Tagger("model")(table.slice(start, 1)) for start in (0, 1))
    assert first.schema.field("mentions") == second.schema.field("mentions")
    assert first.schema.field("error") == second.schema.field("error")


def test_what_is_no_batch_is_refused():
    with pytest.raises(DataError, match="batch is a list"):
        Tagger("model")([1])
    with pytest.raises(DataError, match="text"):
        Tagger("model")(pd.DataFrame({"n": [1]}))


def test_spark_gets_the_columns_of_its_schema_from_every_batch(loads):
    batches = [FRAME.iloc[:1], FRAME.iloc[1:2], FRAME.iloc[3:]]
    answers = list(map_in_pandas("model", keep=["id", "received", "error"])(iter(batches)))
    assert [list(frame.columns) for frame in answers] == [["id", "received", "error"]] * 3
    assert [frame["id"].tolist() for frame in answers] == [["a"], ["b"], ["d"]]
    assert len(loads) == 1


def test_the_schema_for_spark_names_the_columns_that_come_by_default():
    (answer,) = map_in_pandas("model")([FRAME.iloc[:1]])
    names = [part.split()[0] for part in SPARK_SCHEMA.split(", ") if not part.startswith("<")]
    assert set(answer.columns) <= set(names)


def test_an_error_column_of_the_input_makes_way():
    answer = Tagger("model")(FRAME.iloc[:2].assign(error="old"))
    assert answer["error"].fillna("").tolist() == ["", "the model chokes"]
    assert answer["input_error"].tolist() == ["old", "old"]


def test_numbers_of_numpy_are_understood():
    answer = Tagger("model")(
        {"id": np.array(["a"]), "text": np.array(["Ada ran"]), "n": np.array([3])}
    )
    assert answer["n"].tolist() == [3]


def test_columns_of_arrow_keep_their_types_in_batches_without_a_value():
    kinds = {"text": pyarrow.string(), "n": pyarrow.int32(), "when": pyarrow.timestamp("us")}
    table = pyarrow.table(
        {"text": ["Ada ran", "Bea ran"], "n": [None, 1], "when": [None, None]},
        schema=pyarrow.schema(kinds),
    )
    schemas = [Tagger("model")(part).schema for part in (table[:1], table[1:], table[:0])]
    assert schemas[0] == schemas[1] == schemas[2]
    assert [schemas[0].field(name).type for name in ("n", "when")] == [kinds["n"], kinds["when"]]


def test_columns_to_keep_must_be_there():
    with pytest.raises(DataError, match=r"keep: column 'recieved' is missing.*'received'"):
        next(map_in_pandas("model", keep=["id", "recieved"])([FRAME]))
    with pytest.raises(DataError, match="Name keep"):
        map_in_pandas("model", shape="mention")
    with pytest.raises(DataError, match="shape is 'token'"):
        Tagger("model", shape="token")
