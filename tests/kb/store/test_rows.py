from pathlib import Path

import pytest

from nerlink.data import Entity
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import Exact, KnowledgeBase, Normalised
from nerlink.kb.store.rows import find_ids, find_keys


@pytest.fixture
def queries(kb: KnowledgeBase) -> list[str]:
    """Every statement that the base is asked from now on."""
    asked: list[str] = []
    kb.connection.set_trace_callback(asked.append)
    return asked


def test_what_a_generator_found_is_described_without_another_query(
    kb: KnowledgeBase, queries: list[str]
) -> None:
    found = Normalised(kb).candidates("Paris")
    n_queries = len(queries)
    known = kb.attributes(kb.rows([one.entity for one in found]))
    assert known.names == ["Paris (Texas)", "Paris"]
    assert known.popularities == [0, 99]
    assert not [one for one in queries[n_queries:] if "entity" in one]


def test_many_surfaces_are_one_query(kb: KnowledgeBase, queries: list[str]) -> None:
    Normalised(kb).candidates_of(["Paris", "City of Light", "Atlantis"])
    assert len([one for one in queries if "entity" in one]) == 1


def test_what_is_remembered_goes_when_the_base_changes(kb: KnowledgeBase) -> None:
    Normalised(kb).candidates("Paris")
    row = kb.row("Q90")
    kb.rename("Q90", "Lutetia")
    assert kb.attributes([row]).names == ["Lutetia"]
    kb.remove("Q90")
    with pytest.raises(KnowledgeBaseError, match=f"row {row} has no entity"):
        kb.attributes([row])


def test_rows_that_repeat_are_described_as_often(kb: KnowledgeBase) -> None:
    Exact(kb).candidates("PARIS")
    assert kb.attributes(kb.rows(["Q90", "Q830149", "Q90"])).ids == ["Q90", "Q830149", "Q90"]


def test_more_entities_than_are_remembered_are_described_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerlink.kb.knowledge_base._MAX_RECORDS", 2)
    monkeypatch.setattr("nerlink.kb.knowledge_base._MAX_ROWS", 2)
    names = [f"Town {number}" for number in range(9)]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [Entity(id=n, name=n) for n in names]) as kb:
        found = [Normalised(kb).candidates(name)[0].entity for name in names]
        assert kb.attributes(kb.rows(found)).names == names


def test_rows_of_removed_entities_have_no_id(kb: KnowledgeBase) -> None:
    first, second, *_ = kb
    rows = kb.rows([first, second])
    assert find_ids(kb.connection, [*rows, 10**6]) == {rows[0]: first, rows[1]: second}


def test_keys_that_are_aliases_are_found_once(kb: KnowledgeBase) -> None:
    assert find_keys(kb.connection, ["paris", "city of light", "atlantis"]) == {
        "paris",
        "city of light",
    }
