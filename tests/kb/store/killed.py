"""A writer that is killed in the middle of a change."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from nerlink.data import Entity
from nerlink.kb import KnowledgeBase
from nerlink.kb.store.edit import add_entities

__all__ = ["kill_a_writer"]


def kill_a_writer(path: Path) -> None:
    """Leave a base half changed, with the journal that undoes it."""
    subprocess.run([sys.executable, "-m", __name__, path], check=False)
    journal = path.with_name(f"{path.name}-journal")
    assert journal.stat().st_size


if __name__ == "__main__":
    base = KnowledgeBase.open(sys.argv[1], read_only=False)
    with base.change() as connection:
        connection.execute("PRAGMA cache_size = 1")  # so that pages are written before the end
        connection.execute("DELETE FROM alias")
        add_entities(connection, (("", Entity(id=f"new{n}", name=f"{n}" * 99)) for n in range(99)))
        os.kill(os.getpid(), signal.SIGKILL)
