"""What a shard's file holds: rows of documents or of mentions, and documents that failed."""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any, BinaryIO, Final, NamedTuple, TextIO

from nerlink.data import Document
from nerlink.sources import Losses
from nerlink.sources.formats.jsonl import write_jsonl
from nerlink.sources.keys import MENTION_KEYS
from nerlink.sources.meta import PARQUET_VALUES, with_plain_meta
from nerlink.sources.records import json_from_record, record_from_document
from nerlink.sources.to_rows import TableShape, table_from_documents

__all__ = ["ERROR", "Tagged", "plain_error", "row_columns", "row_writer", "typed_table"]

ERROR: Final = "error"
"""The column that says why a document could not be read or tagged."""


class Tagged(NamedTuple):
    """A document that was tagged, or why it was not.

    Args:
        doc: The document; without a text where it could not be read.
        error: Why it has no mentions; `None` for a document that was tagged.
    """

    doc: Document
    error: str | None = None


def row_writer(to: str, shape: TableShape) -> Callable[[Iterable[Tagged], BinaryIO], None]:
    """The function that writes rows of a shape to a file of a format."""
    return _WRITERS[to, shape]


def _document_lines(tagged: Iterable[Tagged], handle: BinaryIO) -> None:
    """As `nerlink tag` writes documents; those that failed have a key `error`."""
    losses = Losses()
    with _text(handle) as lines:
        for doc, error in tagged:
            if error is None:
                write_jsonl([doc], lines, losses)
            else:
                (plain,) = with_plain_meta([doc], losses)
                record = record_from_document(plain) | {ERROR: error}
                lines.write(json_from_record(record) + "\n")


def _mention_lines(tagged: Iterable[Tagged], handle: BinaryIO) -> None:
    with _text(handle) as lines:
        for one in _named(tagged):
            table = row_columns([one], "mention")
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


def row_columns(tagged: Iterable[Tagged], shape: TableShape) -> dict[str, list[Any]]:
    """Columns of a table, each (n_rows): those of `to_frame`, and `error`.

    A column `error` that the documents had is called `input_error`.
    """
    losses = Losses()
    documents = with_plain_meta(map(_with_error_column, tagged), losses, keep=PARQUET_VALUES)
    table = table_from_documents(
        documents, shape=shape, losses=losses, scheme="bio", with_text=True
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


def typed_table(columns: Mapping[str, list[Any]]) -> Any:
    """A pyarrow Table of columns.

    nerlink's columns have the same types in all tables, also where one has no mention or no error,
    so that the files of a job can be read as one table.
    """
    import pyarrow

    return pyarrow.table({name: _array(name, values) for name, values in columns.items()})


def _array(name: str, values: list[Any]) -> Any:
    import pyarrow

    if name == "meta":
        values = [value and json_from_record(value) for value in values]
    kind = _types().get(name)
    if name == "mentions" and any(_has_other_keys(mentions) for mentions in values):
        kind = None
    try:
        return pyarrow.array(values, kind)
    except (pyarrow.ArrowException, OverflowError):
        # A column that mixes kinds of values has them as JSON, which loses none of them.
        return pyarrow.array([None if v is None else json.dumps(v, default=str) for v in values])


def _has_other_keys(mentions: Iterable[Mapping[str, Any]]) -> bool:
    return any(not mention.keys() <= set(MENTION_KEYS) for mention in mentions)


@cache
def _types() -> dict[str, Any]:
    """The types of nerlink's columns, which a shard without values for one would not show."""
    import pyarrow

    text, number, real = pyarrow.string(), pyarrow.int64(), pyarrow.float64()
    candidate = {"entity": text, "score": real, "prior": real, "count": number}
    mention = {
        "start": number,
        "end": number,
        "label": text,
        "entity": text,
        "score": real,
        "link_score": real,
        "candidates": pyarrow.list_(pyarrow.struct(candidate)),
        "nil": text,
    }
    ranges = pyarrow.list_(pyarrow.list_(number))
    names = ("id", "doc_id", "text", "surface", "meta", ERROR)
    document = dict.fromkeys(names, text)
    return {
        **document,
        **mention,
        "mentions": pyarrow.list_(pyarrow.struct(mention)),
        "sentences": ranges,
        "tokens": ranges,
    }


def _table(tagged: Iterable[Tagged], handle: BinaryIO, *, shape: TableShape) -> None:
    """A Parquet table; all rows are in memory."""
    from pyarrow import parquet

    rows = _named(tagged) if shape == "mention" else tagged
    parquet.write_table(typed_table(row_columns(rows, shape)), handle)


def _named(tagged: Iterable[Tagged]) -> Iterator[Tagged]:
    """Rows of mentions belong to a document by its id: one without gets its number."""
    for number, (doc, error) in enumerate(tagged):
        yield Tagged(doc if doc.id is not None else replace(doc, id=str(number)), error)


_WRITERS: Final[Mapping[tuple[str, str], Callable[[Iterable[Tagged], BinaryIO], None]]] = {
    ("jsonl", "document"): _document_lines,
    ("jsonl", "mention"): _mention_lines,
    ("parquet", "document"): partial(_table, shape="document"),
    ("parquet", "mention"): partial(_table, shape="mention"),
}
