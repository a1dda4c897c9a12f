"""Bytes in and out: gzip, standard streams, encodings; outputs appear whole or not at all."""

import codecs
import errno
import gzip
import io
import os
import re
import secrets
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TextIO, cast

from nerlink.errors import DataError
from nerlink.words import visible

__all__ = [
    "LIMITS",
    "STANDARD",
    "Limits",
    "check_expansion",
    "choose_encoding",
    "decode",
    "lock_file",
    "numbered_lines",
    "open_binary",
    "open_output",
    "read_text",
    "read_whole",
    "replaced_whole",
    "sound_lines",
]

STANDARD = "-"
"""The path that means standard input or standard output."""


@dataclass(slots=True, kw_only=True)
class Limits:
    """How much may come out of a file, in bytes; small files of strangers can unpack to terabytes.

    Args:
        line: The longest line, and the longest cell of CSV; a line is in memory as a whole.
        expansion: How many times its packed size a packed file may be, beyond `unpacked`.
        unpacked: What any packed file may come to, however small it is.
        whole: What a packed file may come to that is in memory as a whole.
    """

    line: int = 1 << 26
    expansion: int = 250
    unpacked: int = 1 << 28
    whole: int = 1 << 32


LIMITS: Final = Limits()
"""The limits of all that is read; its values may be set: `nerlink.files.LIMITS.line = 1 << 30`."""


def check_expansion(n_unpacked: int, n_packed: int, *, where: str | Path) -> None:
    """Refuse what is a bomb and no file: it unpacks to hundreds of times its size.

    Raises:
        DataError: More came out than `LIMITS` allow.
    """
    if n_unpacked > max(LIMITS.unpacked, LIMITS.expansion * n_packed):
        raise DataError(
            f"{where}: {n_unpacked:,} bytes come out of {n_packed:,}, more than "
            f"{LIMITS.expansion} times as much. If you trust it, unpack it first, or raise "
            "nerlink.files.LIMITS.expansion."
        )


class _Counted:
    """A file that counts what is read from it."""

    def __init__(self, handle: BinaryIO) -> None:
        self.handle = handle
        self.n_bytes = 0

    def read(self, size: int = -1) -> bytes:
        content = self.handle.read(size)
        self.n_bytes += len(content)
        return content


class _Unpacked(io.RawIOBase):
    """The bytes in a gzip file, as far as the limits allow."""

    def __init__(self, packed: BinaryIO, path: str | Path) -> None:
        self.path = path
        self.packed = _Counted(packed)
        self.unpacked = gzip.GzipFile(fileobj=cast(BinaryIO, self.packed), mode="rb")
        self.n_bytes = 0
        self.is_whole = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.unpacked.read1(len(buffer))
        if not self.packed.n_bytes:  # gzip takes a file of no bytes for an empty text
            raise EOFError("it is empty, not even a packed file without text")
        buffer[: len(content)] = content
        self.n_bytes += len(content)
        check_expansion(self.n_bytes, self.packed.n_bytes, where=self.path)
        if self.is_whole and self.n_bytes > LIMITS.whole:
            raise DataError(
                f"{self.path}: over {LIMITS.whole:,} bytes come out of it, which all would be in "
                "memory. Write it as JSON lines, or raise nerlink.files.LIMITS.whole."
            )
        return len(content)

    def readall(self) -> bytes:
        return b"".join(iter(partial(self.read, 1 << 20), b""))  # else in steps of 8 kB


def read_whole(handle: BinaryIO) -> bytes:
    """All that is left in a file that `open_binary` opened.

    Raises:
        DataError: It is packed, and more would be in memory than `LIMITS.whole` allows.
    """
    raw = getattr(handle, "raw", None)
    if isinstance(raw, _Unpacked):
        raw.is_whole = True
    return handle.read()


@contextmanager
def open_binary(path: str | Path) -> Iterator[BinaryIO]:
    """A file to read, unpacked if its name ends in `.gz`; `-` is standard input.

    Raises:
        DataError: The file is missing, a folder, unreadable, or damaged gzip; or more comes out
            of it than `LIMITS` allow.
    """
    if str(path) == STANDARD:
        yield sys.stdin.buffer
        return
    if "\0" in str(path):
        raise DataError(f"{str(path)!r} is no path: it holds a NUL character.")
    try:
        with Path(path).open("rb") as handle:
            if str(path).lower().endswith(".gz"):
                handle = io.BufferedReader(_Unpacked(handle, path), _HEAD)
            yield handle
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file. Paths are relative to {Path.cwd()}.") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; name a file in it.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read: {error}. Check that you may read it, and that it is whole."
        ) from error


def numbered_lines(
    path: str | Path, *, encoding: str = "utf-8", with_ends: bool = False
) -> Iterator[tuple[int, str | DataError]]:
    """Lines with their numbers, counted from 1, or why a line cannot be read.

    Only line feeds end a line: U+2028, form feeds and the like belong to the text. Where the first
    part of a file has carriage returns and no line feed, as old Macs wrote it, these end its lines.

    Args:
        path: The file.
        encoding: How characters are stored; a byte order mark goes before it, and is dropped.
        with_ends: Keep the line ends.

    Raises:
        DataError: There is no such encoding, the file is in UTF-16 or UTF-32 and damaged, or a
            line is longer than `LIMITS.line`.
    """
    with open_binary(path) as handle:
        head = handle.peek(_HEAD) if isinstance(handle, io.BufferedReader) else b""
        encoding = _marked_encoding(head) or encoding
        is_wide = _is_wide(encoding, where=str(path))
        known = head.decode(encoding if is_wide else "latin-1", errors="ignore")
        _refuse_unmarked(head, is_wide=is_wide, path=path)
        # A last carriage return may be half of a line end, whose line feed is still to come.
        end = "\r" if "\r" in known[:-1] and "\n" not in known else "\n"
        longest = LIMITS.line
        if is_wide:
            lines: Iterable[str | bytes] = _lines_of_text(handle, encoding, end, path)
        elif end == "\n":
            lines = iter(partial(handle.readline, longest), b"")
        else:
            lines = _lines_of_text(handle, "latin-1", end, path)
        for number, line in enumerate(lines, start=1):
            if len(line) >= longest:
                raise DataError(
                    f"{path}:{number}: the line is longer than {longest:,} bytes. Break it up, "
                    "read it as the format that it has, or raise nerlink.files.LIMITS.line."
                )
            raw = line.encode("latin-1") if isinstance(line, str) and not is_wide else line
            try:
                text = _decoded(raw, encoding, f"{path}:{number}")
            except DataError as error:
                yield number, error
                continue
            text = text if with_ends else text.removesuffix(end).removesuffix("\r")
            yield number, text.removeprefix(_MARK) if number == 1 else text


def _decoded(line: str | bytes, encoding: str, where: str) -> str:
    return line if isinstance(line, str) else decode(line, encoding=encoding, where=where)


def sound_lines(
    path: str | Path, *, encoding: str = "utf-8", with_ends: bool = False
) -> Iterator[tuple[int, str]]:
    """As `numbered_lines`, where one line that cannot be read ends the file.

    Raises:
        DataError: A line cannot be read.
    """
    for number, line in numbered_lines(path, encoding=encoding, with_ends=with_ends):
        if isinstance(line, DataError):
            raise line
        yield number, line


_HEAD: Final = 1 << 16
_MARK: Final = "\ufeff"


def _lines_of_text(handle: BinaryIO, encoding: str, end: str, path: str | Path) -> Iterator[str]:
    wrapper = io.TextIOWrapper(handle, encoding=encoding, newline=end)
    try:
        yield from iter(partial(wrapper.readline, LIMITS.line), "")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not {encoding}: {error.reason}. Name the encoding it has, or mend it."
        ) from error
    finally:
        with suppress(ValueError):  # who reads no further may have closed the file before
            wrapper.detach()


def _marked_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark names."""
    marks = {
        codecs.BOM_UTF8: "utf-8-sig",
        codecs.BOM_UTF32_LE: "utf-32",  # begins as the mark of UTF-16 does, so it is asked first
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    return next((name for mark, name in marks.items() if head.startswith(mark)), None)


def _is_wide(encoding: str, *, where: str) -> bool:
    """Whether a line feed is more than one byte, so that lines cannot be found before decoding."""
    try:
        return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    except LookupError as error:
        raise DataError(f"{where}: there is no encoding {encoding!r}.") from error


def _refuse_unmarked(head: bytes, *, is_wide: bool, path: str | Path) -> None:
    """Refuse UTF-16 that does not say so: its letters are readable, with a NUL beside each."""
    start = head[:64]
    if not is_wide and start.count(0) > len(start) // 4:
        order = "le" if start[1::2].count(0) >= start[::2].count(0) else "be"
        raise DataError(
            f"{path}: every second byte is NUL: this is UTF-16, or no text. "
            f"Name the encoding: encoding='utf-16-{order}' (--read encoding=utf-16-{order})."
        )


def read_text(path: str | Path, *, encoding: str = "utf-8") -> str:
    """The whole text of a file, line ends untouched, without a byte order mark."""
    with open_binary(path) as handle:
        content = read_whole(handle)
    marked = _marked_encoding(content)
    _refuse_unmarked(content, is_wide=_is_wide(marked or encoding, where=str(path)), path=path)
    return decode(content, encoding=marked or encoding, where=str(path)).removeprefix(_MARK)


def decode(content: bytes, *, encoding: str = "utf-8", where: str) -> str:
    """The text of some bytes.

    Raises:
        DataError: They are not in that encoding, or there is no such encoding.
    """
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}: byte {error.start} ({content[error.start]:#04x}) is not "
            f"{encoding.removesuffix('-sig')}. Store the file as UTF-8, or name the encoding it "
            "has, such as encoding='cp1252' (--read encoding=cp1252)."
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
    with open_binary(path) as handle:
        if marked := _marked_encoding(handle.read(4)):
            return marked
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
    a link; a pipe or a device is written to as it is. What killed writers of the same file have
    left beside it is removed.

    Raises:
        DataError: The folder does not exist, it cannot be written to, or the disk is full.
    """
    if str(path) == STANDARD:
        with _standard_output() as handle:
            yield handle
        return
    try:
        path = Path(os.path.realpath(path))  # no error for links in a circle, as `resolve` has
        # A pipe or a device can only be written to.
        rest = _new_partial(path) if path.is_file() or not path.exists() else None
        raw = path.open("wb") if rest is None else rest.path.open("wb")
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    try:
        with raw, _text_writer(raw, is_gzip=path.suffix.lower() == ".gz") as handle:
            yield handle
        if rest is not None:
            rest.path.replace(path)
    except OSError as error:
        if error.filename not in (None, str(raw.name)):
            raise  # of another file, which the caller had to do with
        raise _unwritable(path, error) from error
    finally:
        if rest is not None:
            rest.path.unlink(missing_ok=True)
            if rest.lock is not None:
                os.close(rest.lock)


@contextmanager
def replaced_whole(path: Path) -> Iterator[Path]:
    """An empty file beside another, which takes the other's place only when all went well.

    For writers that want a name and not a handle. What killed writers of the same file have left
    beside it is removed.
    """
    rest = _new_partial(path)
    try:
        yield rest.path
        rest.path.replace(path)
    finally:
        rest.path.unlink(missing_ok=True)
        if rest.lock is not None:
            os.close(rest.lock)


def _unwritable(path: str | Path, error: OSError | ValueError) -> DataError:
    reason = getattr(error, "strerror", None) or error
    advice = "Name a file in a folder of yours."
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        advice = "Make room, or name a file on another disk."
    return DataError(f"{path} cannot be written: {reason}. {advice}")


class _ToTerminal(io.TextIOWrapper):
    """Text without what a terminal obeys; files and pipes get every character."""

    def write(self, text: str) -> int:
        return super().write(visible(text))


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    kind = _ToTerminal if sys.stdout.isatty() else io.TextIOWrapper
    standard = kind(sys.stdout.buffer, encoding="utf-8", newline="\n")
    try:
        yield standard
        standard.flush()
    except BrokenPipeError:
        raise  # who reads has seen enough
    except OSError as error:
        if error.filename is not None:
            raise
        raise _unwritable("standard output", error) from error
    finally:
        with suppress(OSError):  # it flushes, which has failed before
            standard.detach()  # leaves standard output open


class _Partial(NamedTuple):
    """A file that becomes another when it is whole.

    Args:
        path: The file.
        lock: A descriptor of it that holds a lock as long as its writer lives; `None` where files
            cannot be locked.
    """

    path: Path
    lock: int | None


def _new_partial(path: Path) -> _Partial:
    """An empty file beside the one to write, after those of killed writers have gone."""
    prefix = f".{path.name[:_LONGEST_NAME]}."
    with suppress(OSError):  # one may write to some folders whose files one may not list
        for left in path.parent.iterdir():
            end = left.name.removeprefix(prefix)
            if left.name.startswith(prefix) and re.fullmatch(r"[0-9a-f]{8}\.partial", end):
                _remove_unlocked(left)
    while True:
        name = path.with_name(f"{prefix}{secrets.token_hex(4)}.partial")
        lock = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        is_locked = lock_file(lock)
        if is_locked and os.fstat(lock).st_nlink:
            return _Partial(name, lock)
        os.close(lock)
        if is_locked is None:
            return _Partial(name, None)
        # Another writer has taken it for left over before it was locked: once more.


_LONGEST_NAME: Final = 60
"""Characters of a name, at most four bytes each, that leave room for the rest of another name."""


def _remove_unlocked(left: Path) -> None:
    """Remove a partial file, unless its writer lives or it is not known whether it does."""
    try:
        lock = os.open(left, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would wait
    except OSError:
        return
    try:
        if lock_file(lock):
            left.unlink(missing_ok=True)
    except OSError:
        pass
    finally:
        os.close(lock)


def lock_file(descriptor: int) -> bool | None:
    """Lock a file: whether nobody else has; `None` where files cannot be locked."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network file systems
        return None
    return True


@contextmanager
def _text_writer(raw: BinaryIO, *, is_gzip: bool) -> Iterator[TextIO]:
    # No name and no time in the header: the same documents give the same bytes.
    packed = gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) if is_gzip else raw
    with io.TextIOWrapper(cast(BinaryIO, packed), encoding="utf-8", newline="\n") as handle:
        yield handle
