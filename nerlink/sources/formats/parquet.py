"""Parquet files of documents, mentions or tokens, with nested columns as they are."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import Result
from nerlink.sources.from_rows import RowFormat, documents_from_table
from nerlink.sources.losses import Losses
from nerlink.sources.meta import PARQUET_VALUES, with_plain_meta
from nerlink.sources.records import json_from_record
from nerlink.sources.to_rows import TableShape, table_from_documents
from nerlink.tables import open_parquet

__all__ = ["read_parquet", "write_parquet"]


def read_parquet(path: str | Path, form: RowFormat) -> Iterator[Result]:
    """Documents of a Parquet table.

    Args:
        path: The file.
        form: What its rows mean.
    """
    table = open_parquet(path)
    texts = None if form.texts is None else open_parquet(form.texts)
    yield from documents_from_table(table, form, texts=texts, where=str(path))


def write_parquet(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    *,
    shape: TableShape = "document",
    scheme: str = "bio",
) -> None:
    """A Parquet table; all rows are in memory. The arguments are those of `write_csv`.

    Raises:
        DataError: A column of `meta` mixes kinds of values.
    """
    import pyarrow
    from pyarrow import parquet

    plain = with_plain_meta(documents, losses, keep=PARQUET_VALUES)
    table = table_from_documents(plain, shape=shape, losses=losses, scheme=scheme, with_text=True)
    if "meta" in table:
        table["meta"] = [meta and json_from_record(meta) for meta in table["meta"]]
    try:
        parquet.write_table(pyarrow.table(table), handle.buffer)
    except (pyarrow.ArrowException, OverflowError) as error:
        raise DataError(f"These documents do not fit a Parquet table: {error}.") from error
