import pickle
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerlink.data import Entity
from nerlink.kb import (
    Acronym,
    CandidateGenerator,
    Chain,
    Exact,
    Fuzzy,
    KnowledgeBase,
    Normalised,
)
from nerlink.kb.candidates.base import rank
from tests.kb.candidates.mentions import FromMentions


def ids(generator: CandidateGenerator, surface: str) -> list[str]:
    return [candidate.entity for candidate in generator.candidates(surface)]


def test_exact_finds_the_surface_as_it_is_written(kb: KnowledgeBase) -> None:
    assert ids(Exact(kb), "Paris") == ["Q90", "Q830149"]
    assert ids(Exact(kb), "PARIS") == ["Q830149"]
    assert ids(Exact(kb), "paris") == []


def test_normalised_adds_the_counts_of_all_spellings(kb: KnowledgeBase) -> None:
    candidates = Normalised(kb).candidates("páris")
    assert [(one.entity, one.count) for one in candidates] == [("Q830149", 3), ("Q90", 0)]


def test_the_prior_is_counts_and_one_sighting_shared_by_fame(kb: KnowledgeBase) -> None:
    texas, france = Normalised(kb).candidates("Paris")
    assert texas.prior == pytest.approx((3 + 1 / 101) / 4)
    assert france.prior == pytest.approx((0 + 100 / 101) / 4)


def test_nothing_found_is_an_empty_answer(kb: KnowledgeBase) -> None:
    assert Chain(Exact(kb), Normalised(kb), Acronym(kb)).candidates("Atlantis") == ()


def test_a_limit_keeps_the_best_and_their_priors(kb: KnowledgeBase) -> None:
    generator = Exact(kb)
    assert generator.candidates("Paris", limit=1) == generator.candidates("Paris")[:1]


def test_a_surface_with_half_a_surrogate_pair_is_looked_up_too(kb: KnowledgeBase) -> None:
    assert ids(Exact(kb), "Paris\ud800") == []


@pytest.mark.parametrize("surface", ["WHO", "W.H.O."])
def test_initials_find_the_name(kb: KnowledgeBase, surface: str) -> None:
    assert ids(Acronym(kb), surface) == ["Q7817"]


def test_words_are_no_initials(kb: KnowledgeBase) -> None:
    assert ids(Acronym(kb), "who") == []


words = st.text(alphabet="abAB .-é", min_size=1, max_size=4).filter(str.strip)
surfaces = st.sampled_from(["Paris", "PARIS", "city of light", "W.H.O.", "WHO", "Rome", ""]) | words


@given(asked=st.lists(surfaces, max_size=8), limit=st.none() | st.integers(0, 2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_surfaces_have_the_candidates_that_each_has_alone(
    kb: KnowledgeBase, asked: list[str], limit: int | None
) -> None:
    for generator in (
        Exact(kb),
        Normalised(kb),
        Acronym(kb),
        Fuzzy(kb),
        Chain(Exact(kb), Fuzzy(kb)),
    ):
        alone = [generator.candidates(one, limit=limit) for one in asked]
        assert generator.candidates_of(asked, limit=limit) == alone
        assert Chain(generator).candidates_of(asked, limit=limit) == alone


def test_a_chain_takes_the_first_answer(kb: KnowledgeBase) -> None:
    chain = Chain(FromMentions([("Paris", "Q1")]), Normalised(kb))
    assert ids(chain, "Paris") == ["Q1"]
    assert ids(chain, "city of light") == ["Q90"]


def test_flair_gets_a_set_of_ids(kb: KnowledgeBase) -> None:
    assert Exact(kb).get_candidates("Paris") == {"Q90", "Q830149"}


def test_an_entity_added_is_a_candidate_at_once(kb: KnowledgeBase) -> None:
    generator = Exact(kb)
    assert ids(generator, "Rome") == []
    kb.add(Entity(id="Q220", name="Rome"))
    assert ids(generator, "Rome") == ["Q220"]


def test_an_entity_added_elsewhere_is_a_candidate_soon(kb: KnowledgeBase) -> None:
    with KnowledgeBase.open(kb.path) as reader:
        generator = Exact(reader)
        assert ids(generator, "Rome") == []
        kb.add(Entity(id="Q220", name="Rome"))
        time.sleep(0.05)
        assert ids(generator, "Rome") == ["Q220"]


def test_a_generator_travels_to_another_process(kb: KnowledgeBase) -> None:
    copy = pickle.loads(pickle.dumps(Chain(Exact(kb))))  # noqa: S301
    assert ids(copy, "Paris") == ids(Exact(kb), "Paris")
    copy.generators[0].kb.close()


found = st.tuples(st.text(), st.floats(0, 1e9), st.integers(0, 10**6))


@given(st.lists(found, min_size=1, unique_by=lambda one: one[0]))
def test_priors_sum_to_one_and_fall(entities: list[tuple[str, float, int]]) -> None:
    priors = [candidate.prior or 0.0 for candidate in rank(entities)]
    assert sum(priors) == pytest.approx(1)
    assert priors == sorted(priors, reverse=True)


@given(st.permutations([("b", 1.0, 2), ("a", 1.0, 2), ("c", 0.0, 9)]))
def test_ties_go_by_id(entities: list[tuple[str, float, int]]) -> None:
    assert [candidate.entity for candidate in rank(entities)] == ["c", "a", "b"]


@settings(max_examples=30, deadline=None)
@given(names=st.lists(words, max_size=6), asked=words)
def test_exact_and_normalised_agree_with_a_plain_search(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], asked: str
) -> None:
    from nerlink.kb import normalise

    entities = [Entity(id=f"E{i}", name=name) for i, name in enumerate(names)]
    path: Path = tmp_path_factory.mktemp("kb") / "kb.sqlite"
    with KnowledgeBase.create(path, entities) as kb:
        same = {one.id for one in entities if one.name.strip() == asked}
        alike = {one.id for one in entities if normalise(one.name) == normalise(asked)}
        assert Exact(kb).get_candidates(asked) == same
        assert Normalised(kb).get_candidates(asked) == alike
