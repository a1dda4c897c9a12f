"""What all files of tables share: columns are named and renamed, rows become documents."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import Result, missing_column
from nerlink.sources.losses import Losses
from nerlink.sources.shapes import (
    Row,
    Shape,
    detect_shape,
    documents_from_rows,
    texts_from_rows,
)
from nerlink.sources.table_rows import TableShape, rows_from_documents

__all__ = ["Columns", "column_names", "read_table", "rename", "table_from_documents"]

Columns = tuple[Sequence[str], Iterator[tuple[str, Sequence[Any] | DataError]]]
"""Column names, and rows: what an error calls the row, and its values in the columns' order, or
why it cannot be read."""


def read_table(
    load: Callable[[str | Path], Columns],
    path: str | Path,
    *,
    shape: Shape | None,
    texts: str | Path | None,
    columns: Mapping[str, str] | None,
    scheme: str,
) -> Iterator[Result]:
    """The documents of a file of rows that `load` opens; see `read_csv` for the arguments."""
    names, rows = _renamed(load, path, columns or {})
    beside = None if texts is None else texts_from_rows(_renamed(load, texts, {})[1])
    shape = shape or detect_shape(names, where=str(path))
    yield from documents_from_rows(rows, shape=shape, texts=beside, scheme=scheme)


def _renamed(
    load: Callable[[str | Path], Columns], path: str | Path, names: Mapping[str, str]
) -> tuple[Sequence[str], Iterator[Row]]:
    columns, rows = load(path)
    renamed = rename(columns, names, where=str(path))
    return renamed, ((where, _named(renamed, row)) for where, row in rows)


def _named(columns: Sequence[str], row: Sequence[Any] | DataError) -> dict[str, Any] | DataError:
    return row if isinstance(row, DataError) else dict(zip(columns, row, strict=True))


def rename(columns: Sequence[str], names: Mapping[str, str], *, where: str) -> list[str]:
    """Column names with some replaced.

    Raises:
        DataError: One to replace is not there, or a name occurs twice.
    """
    for name in names:
        if name not in columns:
            raise missing_column(name, columns, where=where)
    renamed = [names.get(column, column) for column in columns]
    if twice := {name for name in renamed if renamed.count(name) > 1}:
        raise DataError(f"{where}: columns {', '.join(sorted(twice))} occur twice.")
    return renamed


def table_from_documents(
    documents: Iterable[Document], *, shape: TableShape, losses: Losses, scheme: str
) -> list[dict[str, Any]]:
    """All rows; a mention row brings its text along, since a file holds no second table."""
    rows = rows_from_documents(
        documents, shape=shape, losses=losses, scheme=scheme, with_text=shape == "mention"
    )
    return list(rows)


def column_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """All columns of some rows, in the order in which they appear."""
    return list(dict.fromkeys(column for row in rows for column in row))
