"""A connection that cannot hang, and whose errors are for people."""

import os
import sqlite3
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from nerlink.errors import KnowledgeBaseError

__all__ = ["BaseConnection", "check_journal", "connect", "refusal"]

TIMEOUT: Final = 60
"""Seconds for which a statement waits while another process changes the base."""

_TICK: Final = 1_000_000
"""Steps of SQLite's machine between two looks at the clock: some ten milliseconds."""

_FREE_TICKS: Final = 50
_STEPS_PER_BYTE: Final = 10
"""Steps that a statement may take: fifty million, and ten for each byte of the base.

The longest work, indexing trigrams, takes a tenth of a step for a byte. Pages that point at each
other in a damaged or hostile file make a table without end, which this cuts off."""

_SUPER_JOURNAL: Final = bytes.fromhex("d9d505f920a163d7")
"""What ends a journal that names another file, as transactions over several files write it."""

_CUT_OFF: Final = (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY)
"""Codes that a connection which may not write gives where a writer was killed."""

_SETTINGS: Final = (
    "PRAGMA mmap_size = 134217728",
    "PRAGMA cache_size = -16000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
)
"""Memory of a connection, whatever the size of the base; and no trust in the file.

The first 128 MB of the file are read from the page cache of the operating system, without copies.
Of the rest of the file, a thread holds at most 16 MB of pages.

Not `cell_size_check`: pages that are not copied are checked again at each visit, which makes
candidates a third slower to look up, and SQLite keeps to the bounds of a page without it."""

_BUILD: Final = "build the base again from its tables (nerlink kb build TABLE -o PATH)"


_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
"""What Python's module raises; the second, where a message of SQLite quotes damaged text."""


class _Steps:
    """Counts the steps of a statement; no part of the connection, which would keep itself alive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.asked: Any = ()
        self.n_ticks = 0

    def is_endless(self) -> bool:
        self.n_ticks += 1
        if self.n_ticks <= _FREE_TICKS:
            return False
        with suppress(OSError):  # the file may have been removed; the open one goes on
            self.size = max(self.size, self.path.stat().st_size)
        # A list of ids or surfaces that is asked for counts as well.
        n_bytes = self.size + sum(len(one) for one in self.asked if isinstance(one, str))
        return (self.n_ticks - _FREE_TICKS) * _TICK > _STEPS_PER_BYTE * n_bytes


class BaseConnection(sqlite3.Connection):
    """A connection to a base that knows its file, and the process that opened it."""

    path: Path
    pid: int
    steps: _Steps
    read_only: bool

    def cursor(self, factory: Any = None) -> Any:
        """A cursor whose errors are those of `refusal`."""
        return super().cursor(factory or _Cursor)

    # Those of `sqlite3.Connection` do not call the cursor's methods.
    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        """A cursor that has executed a statement."""
        cursor: _Cursor = self.cursor()
        return cursor.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> "_Cursor":
        """A cursor that has executed a statement with each of some parameters."""
        cursor: _Cursor = self.cursor()
        return cursor.executemany(sql, parameters)

    def refusal(self, error: Exception) -> KnowledgeBaseError:
        """What an error of SQLite says to people."""
        return refusal(self.path, error)

    def damaged(self, what: str) -> KnowledgeBaseError:
        """The error for a value that no base has."""
        return KnowledgeBaseError(
            f"{self.path}: damaged, {what}. Put back a copy of the file, or {_BUILD}."
        )


class _Cursor(sqlite3.Cursor):
    """A cursor of a `BaseConnection`."""

    connection: BaseConnection

    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        self.connection.steps.n_ticks, self.connection.steps.asked = 0, parameters
        try:
            return super().execute(sql, parameters)
        except _ERRORS as error:
            is_cut_off = getattr(error, "sqlite_errorcode", None) in _CUT_OFF
            if not (is_cut_off and self.connection.read_only):
                raise self.connection.refusal(error) from error
        _recover(self.connection.path)
        try:
            return super().execute(sql, parameters)
        except _ERRORS as error:
            raise self.connection.refusal(error) from error

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> "_Cursor":
        self.connection.steps.n_ticks = 0
        try:
            return super().executemany(sql, parameters)
        except _ERRORS as error:
            raise self.connection.refusal(error) from error

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except _ERRORS as error:
            raise self.connection.refusal(error) from error

    def fetchmany(self, size: int | None = 1000) -> list[Any]:
        try:
            return super().fetchmany(size)
        except _ERRORS as error:
            raise self.connection.refusal(error) from error

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except _ERRORS as error:
            raise self.connection.refusal(error) from error

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        while rows := self.fetchmany():  # a call for each row would be slower
            yield from rows


def connect(path: Path, *, read_only: bool) -> BaseConnection:
    """A connection to the file of a base, of which nothing has been read yet.

    Args:
        path: The SQLite file.
        read_only: Refuse writes to the file and to journals, so that the folder may be read-only.

    Raises:
        KnowledgeBaseError: The file cannot be opened, or a hostile journal lies beside it.
    """
    check_journal(path)
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode={'ro' if read_only else 'rw'}",
            uri=True,
            timeout=TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
            factory=BaseConnection,
        )
    except sqlite3.Error as error:
        raise refusal(path, error) from error
    connection.path, connection.pid, connection.steps = path, os.getpid(), _Steps(path)
    connection.read_only = read_only
    connection.set_progress_handler(connection.steps.is_endless, _TICK)
    if sys.version_info >= (3, 12):
        # Beside what `check_schema` refuses: it looks at a file once.
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_VIEW, False)
    for setting in (*_SETTINGS, f"PRAGMA query_only = {int(read_only)}"):
        connection.execute(setting)
    return connection


def check_journal(path: Path) -> None:
    """Refuse a journal that would have SQLite touch files which are not the base's.

    SQLite deletes the file that such a journal names, and writes where a link leads.

    Raises:
        KnowledgeBaseError: With the journal.
    """
    # SQLite looks for journals where a link to a base leads, which may be a circle.
    real = Path(os.path.realpath(path))
    for ending in ("-journal", "-wal", "-shm"):
        journal = real.with_name(real.name + ending)
        try:
            # A link leads elsewhere, and opening a pipe would wait for ever.
            is_hostile = not stat.S_ISREG(journal.lstat().st_mode) or (
                ending == "-journal" and _last_bytes(journal) == _SUPER_JOURNAL
            )
        except OSError:  # there is none, or its writer has just removed it
            continue
        if is_hostile:
            raise KnowledgeBaseError(
                f"{journal}: leads to a file that is not the base's, which nerlink never writes. "
                f"Do not trust the base beside it; {_BUILD}."
            )


def refusal(path: Path, error: Exception) -> KnowledgeBaseError:
    """What an error of SQLite at a base says to people: what is wrong, and what to do."""
    # Errors that Python's module finds by itself, such as text that is no UTF-8, have no code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        return KnowledgeBaseError(f"{path}: this knowledge base is closed; open it again.")
    said = _REFUSALS.get(code & 0xFF, _DAMAGED)
    return KnowledgeBaseError(f"{path}: {said.format(error=error, build=_BUILD)}")


_DAMAGED: Final = (
    "cannot be read as a knowledge base ({error}). Check the path; if it is one, it is damaged: "
    "put back a copy of the file, or {build}."
)
_REFUSALS: Final = {
    sqlite3.SQLITE_BUSY: f"another process has been changing it for {TIMEOUT} seconds ({{error}}). "
    "Let it finish, or end it, and do it again.",
    sqlite3.SQLITE_FULL: "cannot be changed now ({error}). Nothing was changed; make room, and do "
    "it again.",
    sqlite3.SQLITE_IOERR: "the disk does not read or write it ({error}). Nothing was changed; see "
    "whether the disk is full or broken, and do it again.",
    sqlite3.SQLITE_READONLY: "cannot be written ({error}). Allow writing to the file and to its "
    "folder, or copy it to a folder of yours.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened ({error}). See whether you may read the file, and "
    "write to its folder; nerlink kb build TABLE -o PATH makes a base.",
    sqlite3.SQLITE_INTERRUPT: "reading it has no end, so it is damaged or made to do harm. Put "
    "back a copy of the file, or {build}.",
}
_REFUSALS[sqlite3.SQLITE_LOCKED] = _REFUSALS[sqlite3.SQLITE_BUSY]
_REFUSALS[sqlite3.SQLITE_PERM] = _REFUSALS[sqlite3.SQLITE_CANTOPEN]
"""By the code of the error; any other means a damaged file."""


def _recover(path: Path) -> None:
    """Undo the change in which a writer was killed, as SQLite does for whoever may write.

    Raises:
        KnowledgeBaseError: The file or its folder is read-only.
    """
    try:
        connection = connect(path, read_only=False)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        finally:
            connection.close()
    except KnowledgeBaseError as error:
        cause = error.__cause__
        if getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_BUSY) == sqlite3.SQLITE_BUSY:
            raise
        raise KnowledgeBaseError(
            f"{path}: a change was cut off, and must be undone before the base can be read, which "
            f"fails here ({cause}): the file or its folder may be read-only. Open it once where "
            f"you may write (nerlink kb info PATH), with {path.name}-journal beside it."
        ) from error


def _last_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_SUPER_JOURNAL)))
        return file.read()
