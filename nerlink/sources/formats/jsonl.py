"""JSON lines, nerlink's own format, and JSON: a list of the same records."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.files import read_text
from nerlink.sources.check import Result, documents_from
from nerlink.sources.losses import EVERYTHING, Losses
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.records import document_from_record, json_from_record, record_from_document
from nerlink.tables import Row, parse_json, read_json_lines

__all__ = ["read_json", "read_jsonl", "write_json", "write_jsonl"]


def read_jsonl(path: str | Path) -> Iterator[Result]:
    """A document a line, one line in memory at a time; blank lines are passed over."""
    return documents_from(read_json_lines(path), document_from_record)


def read_json(path: str | Path) -> Iterator[Result]:
    """The documents of a JSON list (or a single one); the whole file is in memory.

    Raises:
        DataError: The file is not JSON.
    """
    try:
        records = parse_json(read_text(path), where=str(path))
    except DataError as error:
        raise DataError(
            f"{error} If each line is a record of its own, read it as 'jsonl'."
        ) from error
    records = records if isinstance(records, list) else [records]
    rows = (Row(f"{path}: document {number}", record) for number, record in enumerate(records))
    yield from documents_from(rows, document_from_record)


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
