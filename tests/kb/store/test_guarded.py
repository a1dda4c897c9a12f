import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.kb.store import guarded
from tests.kb.store.killed import kill_a_writer


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that follows the size of a base alone."""
    monkeypatch.setattr(guarded, "_TICK", 1000)
    monkeypatch.setattr(guarded, "_FREE_TICKS", 0)


@pytest.mark.usefixtures("impatient")
def test_a_statement_without_an_end_is_cut_off(kb: KnowledgeBase) -> None:
    endless = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    )
    with (
        KnowledgeBase.open(kb.path) as reader,
        pytest.raises(KnowledgeBaseError, match=r"kb.sqlite: reading it has no end.*Put back"),
    ):
        reader.connection.execute(endless).fetchone()


@pytest.mark.usefixtures("impatient")
def test_no_honest_work_reaches_the_limit(kb: KnowledgeBase) -> None:
    with KnowledgeBase.open(kb.path, read_only=False) as base:
        names = [f"{a}{b} {b}{a}" for a in "abcdefghijklmnop" for b in "qrstuvwxyzabcdef"]
        base.add(*({"id": f"T{n}", "name": name} for n, name in enumerate(names)))
        base.index_fuzzy()
        assert len(base.content_hash) == 64
        assert len(list(base.entities())) == len(base) == 3 + len(names)
        assert base.rows([f"T{n}" for n in range(len(names))]) == list(range(3, 3 + len(names)))


def test_a_reading_connection_trusts_and_changes_nothing(kb: KnowledgeBase) -> None:
    with KnowledgeBase.open(kb.path) as reader:
        settings = {
            name: reader.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("trusted_schema", "query_only")
        }
    assert settings == {"trusted_schema": 0, "query_only": 1}


@pytest.mark.parametrize("read_only", [True, False])
def test_a_change_in_which_its_writer_was_killed_is_undone(
    kb: KnowledgeBase, read_only: bool
) -> None:
    before = kb.content_hash
    kb.close()
    kill_a_writer(kb.path)
    with KnowledgeBase.open(kb.path, read_only=read_only) as again:
        assert (len(again), again.content_hash, again.version) == (3, before, 1)
    assert [one.name for one in kb.path.parent.iterdir()] == ["kb.sqlite"]


def test_a_reader_goes_on_where_a_writer_was_killed(kb: KnowledgeBase) -> None:
    with KnowledgeBase.open(kb.path) as reader:
        assert "Q90" in reader
        kill_a_writer(kb.path)
        assert reader["Q90"].aliases == {"City of Light": 2}


@pytest.fixture
def folder_of_another() -> Iterator[Path]:
    """A folder where nobody but its owner writes; the test is somebody else once it says so."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    owner = os.geteuid()
    yield folder
    os.seteuid(owner)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_change_that_cannot_be_undone_here_is_told(
    kb: KnowledgeBase, folder_of_another: Path
) -> None:
    kb.close()
    kill_a_writer(kb.path)
    for file in kb.path.parent.iterdir():
        shutil.copy(file, folder_of_another)
    folder_of_another.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)  # root writes everywhere
    with pytest.raises(KnowledgeBaseError, match=r"was cut off.*read-only.*kb.sqlite-journal"):
        KnowledgeBase.open(folder_of_another / "kb.sqlite")


def test_a_file_that_may_only_be_read_is_told_of(
    kb: KnowledgeBase, folder_of_another: Path
) -> None:
    path = Path(shutil.copy(kb.path, folder_of_another))
    path.chmod(0o444)
    folder_of_another.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)  # root writes everywhere
    with (
        KnowledgeBase.open(path, read_only=False) as base,
        pytest.raises(KnowledgeBaseError, match=r"kb.sqlite: cannot be written.*Allow writing"),
    ):
        base.remove("Q90")


def test_a_journal_that_leads_to_another_file_is_refused(kb: KnowledgeBase, tmp_path: Path) -> None:
    kb.close()
    kill_a_writer(kb.path)
    treasure = tmp_path / "treasure"
    treasure.write_bytes(b"")
    name = os.fsencode(treasure)
    end = [len(name), sum(name)]
    with (tmp_path / "kb.sqlite-journal").open("ab") as file:
        # As SQLite ends the journal of a change of several files.
        file.write(b"\0" * 4 + name + b"".join(n.to_bytes(4) for n in end))
        file.write(bytes.fromhex("d9d505f920a163d7"))
    for read_only in (True, False):
        with pytest.raises(KnowledgeBaseError, match=r"kb.sqlite-journal: leads to a file that"):
            KnowledgeBase.open(kb.path, read_only=read_only)
    assert treasure.exists()


@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
def test_a_journal_that_is_a_link_is_refused(
    kb: KnowledgeBase, tmp_path: Path, ending: str
) -> None:
    kb.path.with_name(f"kb.sqlite{ending}").symlink_to(tmp_path / "elsewhere")
    for read_only in (True, False):
        with pytest.raises(KnowledgeBaseError, match=f"kb.sqlite{ending}: leads to a file that"):
            KnowledgeBase.open(kb.path, read_only=read_only)
    assert not (tmp_path / "elsewhere").exists()


def test_a_journal_that_is_a_pipe_is_not_waited_for(kb: KnowledgeBase) -> None:
    os.mkfifo(kb.path.with_name("kb.sqlite-journal"))
    with pytest.raises(KnowledgeBaseError, match=r"kb.sqlite-journal: leads to a file that"):
        KnowledgeBase.open(kb.path)
