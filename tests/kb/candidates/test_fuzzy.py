from pathlib import Path

import pytest

from nerlink.data import Entity
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import Fuzzy, KnowledgeBase


@pytest.mark.parametrize(
    "surface", ["World Helth Organization", "world health organisation", "Citty of Light"]
)
def test_a_slip_of_the_pen_is_forgiven(kb: KnowledgeBase, surface: str) -> None:
    (candidate,) = Fuzzy(kb).candidates(surface)
    assert candidate.entity in {"Q7817", "Q90"}
    assert 0.8 <= (candidate.score or 0) < 1


@pytest.mark.parametrize("surface", ["Pa", "", "!", "Reykjavik", 'a "quoted" word'])
def test_short_and_different_surfaces_have_no_candidates(kb: KnowledgeBase, surface: str) -> None:
    assert Fuzzy(kb).candidates(surface) == ()


def test_priors_of_similar_aliases_sum_to_one(kb: KnowledgeBase) -> None:
    kb.add(Entity(id="Q1", name="Pariz"))
    candidates = Fuzzy(kb).candidates("Parisz")
    assert len(candidates) == 3
    assert sum(candidate.prior or 0 for candidate in candidates) == pytest.approx(1)


def test_a_removed_spelling_takes_no_share(kb: KnowledgeBase) -> None:
    kb.add(Entity(id="Q1", name="Barack Obama"))
    kb.add(Entity(id="Q2", name="Barack Obana"))
    kb.remove("Q1")
    (candidate,) = Fuzzy(kb).candidates("Barack Obamaa")
    assert (candidate.entity, candidate.prior) == ("Q2", pytest.approx(1))


def test_a_new_alias_is_found_by_its_misspelling(kb: KnowledgeBase) -> None:
    kb.add(Entity(id="Q1741", name="Vienna"))
    assert Fuzzy(kb).get_candidates("Viena") == {"Q1741"}
    kb.remove("Q1741")
    assert Fuzzy(kb).candidates("Viena") == ()


def test_a_base_without_the_index_says_how_to_make_one(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Vienna"}]) as kb:
        with pytest.raises(KnowledgeBaseError, match=r"kb.index_fuzzy\(\)"):
            Fuzzy(kb)
        kb.index_fuzzy()
        kb.index_fuzzy()
        assert Fuzzy(kb).get_candidates("Viena") == {"Vienna"}
