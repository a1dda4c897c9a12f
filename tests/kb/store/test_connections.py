import os
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.kb.store import guarded
from nerlink.kb.store.connections import Connections, copy_base


def test_each_thread_has_its_own_connection(kb: KnowledgeBase) -> None:
    seen = [kb.connection, kb.connection]
    thread = Thread(target=lambda: seen.append(kb.connection))
    thread.start()
    thread.join()
    assert seen[0] is seen[1]
    assert seen[2] is not seen[0]


def test_another_process_does_not_touch_the_connection_of_its_parent(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    inherited = kb.connection
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert kb.connection is not inherited
    assert "Q90" in kb


def test_a_change_that_fails_is_undone(kb: KnowledgeBase) -> None:
    connections = Connections(kb.path, read_only=False)
    with pytest.raises(ZeroDivisionError), connections.transaction() as connection:
        connection.execute("DELETE FROM entity")
        raise ZeroDivisionError
    assert connections.get().execute("SELECT count(*) FROM entity").fetchone() == (3,)
    connections.close()


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"none.sqlite: cannot be opened"):
        Connections(tmp_path / "none.sqlite", read_only=True).get()


def test_a_full_disk_is_an_error_of_the_base_and_changes_nothing(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1"}]) as kb:
        (pages,) = kb.connection.execute("PRAGMA page_count").fetchone()
        kb.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(KnowledgeBaseError, match=r"cannot be changed now \(.*full.*make room"):
            kb.add(*({"id": f"Q{i}", "name": "x" * 999} for i in range(2, 99)))
        assert [one.id for one in kb.entities()] == ["Q1"]


def test_a_base_that_another_process_changes_is_told_of(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "TIMEOUT", 0)
    with (
        closing(sqlite3.connect(kb.path, isolation_level=None)) as other,
        KnowledgeBase.open(kb.path, read_only=False) as waiting,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            KnowledgeBaseError, match=r"kb.sqlite: another process .*locked.*end it"
        ):
            waiting.remove("Q90")
        assert "Q90" in waiting


@pytest.mark.parametrize("target", ["none/copy.sqlite", "."])
def test_a_copy_that_cannot_be_written_is_named(
    kb: KnowledgeBase, tmp_path: Path, target: str
) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"cannot be (opened|written)"):
        copy_base(kb.connection, tmp_path / target)


def test_an_iterator_of_a_base_that_is_closed_says_so(kb: KnowledgeBase) -> None:
    found = iter(kb.connection.execute("SELECT * FROM alias"))
    kb.close()
    with pytest.raises(KnowledgeBaseError, match="is closed"):
        next(found)
