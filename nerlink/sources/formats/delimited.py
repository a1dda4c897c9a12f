"""CSV and TSV files of documents, mentions or tokens."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from nerlink.data import Document
from nerlink.sources.check import Result
from nerlink.sources.from_rows import RowFormat, documents_from_table
from nerlink.sources.keys import KNOWN_COLUMNS
from nerlink.sources.losses import Losses
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.records import json_from_record
from nerlink.sources.to_rows import TableShape, table_from_documents
from nerlink.tables import Delimited, open_delimited

__all__ = ["DelimitedFormat", "read_csv", "read_tsv", "write_csv", "write_tsv"]


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
    plain = with_plain_meta(documents, losses)
    table = table_from_documents(plain, shape=shape, losses=losses, scheme=scheme, with_text=True)
    for column, values in table.items():
        if column not in KNOWN_COLUMNS:
            losses.add("empty meta values", values.count(""))
            is_other = (value is not None and not isinstance(value, str) for value in values)
            losses.add("meta values turned into text", sum(is_other))
    writer = csv.writer(
        handle, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    writer.writerow(table)
    for cells in zip(*table.values(), strict=True):
        writer.writerow(map(_text_of_value, cells))


write_tsv = partial(write_csv, separator="\t")


def _text_of_value(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, str | int | float) else json_from_record(value)
