from pathlib import Path

import pytest

from nerlink.errors import DataError, KnowledgeBaseError
from nerlink.kb import BuildOptions, Exact, KnowledgeBase
from nerlink.kb.store.build import _FAST


def test_a_base_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1"}, {"id": ""}])
    assert list(tmp_path.iterdir()) == []


def test_an_existing_base_is_replaced_only_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    KnowledgeBase.create(path, [{"id": "Q1"}]).close()
    with pytest.raises(KnowledgeBaseError, match="overwrite=True"):
        KnowledgeBase.create(path, [{"id": "Q2"}])
    with KnowledgeBase.create(path, [{"id": "Q2"}], overwrite=True) as kb:
        assert [entity.id for entity in kb.entities()] == ["Q2"]


def test_a_failed_replacement_leaves_the_old_base(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    KnowledgeBase.create(path, [{"id": "Q1"}]).close()
    with pytest.raises(DataError):
        KnowledgeBase.create(path, [{"id": ""}], overwrite=True)
    with KnowledgeBase.open(path) as kb:
        assert "Q1" in kb


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"cannot be written .*Name a file"):
        KnowledgeBase.create(tmp_path / "none" / "kb.sqlite", [{"id": "Q1"}])


@pytest.mark.parametrize("parentheses", [True, False])
def test_cut_names_are_aliases_if_wanted(tmp_path: Path, parentheses: bool) -> None:
    options = BuildOptions(parentheses=parentheses)
    records = [{"id": "Q810", "name": "Jordan (country)"}]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", records, options=options) as kb:
        assert bool(Exact(kb).candidates("Jordan")) is parentheses
        assert Exact(kb).candidates("Jordan (country)")


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    options = BuildOptions(progress=lambda stage, n: told.append((stage, n)))
    KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1"}], options=options).close()
    assert told == [("entities", 1), ("sorting aliases", 0), ("hashing", 0)]


def test_a_base_of_nothing_is_a_base(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", []) as kb:
        assert (len(kb), kb.n_rows, list(kb.entities()), list(kb.texts())) == (0, 0, [], [])


def test_a_new_base_has_nothing_of_a_journal_that_a_killed_writer_left(tmp_path):
    path = tmp_path / "kb.sqlite"
    KnowledgeBase.create(path, [{"id": "Q1"}]).close()
    journal = tmp_path / "kb.sqlite-journal"
    journal.write_bytes(b"left over")
    with KnowledgeBase.create(path, [{"id": "Q2"}], overwrite=True) as kb:
        assert (journal.exists(), [one.id for one in kb.entities()]) == (False, ["Q2"])


def test_a_full_disk_leaves_nothing_of_a_new_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerlink.kb.store.build._FAST", f"PRAGMA max_page_count = 9; {_FAST}")
    many = ({"id": f"Q{number}", "name": "x" * 999} for number in range(99))
    with pytest.raises(KnowledgeBaseError, match=r"kb.sqlite: cannot be written .*full.*room"):
        KnowledgeBase.create(tmp_path / "kb.sqlite", many)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    rest = tmp_path / ".kb.sqlite.0123abcd.partial"
    rest.write_bytes(b"SQLite format 3")
    KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1"}]).close()
    assert [path.name for path in tmp_path.iterdir()] == ["kb.sqlite"]
