"""Bytes in and out: gzip, standard streams, encodings; outputs appear whole or not at all."""

import codecs
import gzip
import io
import secrets
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from nerlink.errors import DataError

__all__ = [
    "STANDARD",
    "choose_encoding",
    "decode",
    "numbered_lines",
    "open_binary",
    "open_output",
    "read_text",
]

STANDARD = "-"
"""The path that means standard input or standard output."""

_BOM = codecs.BOM_UTF8


@contextmanager
def open_binary(path: str | Path) -> Iterator[BinaryIO]:
    """A file to read, unpacked if its name ends in `.gz`; `-` is standard input.

    Raises:
        DataError: The file is missing, a folder, unreadable, or damaged gzip.
    """
    if str(path) == STANDARD:
        yield sys.stdin.buffer
        return
    try:
        with (gzip.open if str(path).endswith(".gz") else open)(path, "rb") as handle:
            yield cast(BinaryIO, handle)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file. Paths are relative to {Path.cwd()}.") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; name a file in it.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read: {error}. Check that you may read it, and that it is whole."
        ) from error


def numbered_lines(path: str | Path, *, with_ends: bool = False) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, counted from 1; a byte order mark is dropped.

    Only line feeds end a line: U+2028, form feeds and the like belong to the text.

    Args:
        path: The file.
        with_ends: Keep the line ends.
    """
    with open_binary(path) as handle:
        for number, line in enumerate(handle, start=1):
            content = line if with_ends else line.removesuffix(b"\n").removesuffix(b"\r")
            yield number, content.removeprefix(_BOM) if number == 1 else content


def read_text(path: str | Path, *, encoding: str = "utf-8") -> str:
    """The whole text of a file, line ends untouched, without a byte order mark."""
    with open_binary(path) as handle:
        return decode(handle.read().removeprefix(_BOM), encoding=encoding, where=str(path))


def decode(content: bytes, *, encoding: str = "utf-8", where: str) -> str:
    """The text of some bytes.

    Raises:
        DataError: They are not in that encoding, or there is no such encoding.
    """
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}: byte {error.start} ({content[error.start]:#04x}) is not {encoding}. "
            "Store the file as UTF-8 or, where the format has the option, name its encoding."
        ) from error
    except LookupError as error:
        raise DataError(f"{where}: there is no encoding {encoding!r}.") from error


def choose_encoding(path: str | Path, encoding: str | Sequence[str]) -> str:
    """The encoding of a file: the one given, or the first of several that fits all its bytes.

    Raises:
        DataError: None of them fits.
    """
    if isinstance(encoding, str):
        return encoding
    for name in encoding:
        if _fits(path, name):
            return name
    raise DataError(f"{path} is in none of the encodings {', '.join(encoding)}.")


def _fits(path: str | Path, encoding: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError as error:
        raise DataError(f"there is no encoding {encoding!r}.") from error
    with open_binary(path) as handle:
        try:
            while chunk := handle.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except ValueError:
            return False
    return True


@contextmanager
def open_output(path: str | Path) -> Iterator[TextIO]:
    """A UTF-8 file to write that takes its place only when all went well; `-` is standard output.

    A name that ends in `.gz` is packed. Binary formats write to the handle's `buffer`. A link stays
    a link; a pipe or a device is written to as it is.

    Raises:
        DataError: The folder does not exist or cannot be written to.
    """
    if str(path) == STANDARD:
        standard = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
        try:
            yield standard
        finally:
            standard.detach()  # flushes, and leaves standard output open
        return
    path = Path(path).resolve()
    is_replaced = path.is_file() or not path.exists()  # a pipe or a device can only be written to
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        raw = partial.open("xb") if is_replaced else path.open("wb")
    except OSError as error:
        reason = error.strerror or error
        raise DataError(
            f"{path} cannot be written: {reason}. Name a file in a folder of yours."
        ) from error
    try:
        with raw, _text_writer(raw, is_gzip=path.suffix == ".gz") as handle:
            yield handle
        if is_replaced:
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _text_writer(raw: BinaryIO, *, is_gzip: bool) -> Iterator[TextIO]:
    # No name and no time in the header: the same documents give the same bytes.
    packed = gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) if is_gzip else raw
    with io.TextIOWrapper(cast(BinaryIO, packed), encoding="utf-8", newline="\n") as handle:
        yield handle
