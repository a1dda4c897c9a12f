"""What a shard's file holds: rows of documents or of mentions, and documents that failed."""

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple, TextIO, TypeAlias

from nerlink.bulk.columns import ERROR, plain_schema, table_schema, typed_table
from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources import Losses
from nerlink.sources.formats.jsonl import write_jsonl
from nerlink.sources.meta import PARQUET_VALUES, with_plain_meta
from nerlink.sources.plain import check_encodable
from nerlink.sources.records import json_from_record, record_from_document
from nerlink.sources.to_rows import TableShape, table_from_documents

__all__ = ["Tagged", "plain_error", "row_columns", "row_writer", "writable"]

AT_ONCE: Final = 2000
"""Documents whose rows are in memory at once while a table is written."""


class Tagged(NamedTuple):
    """A document that was tagged, or why it was not.

    Args:
        doc: The document; without a text where it could not be read.
        error: Why it has no mentions; `None` for a document that was tagged.
    """

    doc: Document
    error: str | None = None


RowWriter: TypeAlias = Callable[[Iterable[Tagged], BinaryIO, Losses], None]
"""Writes rows to a file, and counts what it cannot hold."""


def row_writer(to: str, shape: TableShape, schema: Any = None) -> RowWriter:
    """The function that writes rows of a shape to a file of a format.

    Args:
        to: `jsonl` or `parquet`.
        shape: `document` or `mention`.
        schema: The columns of Parquet.
    """
    if to == "parquet":
        return partial(_table, shape=shape, schema=schema or table_schema(shape))
    return _document_lines if shape == "document" else _mention_lines


def writable(tagged: Iterable[Tagged], to: str, losses: Losses) -> Iterator[Tagged]:
    """The rows as a file of the format can hold them; a document that it cannot hold has failed."""
    keep = PARQUET_VALUES if to == "parquet" else ()
    for one in tagged:
        try:
            (doc,) = with_plain_meta([one.doc], losses, keep=keep)
            check_encodable(doc.id or "", where="the id")
        except DataError as error:
            bare = Document(text=one.doc.text, id=_shown_id(one.doc.id))
            yield Tagged(bare, one.error or plain_error(error))
        else:
            yield Tagged(doc, one.error)


def _shown_id(name: str | None) -> str | None:
    return name and name.encode("utf-8", "backslashreplace").decode()


def _document_lines(tagged: Iterable[Tagged], handle: BinaryIO, losses: Losses) -> None:
    """As `nerlink tag` writes documents; those that failed have a key `error`."""
    with _text(handle) as lines:
        for doc, error in tagged:
            if error is None:
                write_jsonl([doc], lines, losses)
            else:
                lines.write(json_from_record(record_from_document(doc) | {ERROR: error}) + "\n")


def _mention_lines(tagged: Iterable[Tagged], handle: BinaryIO, losses: Losses) -> None:
    with _text(handle) as lines:
        for one in tagged:
            table = row_columns([one], "mention", losses)
            for values in zip(*table.values(), strict=True):
                row = {k: v for k, v in zip(table, values, strict=True) if v is not None}
                lines.write(json_from_record(row) + "\n")


@contextmanager
def _text(handle: BinaryIO) -> Iterator[TextIO]:
    """Text that goes to a file, which stays open."""
    wrapper = io.TextIOWrapper(handle, encoding="utf-8", newline="\n")
    try:
        yield wrapper
    finally:
        wrapper.detach()


def row_columns(
    tagged: Iterable[Tagged], shape: TableShape, losses: Losses
) -> dict[str, list[Any]]:
    """Columns of a table, each (n_rows): those of `to_frame`, and `error`.

    A column `error` that the documents had is called `input_error`.

    Args:
        tagged: Documents that `writable` gave.
        shape: What a row is.
        losses: Counts what rows cannot hold.
    """
    table = table_from_documents(
        map(_with_error_column, tagged), shape=shape, losses=losses, scheme="bio", with_text=True
    )
    first = table[next(iter(table))]
    return table | {ERROR: table.get(ERROR, [None] * len(first))}


def _with_error_column(tagged: Tagged) -> Document:
    """The document with its error among its columns; one that was there makes way."""
    meta = {f"input_{ERROR}" if key == ERROR else key: v for key, v in tagged.doc.meta.items()}
    return replace(tagged.doc, meta=meta | ({ERROR: tagged.error} if tagged.error else {}))


def plain_error(error: BaseException) -> str:
    """The message of an error in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _table(
    tagged: Iterable[Tagged],
    handle: BinaryIO,
    losses: Losses,
    *,
    shape: TableShape,
    schema: Any,
) -> None:
    """A Parquet table; the rows of `AT_ONCE` documents are in memory at once."""
    from pyarrow.parquet import ParquetWriter

    rows = iter(tagged)
    with ParquetWriter(handle, plain_schema(schema)) as writer:
        while part := list(islice(rows, AT_ONCE)):
            writer.write_table(typed_table(row_columns(part, shape, losses), schema, losses))
