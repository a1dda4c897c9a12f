"""Parquet files of documents, mentions or tokens, with nested columns as they are."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.files import open_binary
from nerlink.sources.check import Result
from nerlink.sources.losses import Losses
from nerlink.sources.shapes import Shape
from nerlink.sources.table import Columns, column_names, read_table, table_from_documents
from nerlink.sources.table_rows import TableShape

__all__ = ["read_parquet", "write_parquet"]

_BATCH: Final = 1024


def read_parquet(
    path: str | Path,
    *,
    shape: Shape | None = None,
    texts: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    scheme: str = "bio",
) -> Iterator[Result]:
    """Documents of a Parquet table; the arguments are those of `read_csv`."""
    return read_table(_load, path, shape=shape, texts=texts, columns=columns, scheme=scheme)


def _load(path: str | Path) -> Columns:
    import pyarrow
    from pyarrow import parquet

    with open_binary(path) as handle:
        content = io.BytesIO(handle.read())
    try:
        file = parquet.ParquetFile(content)
    except pyarrow.ArrowException as error:
        raise DataError(
            f"{path} is not Parquet: {error}. Name its format (--from), or copy the file again."
        ) from error
    return file.schema_arrow.names, _rows(path, file)


def _rows(path: str | Path, file: Any) -> Iterator[tuple[str, Sequence[Any]]]:
    number = 0
    try:
        for batch in file.iter_batches(_BATCH):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield f"{path}: row {number}", row
                number += 1
    except OSError as error:
        raise DataError(
            f"{path}: damaged after row {number}: {error}. Copy or write the file again."
        ) from error


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

    rows = table_from_documents(documents, shape=shape, losses=losses, scheme=scheme)
    for row in rows:
        if "meta" in row:
            row["meta"] = json.dumps(row["meta"], ensure_ascii=False)
    columns = column_names(rows) or ["id", "text", "mentions"]
    try:
        table = pyarrow.table({name: [row.get(name) for row in rows] for name in columns})
        parquet.write_table(table, handle.buffer)
    except pyarrow.ArrowException as error:
        raise DataError(f"These documents do not fit a Parquet table: {error}.") from error
