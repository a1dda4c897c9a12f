"""JSON lines, nerlink's own format, and JSON: a list of the same records."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.files import decode, numbered_lines, read_text
from nerlink.sources.check import Result, attempt
from nerlink.sources.losses import EVERYTHING, Losses
from nerlink.sources.records import (
    document_from_record,
    json_from_record,
    record_from_document,
)

__all__ = ["parse_json", "read_json", "read_jsonl", "write_json", "write_jsonl"]


def read_jsonl(path: str | Path) -> Iterator[Result]:
    """A document a line, one line in memory at a time; blank lines are passed over."""
    for number, line in numbered_lines(path):
        if line.strip():
            yield attempt(_document, line, where=f"{path}:{number}")


def _document(line: bytes, *, where: str) -> Document:
    return document_from_record(parse_json(line, where=where), where=where)


def parse_json(content: bytes, *, where: str) -> Any:
    """The value in some JSON.

    Raises:
        DataError: It is not UTF-8 or not JSON; the message names the column.
    """
    try:
        return json.loads(decode(content, where=where))
    except json.JSONDecodeError as error:
        raise DataError(
            f"{where}: not JSON at column {error.colno}: {error.msg}. Mend the line, or leave bad "
            "ones out (--skip-invalid)."
        ) from error
    except (RecursionError, ValueError) as error:
        raise DataError(
            f"{where}: this JSON cannot be read: {error}. Make its lists less deep and its numbers "
            "shorter, or leave bad lines out (--skip-invalid)."
        ) from error


def read_json(path: str | Path) -> Iterator[Result]:
    """The documents of a JSON list (or a single one); the whole file is in memory.

    Raises:
        DataError: The file is not JSON.
    """
    try:
        records = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path}:{error.lineno}: not JSON at column {error.colno}: {error.msg}. "
            "If each line is a record of its own, read it as 'jsonl'."
        ) from error
    except (RecursionError, ValueError) as error:
        raise DataError(
            f"{path}: this JSON cannot be read: {error}. "
            "Make its lists less deep and its numbers shorter."
        ) from error
    for number, record in enumerate(records if isinstance(records, list) else [records]):
        yield attempt(document_from_record, record, where=f"{path}: document {number}")


def write_jsonl(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """A document a line; carries everything."""
    for doc in documents:
        losses.note(doc, carried=EVERYTHING)
        handle.write(json_from_record(record_from_document(doc)) + "\n")


def write_json(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """A list of documents; carries everything."""
    separator = "[\n"
    for doc in documents:
        losses.note(doc, carried=EVERYTHING)
        handle.write(separator + json_from_record(record_from_document(doc)))
        separator = ",\n"
    handle.write("[]\n" if separator == "[\n" else "\n]\n")
