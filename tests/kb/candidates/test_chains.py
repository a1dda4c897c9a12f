from pathlib import Path
from typing import get_args

import pytest

from nerlink.config import CandidateSource
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import (
    GENERATORS,
    BuildOptions,
    Chain,
    Exact,
    KnowledgeBase,
    available_generators,
    make_chain,
    make_filled,
)


def test_a_configuration_may_name_every_generator() -> None:
    assert set(get_args(CandidateSource)) == set(GENERATORS)


def test_a_chain_asks_in_the_order_of_the_names(kb: KnowledgeBase) -> None:
    chain = make_chain(kb, ["acronym", "fuzzy"])
    assert isinstance(chain, Chain)
    assert chain.get_candidates("WHO") == {"Q7817"}
    assert chain.get_candidates("Citty of Light") == {"Q90"}


def test_one_name_is_that_generator(kb: KnowledgeBase) -> None:
    assert isinstance(make_chain(kb, ["exact"]), Exact)


def test_an_unknown_name_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"called 'exakt'\. Known: exact, norm"):
        make_chain(kb, ["exakt"])


@pytest.mark.parametrize("fuzzy", [True, False])
def test_generators_without_their_index_are_not_available(tmp_path: Path, fuzzy: bool) -> None:
    options = BuildOptions(fuzzy=fuzzy)
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Rome"}], options=options) as base:
        assert ("fuzzy" in available_generators(base)) == fuzzy


@pytest.mark.parametrize("count", [0, 10])
@pytest.mark.parametrize("fame", [0, 10_000])
def test_a_name_in_full_comes_before_names_it_is_a_part_of(
    tmp_path: Path, count: int, fame: int
) -> None:
    entities = [
        {"id": "z", "name": "Norde", "aliases": {"Norde": count}},
        {"id": "a", "name": "Anna Norde", "popularity": fame},
    ]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", entities) as base:
        best, other = make_filled(base, ["normalised"], ["partial"]).candidates("Norde")
        assert (best.entity, other.entity) == ("z", "a")
        # The more often the surface was seen, the less is left for what fills the list up.
        assert (other.prior or 0) < 0.5 / (1 + count)


def test_where_no_name_is_found_in_full_parts_have_all_of_the_priors(tmp_path: Path) -> None:
    entities = [{"id": "a", "name": "Anna Norde"}, {"id": "b", "name": "Bea Norde"}]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", entities) as base:
        found = make_filled(base, ["normalised"], ["acronym", "partial"]).candidates("Norde")
        assert [one.prior for one in found] == [0.5, 0.5]
