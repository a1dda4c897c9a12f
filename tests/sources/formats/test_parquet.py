import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nerlink.data import Candidate, Document, Mention
from nerlink.errors import DataError
from nerlink.files import LIMITS
from nerlink.sources import read, write

CANDIDATES = (Candidate(entity="Q7259", score=0.9, count=3), Candidate(entity="Q1"))
DOCS = [
    Document(
        id="a",
        text="Ada met",
        mentions=(Mention(start=0, end=3, label="PER", score=0.5, candidates=CANDIDATES),),
        tokens=((0, 3), (4, 7)),
        meta={"year": 1843, "label": "news", "tags": ["x"]},
    ),
    Document(id="b", text=""),
]


def test_values_keep_their_kinds(tmp_path):
    report = write(DOCS, tmp_path / "a.parquet")
    assert report.lost == {}
    assert read(tmp_path / "a.parquet") == DOCS


def test_pandas_reads_and_writes_the_same_table(tmp_path):
    write(DOCS, tmp_path / "a.parquet")
    pd.read_parquet(tmp_path / "a.parquet").to_parquet(tmp_path / "b.parquet")
    back = read(tmp_path / "b.parquet")
    assert [doc.mentions for doc in back] == [doc.mentions for doc in DOCS]


def test_no_documents_are_an_empty_table(tmp_path):
    write([], tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == []


def test_value_that_no_parquet_holds_is_refused_and_nothing_is_written(tmp_path):
    candidates = (Candidate(entity="Q1", count=2**70),)
    docs = [Document(text="a", mentions=(Mention(start=0, end=1, candidates=candidates),))]
    with pytest.raises(DataError, match="do not fit a Parquet table"):
        write(docs, tmp_path / "a.parquet")
    assert not list(tmp_path.iterdir())


def test_other_file_is_refused(tmp_path):
    (tmp_path / "a.parquet").write_text("text")
    with pytest.raises(DataError, match=r"a.parquet is not a Parquet file"):
        read(tmp_path / "a.parquet")


def test_bad_row_is_named(tmp_path):
    pd.DataFrame({"text": ["Ada", None]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a.parquet: row 1: 'text' has no value here"):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "values",
    [
        ({"a": None, "b": 1},),
        ([1, "x"],),
        (1, "x"),
        (1, 2.5),
        (True, 2),
        (2**70,),
        ({},),
        ({"a": {}},),
        ([{"a": 1}, {"b": "x"}],),
        ({"a": 1}, {"b": 2}),
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", ["document", "mention", "token"])
def test_meta_that_no_column_holds_comes_back(tmp_path, values, shape):
    docs = [Document(id=f"d{n}", text="Ada", meta={"k": v}) for n, v in enumerate(values)]
    assert write(docs, tmp_path / "a.parquet", shape=shape).lost == {}
    back = read(tmp_path / "a.parquet")
    assert list(map(repr, [doc.meta["k"] for doc in back])) == list(map(repr, values))


@pytest.mark.parametrize("shape", ["document", "mention"])
def test_values_of_mentions_that_no_column_holds_become_text_and_are_counted(tmp_path, shape):
    mentions = (Mention(start=0, end=3), Mention(start=4, end=7))
    doc = Document(
        id="d", text="Ada Bob", mentions=mentions, meta={"mention_columns": {"k": [1, "x"]}}
    )
    report = write([doc], tmp_path / "a.parquet", shape=shape)
    assert report.lost == {"values of mentions or tokens turned into text": 1}
    (back,) = read(tmp_path / "a.parquet")
    assert back.meta["mention_columns"] == {"k": ["1", "x"]}


@pytest.mark.parametrize("n_bytes", [0, 3, 50, -9])
def test_parquet_that_is_cut_short_is_refused(tmp_path, n_bytes):
    path = tmp_path / "a.parquet"
    write([Document(id="d", text="Ada")], path)
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(DataError, match=r"a.parquet is not a Parquet file, or cut short"):
        read(path)


def test_parquet_that_swells_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(LIMITS, "unpacked", 1 << 16)
    write([Document(id="d", text="a" * 1_000_000)], tmp_path / "a.parquet")
    pq.write_table(
        pq.read_table(tmp_path / "a.parquet"), tmp_path / "b.parquet", compression="zstd"
    )
    with pytest.raises(DataError, match=r"b.parquet: .* bytes come out of"):
        read(tmp_path / "b.parquet")


def test_rows_that_share_a_large_value_are_refused_before_they_are_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(LIMITS, "unpacked", 1 << 16)
    monkeypatch.setattr(LIMITS, "whole", 1 << 20)
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["a" * 10_000])
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", store_schema=False)
    assert (tmp_path / "a.parquet").stat().st_size < 10_000
    with pytest.raises(DataError, match=r"a.parquet: \d{3},\d{3} bytes come out of"):
        read(tmp_path / "a.parquet")
