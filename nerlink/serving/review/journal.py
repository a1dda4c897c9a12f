"""Where reviews are kept: a log of every save, and the file of documents that follows from it.

`gold.jsonl.log` only ever grows, a line a save, each on the disk before it counts; what a kill has
cut off at its end is removed at the next start. `gold.jsonl` has the version of each document that
counts. It can be made from the log at any time, and so may be a moment behind, but is never torn.
"""

import json
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from nerlink.data import Document
from nerlink.errors import ConfigError, DataError
from nerlink.files import lock_file, replaced_whole
from nerlink.serving.review.saves import (
    DISPUTED,
    REVIEWED,
    REVIEWER,
    Save,
    counted,
    key_of,
    marks_of,
    save_from_record,
    sound_document,
)
from nerlink.sources.records import json_from_record, record_from_document
from nerlink.strict_json import parse_json
from nerlink.words import number_of

__all__ = ["Journal", "log_of", "now", "read_saves"]

VERSION: Final = 1

_HEAD: Final = "review"
"""The first key of a log, with the version of its form."""

ENDINGS: Final = (".jsonl", ".ndjson")

Say = Callable[[str], None]

log = logging.getLogger("nerlink.serving")


def now() -> str:
    """The time in UTC, in ISO form, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def log_of(output: Path) -> Path:
    """The log beside an output; of another ending, so that no pattern takes it for documents."""
    return output.with_name(f"{output.name}.log")


def read_saves(output: Path) -> list[Save]:
    """All saves in the log of an output, in order; what is cut off at its end is passed over.

    Raises:
        DataError: There is no log, or a line of it cannot be read.
    """
    path = log_of(output)
    if not path.is_file():
        raise DataError(
            f"{path}: no such file. It is written beside {output} when documents are reviewed: "
            f"nerlink review DOCS --output {output}"
        )
    found = _records(path, path.read_bytes())[1:]
    return [save_from_record(record, where=where) for where, record in found]


def _records(path: Path, content: bytes) -> list[tuple[str, Any]]:
    """Place and value of each whole line of a log, (n_lines); the first is the head.

    Raises:
        DataError: A line cannot be read, or the file is no log of reviews.
    """
    start = f'{{"{_HEAD}": {VERSION},'.encode()
    if content[: len(start)] != start[: len(content)]:
        raise DataError(
            f"{path}: this is no log of reviews, or one of another version of nerlink. "
            "Name another --output."
        )
    found = []
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        where = f"{path}:{number}"
        try:
            found.append((where, parse_json(line.decode(), where=where)))
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: byte {error.start} is not UTF-8. Mend the line.") from error
    return found


class Journal:
    """The saves of one output, which it has for itself until it is closed.

    Args:
        output: The file of documents, in nerlink's JSON lines.
        say: Called with what a person should know of what was found.

    Raises:
        ConfigError: Another process has the output, or it can be none.
        DataError: What is there cannot be read.
    """

    def __init__(self, output: Path, say: Say) -> None:
        if output.suffix.lower() not in ENDINGS:
            raise ConfigError(
                f"{output}: reviewed documents are written as JSON lines. Name a file such as "
                "gold.jsonl; nerlink convert writes other formats from it."
            )
        self.output = Path(os.path.realpath(output))
        self.log = log_of(self.output)
        self._say = say
        self._lock = threading.Lock()
        self.saves: dict[str, list[Save]] = {}
        self._known: tuple[int, int] | None = None
        self._descriptor = self._opened()
        with ExitStack() as undo:
            undo.callback(self.close)
            self.session = self._begin()
            self._settle()
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let others have the output."""
        with self._lock:
            os.close(self._descriptor)

    def add(self, save: Save) -> str | None:
        """Keep a save: when this returns, it is on the disk.

        Returns:
            Why the output does not have it yet, where that cannot be written now.

        Raises:
            DataError: The log cannot be written; then nothing of the save is kept.
        """
        with self._lock:
            fault: Exception | None = None
            try:
                if self._signature() != self._known:
                    self._take_edits()
            except (DataError, OSError) as error:
                fault = error
            self._append(save.record())
            is_new = save.key not in self.saves
            self.saves.setdefault(save.key, []).append(save)
            if fault is None:
                fault = self._follow(_line([save]) if is_new else None)
            if fault is None:
                return None
            log.error("%s is behind its log: %s", self.output, fault)
            return f"It is in {self.log.name}, but not in {self.output.name} yet: {fault}"

    def _follow(self, line: bytes | None) -> OSError | None:
        try:
            self._write_output(line)
        except OSError as error:
            self._known = None  # the next save writes it as a whole
            return error
        return None

    def _opened(self) -> int:
        try:
            descriptor = os.open(self.log, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            raise ConfigError(
                f"{self.log} cannot be written: {error.strerror or error}. "
                "Name an --output in a folder of yours."
            ) from error
        if lock_file(descriptor) is False:
            os.close(descriptor)
            raise ConfigError(
                f"{self.output} is being written by another nerlink review. Open the page of that "
                "one, end it first, or name another --output."
            )
        return descriptor

    def _begin(self) -> str:
        """Read the log, or begin one; the name of the session, which is that of its drafts."""
        content = self.log.read_bytes()
        found = _records(self.log, content)  # before anything of it is touched
        whole = content.rfind(b"\n") + 1
        if torn := len(content) - whole:
            os.ftruncate(self._descriptor, whole)
            self._say(
                f"{self.log}: the last {number_of(torn, 'bytes')} are of a save that was cut off, "
                "and are removed; its document is to be saved again."
            )
        if not found:
            session = secrets.token_hex(8)
            self._append({_HEAD: VERSION, "session": session})
            _sync_folder(self.log.parent)
            return session
        (_, head), *lines = found
        for where, record in lines:
            save = save_from_record(record, where=where)
            self.saves.setdefault(save.key, []).append(save)
        return str(head.get("session"))

    def _append(self, record: Mapping[str, Any]) -> None:
        """Write a line of the log through to the disk, or nothing.

        Raises:
            DataError: It cannot be written.
        """
        line = memoryview((json_from_record(record) + "\n").encode())
        end = os.fstat(self._descriptor).st_size
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, end)
            raise DataError(
                f"{self.log} cannot be written: {error.strerror or error}. Nothing was saved; make "
                "room, and save again."
            ) from error

    def _settle(self) -> None:
        """Let the output be what the log says, after what it has beyond the log was taken over."""
        is_old = bool(self.saves)
        if not self.output.exists() and is_old:
            self._say(
                f"{self.output} is made again from {self.log.name}. To begin anew, remove both."
            )
        n_taken = self._take_edits()
        if n_taken and is_old:
            self._say(
                f"{number_of(n_taken, 'documents')} of {self.output} are not as they were saved: "
                "somebody has changed the file. They stay as they are now."
            )
        if self.saves or self.output.exists():
            self._write_output()

    def _take_edits(self) -> int:
        """Take documents over from the output that the log does not have so; how many."""
        n_taken = 0
        for doc in _documents(self.output, has_log=bool(self.saves)):
            if (key := key_of(doc)) not in self.saves:
                reviewer, time = (str(doc.meta.get(name, "")) for name in (REVIEWER, REVIEWED))
                save = Save(key=key, doc=_bare(doc), reviewer=reviewer, time=time or now())
            elif all(not _is_same(doc, save.doc) for save in self.saves[key]):
                reviewer = str(doc.meta.get(REVIEWER, ""))
                save = Save(
                    key=key, doc=_bare(doc), reviewer=reviewer, time=now(), is_informed=True
                )
            else:
                continue
            self._append(save.record())
            self.saves.setdefault(key, []).append(save)
            n_taken += 1
        return n_taken

    def _write_output(self, line: bytes | None = None) -> None:
        """Add a line to the output; write it as a whole where none is given or it was changed."""
        if line is not None and self._known is not None and self._signature() == self._known:
            with self.output.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        else:
            with replaced_whole(self.output) as partial, partial.open("wb") as file:
                for saves in self.saves.values():
                    file.write(_line(saves))
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(self.output.parent)
        self._known = self._signature()

    def _signature(self) -> tuple[int, int] | None:
        """What tells whether somebody else has written the output."""
        try:
            found = self.output.stat()
        except FileNotFoundError:
            return None
        return found.st_size, found.st_mtime_ns


def _line(saves: Sequence[Save]) -> bytes:
    return (json_from_record(record_from_document(counted(saves))) + "\n").encode()


def _bare(doc: Document) -> Document:
    """A document of the output without what was added there."""
    added = {REVIEWER, REVIEWED, DISPUTED}
    return replace(doc, meta={key: value for key, value in doc.meta.items() if key not in added})


def _is_same(one: Document, other: Document) -> bool:
    return one.text == other.text and marks_of(one) == marks_of(other)


def _documents(path: Path, *, has_log: bool) -> Iterator[Document]:
    """The documents of an output; what is cut off at its end is in the log, if there is one.

    Raises:
        DataError: A document cannot be read, or is not complete.
    """
    if not path.exists():
        return
    *lines, last = path.read_bytes().split(b"\n")
    if last.strip() and not (has_log and not _is_json(last)):
        lines.append(last)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            record = parse_json(line.decode(), where=where)
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: byte {error.start} is not UTF-8. Mend the line.") from error
        doc = sound_document(record, where=where)
        if not doc.complete:
            raise DataError(
                f"{where}: the document is not complete, and so was not reviewed. Give the file as "
                "DOCS, and name another --output."
            )
        yield doc


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Have the disk know the names in a folder, where a folder can be opened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
