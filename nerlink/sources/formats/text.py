"""Plain text: a file is a document, or each of its lines is one."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.files import STANDARD, numbered_lines, read_text
from nerlink.rows import attempt
from nerlink.sources.check import Result, check_document
from nerlink.sources.losses import Losses

__all__ = ["read_plain", "write_plain"]


def read_plain(
    path: str | Path, *, lines: bool = False, encoding: str = "utf-8"
) -> Iterator[Result]:
    """The text of a file as one document, named after the file.

    Args:
        path: The file.
        lines: Each line is a document of its own instead, without a name; a blank line is one
            with an empty text.
        encoding: How characters are stored.
    """
    if lines:
        for number, line in numbered_lines(path, encoding=encoding):
            if isinstance(line, DataError):
                yield line
            else:
                yield attempt(check_document, Document(text=line), where=f"{path}:{number}")
        return
    name = None if str(path) == STANDARD else Path(path).name.split(".")[0] or None
    doc = Document(text=read_text(path, encoding=encoding), id=name)
    yield attempt(check_document, doc, where=str(path))


def write_plain(
    documents: Iterable[Document], handle: TextIO, losses: Losses, *, lines: bool = False
) -> None:
    """The texts alone.

    Args:
        documents: One document, or any number with `lines`.
        handle: The open file.
        losses: Counts what texts cannot carry.
        lines: Each document is a line; line ends inside one become blanks.

    Raises:
        DataError: There are several documents and `lines` is off.
    """
    for number, doc in enumerate(documents):
        losses.note(doc, carried=frozenset())
        if lines:
            text = doc.text.replace("\n", " ").replace("\r", " ")
            losses.add("line ends", doc.text.count("\n") + doc.text.count("\r"))
            handle.write(text + "\n")
        elif number:
            raise DataError(
                "A text file holds one document; pass lines=True to write one document a line."
            )
        else:
            handle.write(doc.text)
