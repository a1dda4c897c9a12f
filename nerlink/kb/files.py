"""The file of a knowledge base and what SQLite puts beside it."""

import sqlite3
from contextlib import closing
from pathlib import Path

__all__ = ["copy_base", "remove_base", "remove_journals"]


def copy_base(connection: sqlite3.Connection, target: Path) -> None:
    """Write a base, as a connection sees it now, to another file, which is replaced."""
    remove_base(target)
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)


def remove_base(path: Path) -> None:
    """Remove the file of a base, if it is there, and what belongs to it."""
    remove_journals(path)
    path.unlink(missing_ok=True)


def remove_journals(path: Path) -> None:
    """Remove what a killed writer left beside a base that goes: it is not to be played back."""
    for ending in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
