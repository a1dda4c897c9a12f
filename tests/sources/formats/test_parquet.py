import pandas as pd
import pytest

from nerlink.data import Candidate, Document, Mention
from nerlink.errors import DataError
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


def test_column_of_mixed_kinds_is_refused_and_nothing_is_written(tmp_path):
    docs = [Document(text="a", meta={"n": 1}), Document(text="b", meta={"n": "one"})]
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
