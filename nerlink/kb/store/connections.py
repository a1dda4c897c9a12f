"""The file of a knowledge base: a connection for every thread of every process, and copies."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from nerlink.errors import KnowledgeBaseError
from nerlink.kb.store.guarded import BaseConnection, connect, refusal
from nerlink.kb.store.schema import check_schema

__all__ = ["Connections", "copy_base", "remove_base", "remove_journals"]


def copy_base(connection: sqlite3.Connection, target: Path) -> None:
    """Write a base, as a connection sees it now, to another file, which is replaced.

    Raises:
        KnowledgeBaseError: The file cannot be written, or the base cannot be read.
    """
    try:
        remove_base(target)
        with closing(sqlite3.connect(target)) as copy:
            connection.backup(copy)
    except sqlite3.Error as error:
        raise refusal(target, error) from error
    except OSError as error:
        raise KnowledgeBaseError(
            f"{target}: cannot be written ({error.strerror}). Name a file in a folder of yours."
        ) from error


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


class Connections:
    """A connection for each thread; a forked process never uses a connection of its parent.

    Args:
        path: The SQLite file.
        read_only: Refuse writes to the file and to journals, so that the folder may be read-only.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self._place = path.absolute()  # a program may change its folder between two threads
        self.read_only = read_only
        self._local = threading.local()
        self._open: weakref.WeakSet[BaseConnection] = weakref.WeakSet()
        self._inherited: list[BaseConnection] = []
        self._is_closed = False

    def get(self) -> BaseConnection:
        """This thread's connection.

        Raises:
            KnowledgeBaseError: The base is closed, or the file cannot be opened, is no knowledge
            base, of another version, or holds what nerlink does not make.
        """
        if self._is_closed:
            raise KnowledgeBaseError(f"{self.path}: this knowledge base is closed; open it again.")
        connection: BaseConnection | None = getattr(self._local, "connection", None)
        if connection is not None and connection.pid == os.getpid():
            return connection
        if connection is not None:
            # Kept, since closing it in a fork could release the locks of the parent.
            self._inherited.append(connection)
        self._local.connection = connection = self._connect()
        return connection

    def _connect(self) -> BaseConnection:
        connection = connect(self._place, read_only=self.read_only)
        try:
            # Every time: the file may have been replaced since the last connection.
            check_schema(connection)
        except KnowledgeBaseError:
            connection.close()
            raise
        self._open.add(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[BaseConnection]:
        """This thread's connection for a change that happens whole or not at all.

        Raises:
            KnowledgeBaseError: The base is read-only, another process keeps it locked, or the disk
            is full. Nothing is changed then.
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
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connections of all threads of this process."""
        self._is_closed = True
        for connection in list(self._open):
            if connection.pid == os.getpid():
                connection.close()
