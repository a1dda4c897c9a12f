"""JSON lines, nerlink's own format, and JSON: a list of the same records."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from nerlink.data import Document
from nerlink.sources.check import Result, documents_from
from nerlink.sources.losses import EVERYTHING, Losses
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import Names
from nerlink.sources.records import document_from_record, json_from_record, record_from_document
from nerlink.tables import read_json_lines, read_json_records

__all__ = ["read_json", "read_jsonl", "write_json", "write_jsonl"]


def read_jsonl(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    guess: bool = True,
    encoding: str = "utf-8",
) -> Iterator[Result]:
    """A document a line, one line in memory at a time; blank lines are passed over.

    Args:
        path: The file.
        columns: nerlink's names of keys to the file's, such as `{"mentions": "spans"}`; also of
            keys of mentions.
        guess: Understand keys that other programs use; else only nerlink's and `columns` count.
        encoding: How characters are stored.
    """
    names = Names(str(path), columns, guess=guess)
    return documents_from(read_json_lines(path, encoding=encoding), _document, names)


def _document(record: Any, names: Names, *, where: str) -> Document:
    return document_from_record(record, where=where, names=names)


def read_json(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    guess: bool = True,
    encoding: str = "utf-8",
) -> Iterator[Result]:
    """The documents of a JSON list (or a single one); the whole file is in memory.

    The arguments are those of `read_jsonl`.

    Raises:
        DataError: The file is not JSON.
    """
    names = Names(str(path), columns, guess=guess)
    yield from documents_from(read_json_records(path, encoding=encoding), _document, names)


def write_jsonl(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """A document a line; carries everything."""
    for doc in with_plain_meta(documents, losses):
        losses.note(doc, carried=EVERYTHING)
        handle.write(json_from_record(record_from_document(doc)) + "\n")


def write_json(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """A list of documents; carries everything."""
    separator = "[\n"
    for doc in with_plain_meta(documents, losses):
        losses.note(doc, carried=EVERYTHING)
        handle.write(separator + json_from_record(record_from_document(doc)))
        separator = ",\n"
    handle.write("[]\n" if separator == "[\n" else "\n]\n")
