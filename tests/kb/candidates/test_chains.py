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
