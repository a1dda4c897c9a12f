"""Parquet files of documents, mentions or tokens, with nested columns as they are."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import Result
from nerlink.sources.from_rows import RowFormat, documents_from_table
from nerlink.sources.keys import KNOWN_COLUMNS, MENTION_COLUMNS, MENTION_KEYS, TOKEN_COLUMNS
from nerlink.sources.losses import Losses
from nerlink.sources.meta import PARQUET_VALUES, plain_meta, with_plain_meta
from nerlink.sources.records import json_from_record
from nerlink.sources.to_rows import TableShape, table_from_documents
from nerlink.tables import filled, open_parquet

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

    Entries of `meta` that no column can hold as they are (of several kinds, long integers, missing
    values inside mappings) stay together in a column `meta`, as JSON.

    Raises:
        DataError: A value has no place in a Parquet file.
    """
    import pyarrow
    from pyarrow import parquet

    of_rows: set[str] = set()  # columns of mentions or tokens, which are not `meta`
    plain = _noting(with_plain_meta(documents, losses, keep=PARQUET_VALUES), shape, of_rows)
    table = table_from_documents(plain, shape=shape, losses=losses, scheme=scheme, with_text=True)
    for name in [name for name in table if name not in KNOWN_COLUMNS]:
        if name in of_rows:
            table[name] = _as_text_unless_fit(table[name], losses)
        elif not _fits(table[name]):
            _move_to_meta(table, name, losses)
    _fit_mentions(table.get("mentions", ()), losses)
    if "meta" in table:
        table["meta"] = [meta and json_from_record(meta) for meta in table["meta"]]
    try:
        parquet.write_table(pyarrow.table(table), handle.buffer)
    except (pyarrow.ArrowException, OverflowError) as error:
        raise DataError(f"These documents do not fit a Parquet table: {error}.") from error


def _noting(
    documents: Iterable[Document], shape: TableShape, of_rows: set[str]
) -> Iterator[Document]:
    """The same documents; the names of the columns that their rows have go to `of_rows`."""
    key = {"mention": MENTION_COLUMNS, "token": TOKEN_COLUMNS}.get(shape, "")
    for doc in documents:
        of_rows.update(doc.meta.get(key, ()))
        yield doc


def _fits(values: Sequence[Any]) -> bool:
    """Whether a column holds some values so that each comes back as it was."""
    import pyarrow

    kinds = {type(value) for value in values if value is not None}
    if kinds == {int}:
        return all(value is None or -(1 << 63) <= value < 1 << 63 for value in values)
    if len(kinds) < 2 and not kinds & {list, dict}:
        return True
    try:
        column = pyarrow.array(values)
    except (pyarrow.ArrowException, OverflowError, RecursionError):
        return False
    is_storable = "struct<>" not in str(column.type)
    return is_storable and all(map(_is_same, values, map(filled, column.to_pylist())))


def _is_same(value: Any, back: Any) -> bool:
    """Whether two values are equal, whereby 1 is neither 1.0 nor `True`."""
    if isinstance(value, dict) and isinstance(back, dict):
        return value.keys() == back.keys() and all(_is_same(value[k], back[k]) for k in value)
    if isinstance(value, list) and isinstance(back, list):
        return len(value) == len(back) and all(map(_is_same, value, back))
    return type(value) is type(back) and bool(value == back)


def _move_to_meta(table: dict[str, list[Any]], name: str, losses: Losses) -> None:
    rest = table.setdefault("meta", [None] * len(table[name]))
    for number, value in enumerate(table.pop(name)):
        if value is not None:
            plain = plain_meta({name: value}, losses, where=f"row {number}: meta")
            rest[number] = {**(rest[number] or {}), **plain}


def _as_text_unless_fit(values: list[Any], losses: Losses) -> list[Any]:
    if _fits(values):
        return values
    is_other = [value is not None and not isinstance(value, str) for value in values]
    losses.add("values of mentions or tokens turned into text", sum(is_other))
    return [json_from_record(v) if other else v for v, other in zip(values, is_other, strict=True)]


def _fit_mentions(column: Sequence[Sequence[dict[str, Any]] | None], losses: Losses) -> None:
    """Make text of what mentions have beside nerlink's keys, where no column can hold it."""
    mentions = [mention for row in column for mention in row or ()]
    names = {name: None for mention in mentions for name in mention if name not in MENTION_KEYS}
    for name in names:
        having = [mention for mention in mentions if name in mention]
        texts = _as_text_unless_fit([mention[name] for mention in having], losses)
        for mention, text in zip(having, texts, strict=True):
            mention[name] = text
