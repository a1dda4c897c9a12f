"""What a shard's file holds: rows of documents or of mentions, and documents that failed."""

import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TextIO, TypeAlias

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

AT_ONCE: Final = 2000
"""Documents whose rows are in memory at once while a table is written."""

IS_JSON: Final = {b"json": b"1"}
"""What marks a column of JSON, until all rows of a table have been seen."""


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


def row_writer(to: str, shape: TableShape) -> RowWriter:
    """The function that writes rows of a shape to a file of a format."""
    return _WRITERS[to, shape]


def _document_lines(tagged: Iterable[Tagged], handle: BinaryIO, losses: Losses) -> None:
    """As `nerlink tag` writes documents; those that failed have a key `error`."""
    with _text(handle) as lines:
        for doc, error in tagged:
            if error is None:
                write_jsonl([doc], lines, losses)
            else:
                (plain,) = with_plain_meta([doc], losses)
                record = record_from_document(plain) | {ERROR: error}
                lines.write(json_from_record(record) + "\n")


def _mention_lines(tagged: Iterable[Tagged], handle: BinaryIO, losses: Losses) -> None:
    with _text(handle) as lines:
        for one in _named(tagged):
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
    """
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
    table = _marked_table(columns)
    return table.cast(_unmarked(table.schema))


def _marked_table(columns: Mapping[str, list[Any]]) -> Any:
    """As `typed_table`; columns of JSON are marked."""
    import pyarrow

    fields, arrays = [], []
    for name, values in columns.items():
        array, metadata = _array(name, values)
        fields.append(pyarrow.field(name, array.type, metadata=metadata))
        arrays.append(array)
    return pyarrow.table(arrays, schema=pyarrow.schema(fields))


def _unmarked(schema: Any) -> Any:
    import pyarrow

    return pyarrow.schema([field.remove_metadata() for field in schema])


def _array(name: str, values: list[Any]) -> tuple[Any, Mapping[bytes, bytes] | None]:
    """The values as an array of Arrow, and the mark of JSON if that is what it holds."""
    import pyarrow

    if name == "meta":
        values = [value and json_from_record(value) for value in values]
    kind = _types().get(name)
    if name == "mentions" and any(_has_other_keys(mentions) for mentions in values):
        kind = None
    try:
        return pyarrow.array(values, kind), None
    except (pyarrow.ArrowException, OverflowError):
        # A column that mixes kinds of values has them as JSON, which loses none of them.
        return _json_array(values), IS_JSON


def _json_array(values: Iterable[Any]) -> Any:
    import pyarrow

    texts = [None if value is None else json.dumps(value, default=str) for value in values]
    return pyarrow.array(texts, pyarrow.string())


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


def _table(
    tagged: Iterable[Tagged], handle: BinaryIO, losses: Losses, *, shape: TableShape
) -> None:
    """A Parquet table; the rows of `AT_ONCE` documents are in memory at once.

    What kind of values a column has is known once all rows have been seen. Until then the rows are
    kept in temporary files.
    """
    from pyarrow import feather
    from pyarrow.parquet import ParquetWriter

    rows = _named(tagged) if shape == "mention" else iter(tagged)
    with tempfile.TemporaryDirectory(prefix="nerlink-rows-") as folder:
        pieces: list[Path] = []
        schemas = []
        while (part := list(islice(rows, AT_ONCE))) or not pieces:
            table = _marked_table(row_columns(part, shape, losses))
            pieces.append(Path(folder, str(len(pieces))))
            schemas.append(table.schema)
            feather.write_feather(table, pieces[-1])
        schema = _common_schema(schemas)
        with ParquetWriter(handle, _unmarked(schema)) as writer:
            for piece in pieces:
                writer.write_table(_fitted(feather.read_table(piece), schema))


def _common_schema(schemas: Sequence[Any]) -> Any:
    """Columns of all schemas, in order of appearance, each of a type that holds its values."""
    import pyarrow

    fields: dict[str, list[Any]] = {}
    for schema in schemas:
        for field in schema:
            fields.setdefault(field.name, []).append(field)
    return pyarrow.schema([_common_field(name, same) for name, same in fields.items()])


def _common_field(name: str, fields: Sequence[Any]) -> Any:
    import pyarrow

    is_json = any(field.metadata for field in fields)
    if not is_json:
        alone = [pyarrow.schema([field]) for field in fields]
        try:
            return pyarrow.unify_schemas(alone, promote_options="permissive").field(0)
        except pyarrow.ArrowException:
            pass
    return pyarrow.field(name, pyarrow.string(), metadata=IS_JSON)


def _fitted(table: Any, schema: Any) -> Any:
    """The rows of a part as the whole table has them."""
    import pyarrow

    columns = []
    for field in schema:
        known = field.name in table.schema.names
        column = table.column(field.name) if known else pyarrow.nulls(len(table))
        if known and field.metadata and not table.schema.field(field.name).metadata:
            column = _json_array(column.to_pylist())
        elif column.type != field.type:
            column = pyarrow.array(column.to_pylist(), field.type)
        columns.append(column)
    return pyarrow.table(columns, schema=_unmarked(schema))


def _named(tagged: Iterable[Tagged]) -> Iterator[Tagged]:
    """Rows of mentions belong to a document by its id: one without gets its number."""
    for number, (doc, error) in enumerate(tagged):
        yield Tagged(doc if doc.id is not None else replace(doc, id=str(number)), error)


_WRITERS: Final[Mapping[tuple[str, str], RowWriter]] = {
    ("jsonl", "document"): _document_lines,
    ("jsonl", "mention"): _mention_lines,
    ("parquet", "document"): partial(_table, shape="document"),
    ("parquet", "mention"): partial(_table, shape="mention"),
}
