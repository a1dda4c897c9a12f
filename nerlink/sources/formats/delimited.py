"""CSV and TSV files of documents, mentions or tokens."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.files import decode, numbered_lines
from nerlink.sources.check import Result
from nerlink.sources.losses import Losses
from nerlink.sources.records import json_from_record
from nerlink.sources.shapes import Shape
from nerlink.sources.table import Columns, column_names, read_table, table_from_documents
from nerlink.sources.table_rows import KNOWN_COLUMNS, TableShape

__all__ = ["read_csv", "read_tsv", "write_csv", "write_tsv"]

_VERBATIM: Final = ("text",)
_LONGEST_CELL: Final = 1 << 30


def read_csv(
    path: str | Path,
    *,
    separator: str = ",",
    shape: Shape | None = None,
    texts: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    scheme: str = "bio",
) -> Iterator[Result]:
    """Documents of a table as text; the first row names the columns, an empty cell is missing.

    Args:
        path: The file.
        separator: What parts columns.
        shape: What a row is; told from the columns by default.
        texts: A table of texts beside one of mentions or tokens.
        columns: The file's names to nerlink's, such as `{"body": "text"}`.
        scheme: The scheme of the tags of token rows.
    """
    load = partial(_load, separator=separator)
    return read_table(load, path, shape=shape, texts=texts, columns=columns, scheme=scheme)


read_tsv = partial(read_csv, separator="\t")


def _load(path: str | Path, *, separator: str) -> Columns:
    if len(separator) != 1:
        raise DataError(f"separator is {separator!r}; it must be one character.")
    lines = (
        decode(raw, where=f"{path}:{number}")
        for number, raw in numbered_lines(path, with_ends=True)
    )
    csv.field_size_limit(_LONGEST_CELL)
    rows = _rows(path, csv.reader(lines, delimiter=separator, strict=True))
    _, columns = next(rows, ("", []))
    if not columns:
        raise DataError(f"{path} is empty; its first row must name the columns.")
    return columns, _body(rows, columns)


def _rows(path: str | Path, reader: Any) -> Iterator[tuple[str, list[str]]]:
    """Rows that are not blank, each with the line on which it begins."""
    while True:
        where = f"{path}:{reader.line_num + 1}"
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DataError(f"{where}: {error}.") from error
        if row is None:
            return
        if row:
            yield where, row


def _body(
    rows: Iterable[tuple[str, list[str]]], columns: Sequence[str]
) -> Iterator[tuple[str, Sequence[str | None] | DataError]]:
    keep = [column in _VERBATIM for column in columns]
    for where, row in rows:
        if len(row) != len(columns):
            yield where, DataError(f"{where}: {len(row)} values for {len(columns)} columns.")
            continue
        yield where, [v if v or kept else None for v, kept in zip(row, keep, strict=True)]


def write_csv(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    *,
    separator: str = ",",
    shape: TableShape = "document",
    scheme: str = "bio",
) -> None:
    """A table as text, with a first row of column names; all rows are in memory.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what the table cannot carry: numbers in `meta` come back as text.
        separator: What parts columns.
        shape: What a row is; rows of mentions repeat the text.
        scheme: The scheme of the tags of token rows.
    """
    rows = table_from_documents(documents, shape=shape, losses=losses, scheme=scheme)
    columns = column_names(rows) or ["id", "text", "mentions"]
    writer = csv.writer(
        handle, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    writer.writerow(columns)
    for row in rows:
        _note_losses(row, losses)
        writer.writerow([_cell(row.get(column)) for column in columns])


write_tsv = partial(write_csv, separator="\t")


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, str | int | float) else json_from_record(value)


def _note_losses(row: Mapping[str, Any], losses: Losses) -> None:
    values = [value for column, value in row.items() if column not in KNOWN_COLUMNS]
    losses.add("empty meta values", values.count(""))
    is_other = [value is not None and not isinstance(value, str) for value in values]
    losses.add("meta values turned into text", sum(is_other))
