"""CSV and TSV files of documents, mentions or tokens."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import Result
from nerlink.sources.from_rows import RowFormat, documents_from_table
from nerlink.sources.keys import KNOWN_COLUMNS
from nerlink.sources.losses import Losses
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.records import json_from_record
from nerlink.sources.to_rows import TableShape, table_from_documents
from nerlink.tables import Delimited, open_delimited

__all__ = ["DelimitedFormat", "WrittenTable", "read_csv", "read_tsv", "write_csv", "write_tsv"]


@dataclass(frozen=True, kw_only=True)
class DelimitedFormat(RowFormat, Delimited):
    """How a table of documents is laid out as text, and what its rows mean."""


def read_csv(path: str | Path, form: DelimitedFormat, *, separator: str = ",") -> Iterator[Result]:
    """Documents of a table as text; the first row names the columns, an empty cell is missing.

    Args:
        path: The file.
        form: How it is laid out.
        separator: The separator where `form` names none.
    """
    verbatim = (form.columns or {}).get("text", "text")  # there is no text that is missing
    open_ = partial(open_delimited, text=form, separator=separator)
    table = open_(path, verbatim=verbatim)
    texts = None if form.texts is None else open_(form.texts, verbatim="text")
    yield from documents_from_table(table, form, texts=texts, where=str(path))


read_tsv = partial(read_csv, separator="\t")


@dataclass(frozen=True, kw_only=True)
class WrittenTable:
    """How documents are written to a table as text.

    Args:
        separator: What parts columns; by default a comma in CSV, a tab in TSV.
        shape: What a row is; rows of mentions repeat the text.
        scheme: The scheme of the tags of token rows.
        formulas: `quote` puts an apostrophe before cells that begin with `=`, `+`, `-`, `@`, a tab
            or a line end, which a spreadsheet takes for formulas and runs, and before those that
            begin with an apostrophe; read such a table with `formulas="quote"`, too, else
            offsets are shifted. By default, `keep`, cells stay as they are.
    """

    separator: str | None = None
    shape: TableShape = "document"
    scheme: str = "bio"
    formulas: Literal["keep", "quote"] = "keep"


def write_csv(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    form: WrittenTable,
    *,
    separator: str = ",",
) -> None:
    """A table as text, with a first row of column names; all rows are in memory.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what the table cannot carry: numbers in `meta` come back as text.
        form: How they are written.
        separator: The separator where `form` names none.
    """
    plain = with_plain_meta(documents, losses)
    table = table_from_documents(
        plain, shape=form.shape, losses=losses, scheme=form.scheme, with_text=True
    )
    for column, values in table.items():
        if column not in KNOWN_COLUMNS:
            losses.add("empty meta values", values.count(""))
            is_other = (value is not None and not isinstance(value, str) for value in values)
            losses.add("meta values turned into text", sum(is_other))
    separator = form.separator or separator
    if len(separator) != 1:
        raise DataError(f"separator is {separator!r}; it must be one character.")
    writer = csv.writer(
        handle, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    quoted = _quoted if form.formulas == "quote" else _as_it_is
    writer.writerow(map(quoted, table))
    for cells in zip(*table.values(), strict=True):
        writer.writerow([quoted(_text_of_value(cell)) for cell in cells])


write_tsv = partial(write_csv, separator="\t")


def _text_of_value(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, str | int | float) else json_from_record(value)


def _as_it_is(cell: Any) -> Any:
    return cell


def _quoted(cell: Any) -> Any:
    """A cell that a spreadsheet takes for text; numbers are no text, and no formulas."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUN) else cell


_RUN: Final = ("=", "+", "-", "@", "\t", "\n", "\r", "'")
"""What a cell begins with that a spreadsheet runs, and what then must be told from it."""
