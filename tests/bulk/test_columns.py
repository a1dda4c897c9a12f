import pytest

from nerlink.bulk.rows import Tagged, row_writer
from nerlink.data import Document, Mention
from nerlink.sources import read
from nerlink.sources.losses import Losses


@pytest.mark.parametrize("shape", ["document", "mention"])
def test_incomplete_documents_stay_so(tmp_path, shape):
    mentions = (Mention(start=0, end=3, label="PER"),)
    docs = [Document(text="Ada ran", id=str(n), mentions=mentions, complete=n > 0) for n in (0, 1)]
    with (tmp_path / "a.parquet").open("wb") as handle:
        row_writer("parquet", shape)(map(Tagged, docs), handle, Losses())
    back = read(tmp_path / "a.parquet")
    assert [(doc.complete, "complete" in doc.meta) for doc in back] == [
        (False, False),
        (True, False),
    ]
