from pathlib import Path

import numpy as np
import pytest
import torch

from nerlink.data import Candidate, Entity
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase, Normalised, knowledge_base
from nerlink.models.linker import lookup as lookup_module
from nerlink.models.linker.candidates import lent_to
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.linker.features import NAME_FEATURES
from nerlink.models.linker.lookup import Lookup
from nerlink.models.passages import locate
from tests.models.conftest import examples
from tests.world import ENTITIES, marked

ALL = TrainingCounts()


@pytest.fixture
def kb(tmp_path: Path):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES) as kb:
        yield kb


@pytest.fixture
def lookup(kb) -> Lookup:
    return Lookup(kb, Normalised(kb), limit=5)


def test_candidates_come_with_what_is_known_about_them(lookup, kb):
    found = lookup(["PARIS"])[0]
    assert (found.key, found.entities) == ("paris", ("paris", "paris-texas"))
    assert found.rows.tolist() == kb.rows(found.entities)
    assert found.priors.tolist() == pytest.approx([901 / 911, 10 / 911])
    assert found.popularity.tolist() == [900, 9]
    assert (len(found), found.names.shape) == (2, (2, len(NAME_FEATURES)))


def test_a_surface_without_candidates_has_an_empty_set(lookup):
    found = lookup(["Nowhere"])[0]
    assert (len(found), found.entities, found.names.shape) == (0, (), (0, len(NAME_FEATURES)))


def test_only_the_best_candidates_are_kept(kb):
    assert Lookup(kb, Normalised(kb), limit=1)(["Paris"])[0].entities == ("paris",)


def test_an_entity_can_be_added_to_the_candidates_in_training(lookup):
    found = lookup.with_entity(lookup(["Paris"])[0], "ada")
    assert found.entities == ("paris", "paris-texas", "ada")
    assert (found.counts[2], found.priors[2]) == (0, 0)
    assert len(lookup(["Paris"])[0]) == 2


def located(*texts: str):
    batch = examples(*map(marked, texts))
    passages = [example.passage for example in batch]
    return locate(passages, [example.spans for example in batch], torch.device("cpu"))


def test_a_short_name_gets_the_candidates_of_the_fuller_one(lookup):
    mentions = located("[Ada Byron|PER|ada] came. [Byron|PER|ada] wrote.", "[Byron|PER|] left.")
    whole, short, alone = lookup.of_mentions(mentions)
    assert [found.entities for found in (whole, short, alone)] == [("ada",), ("ada",), ()]
    lent = [lent_to(found.rows, found.lenders, ALL) for found in (whole, short, alone)]
    assert [priors.tolist() for priors, _ in lent] == [[0], [1], []]


def test_a_fuller_name_without_candidates_is_known_to_be_unknown(lookup):
    _, short, other = lookup.of_mentions(
        located("[Otto Paris|LOC|NIL] is not [Paris|LOC|paris] of [Texas|LOC|texas].")
    )
    lent, unknown = lent_to(short.rows, short.lenders, ALL)
    assert (unknown, lent.tolist()) == (1, [0, 0])
    assert short.priors.tolist() == lookup(["Paris"])[0].priors.tolist()
    assert other.lenders == ()


def test_names_can_be_left_to_themselves(kb):
    alone = Lookup(kb, Normalised(kb), limit=5, in_document=False)
    mentions = located("[Ada Byron|PER|ada] came. [Byron|PER|ada] wrote.")
    assert [len(found) for found in alone.of_mentions(mentions)] == [1, 0]


def test_rows_of_entities_outside_the_base_are_minus_one(lookup, kb):
    assert [lookup.row("ada"), lookup.row("nobody")] == [kb.row("ada"), -1]


def test_a_changed_base_is_looked_up_again(lookup, kb):
    assert (len(lookup(["Ada"])[0]), lookup.row("ada-2")) == (0, -1)
    kb.add(Entity(id="ada-2", name="Ada"))
    assert len(lookup(["Ada"])[0]) == 0
    lookup.refresh()
    assert lookup(["Ada"])[0].entities == ("ada-2",)
    assert lookup.row("ada-2") == kb.row("ada-2")


def test_the_oldest_surfaces_are_forgotten(lookup, monkeypatch):
    monkeypatch.setattr(lookup_module, "MAX_SURFACES", 2)
    first = lookup(["Paris"])[0]
    assert lookup(["Paris"])[0] is first
    lookup(["Texas", "Acme"])
    assert lookup(["Paris"])[0] is not first
    np.testing.assert_array_equal(lookup(["Paris"])[0].rows, first.rows)


def test_an_entity_that_somebody_removes_during_a_look_up_is_no_candidate(lookup, kb, monkeypatch):
    found = lookup.generator.candidates_of

    def found_and_removed(surfaces, *, limit):
        candidates = found(surfaces, limit=limit)
        if "paris-texas" in kb:
            with KnowledgeBase.open(kb.path, read_only=False) as other:
                other.remove("paris-texas")
        return candidates

    monkeypatch.setattr(knowledge_base, "_RECENT", -1.0)
    monkeypatch.setattr(lookup.generator, "candidates_of", found_and_removed)
    assert lookup(["Paris"])[0].entities == ("paris",)


def test_candidates_that_the_base_never_had_are_an_error(lookup, monkeypatch):
    unknown = [(Candidate(entity="nobody"),)]
    monkeypatch.setattr(lookup.generator, "candidates_of", lambda surfaces, *, limit: unknown)
    with pytest.raises(KnowledgeBaseError, match="no entity 'nobody'"):
        lookup(["Paris"])


def test_lenders_know_how_often_their_names_were_seen(lookup, kb):
    kb.count_mentions([("Ada Byron", "ada")] * 3)
    _, short = lookup.of_mentions(located("[Ada Byron|PER|ada] came. [Byron|PER|ada] wrote."))
    (lender,) = short.lenders
    assert (lender.key, lender.rows.tolist()) == ("ada byron", [kb.row("ada")])
    assert lender.counts.tolist() == [3]
