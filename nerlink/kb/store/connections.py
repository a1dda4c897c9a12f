"""The file of a knowledge base: a connection for every thread of every process, and copies."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from nerlink.errors import KnowledgeBaseError

__all__ = ["Connections", "copy_base", "remove_base", "remove_journals"]


def copy_base(connection: sqlite3.Connection, target: Path) -> None:
    """Write a base, as a connection sees it now, to another file, which is replaced."""
    remove_base(target)
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)


def remove_base(path: Path) -> None:
    """Remove the file of a base and its journals, if they are there."""
    remove_journals(path)
    path.unlink(missing_ok=True)


def remove_journals(path: Path) -> None:
    """Remove the journals that a killed writer left beside a base.

    SQLite would play a journal back into the next base at that path.
    """
    for ending in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


_SETTINGS: Final = (
    "PRAGMA mmap_size = 134217728",
    "PRAGMA cache_size = -16000",
    "PRAGMA temp_store = MEMORY",
)
"""Memory of a connection, whatever the size of the base.

The first 128 MB of the file are read from the page cache of the operating system, without copies.
Of the rest of the file, a thread holds at most 16 MB of pages."""


class _Connection(sqlite3.Connection):
    """A connection that can be weakly referenced, and the id of the process that opened it."""

    pid: int


class Connections:
    """A connection for each thread; a forked process never uses a connection of its parent.

    Args:
        path: The SQLite file.
        read_only: Refuse writes to the file and to journals, so that the folder may be read-only.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._local = threading.local()
        self._open: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._inherited: list[_Connection] = []
        self._is_closed = False

    def get(self) -> sqlite3.Connection:
        """This thread's connection.

        Raises:
            KnowledgeBaseError: The base is closed, or the file cannot be opened.
        """
        if self._is_closed:
            raise KnowledgeBaseError(f"{self.path}: this knowledge base is closed; open it again.")
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is not None and connection.pid == os.getpid():
            return connection
        if connection is not None:
            # Kept, since closing it in a fork could release the locks of the parent.
            self._inherited.append(connection)
        self._local.connection = connection = self._connect()
        return connection

    def _connect(self) -> _Connection:
        mode = "ro" if self.read_only else "rw"
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(self.path.absolute()))}?mode={mode}",
                uri=True,
                timeout=60,
                isolation_level=None,
                check_same_thread=False,
                factory=_Connection,
            )
            connection.pid = os.getpid()
            self._open.add(connection)
            for setting in _SETTINGS:
                connection.execute(setting)
        except sqlite3.DatabaseError as error:
            raise KnowledgeBaseError(
                f"{self.path}: cannot be opened as a knowledge base ({error}). Check the path; "
                "nerlink kb build TABLE -o PATH makes one."
            ) from error
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection for a change that happens whole or not at all.

        Raises:
            KnowledgeBaseError: The base is read-only, another process keeps it locked, or the disk
            is full.
        """
        if self.read_only:
            raise KnowledgeBaseError(
                f"{self.path}: opened read-only. "
                "Open it with KnowledgeBase.open(path, read_only=False) to change it."
            )
        connection = self.get()
        try:
            # IMMEDIATE takes the lock of writers now: two transactions that both read first and
            # write later would wait for each other.
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise KnowledgeBaseError(
                f"{self.path}: cannot be changed now ({error}). Nothing was changed; let other "
                "writers finish, or make room, and do it again."
            ) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connections of all threads of this process."""
        self._is_closed = True
        for connection in list(self._open):
            if connection.pid == os.getpid():
                connection.close()
