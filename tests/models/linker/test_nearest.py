import pytest
import torch

from nerlink.data import Entity
from nerlink.models.linker import prototypes as prototypes_module
from nerlink.models.linker.nearest import Nearest
from nerlink.models.linker.prototypes import Prototypes
from nerlink.models.linker.texts import refresh_text


@pytest.fixture
def nearest(linker):
    return Nearest(linker.lookup.kb, linker.embeddings, linker.prototypes, n=3)


@pytest.mark.parametrize("block", [2, 50_000])
def test_the_most_similar_rows_of_the_whole_table_are_found(monkeypatch, block):
    monkeypatch.setattr(prototypes_module, "_BLOCK", block)
    torch.manual_seed(0)
    prototypes = Prototypes([], width=4)
    prototypes.set_text(torch.randn(7, 4).half(), version=1)
    prototypes.add_text([7, 3], torch.randn(2, 4))
    queries = torch.randn(5, 4)
    cosines, rows = prototypes.nearest(queries, 4)
    table = prototypes.full_text(8).float()
    expected = torch.nn.functional.cosine_similarity(queries[:, None], table[None], dim=-1)
    best, places = expected.topk(4, dim=1)
    torch.testing.assert_close(cosines, best)
    assert rows.tolist() == places.tolist()


def test_the_text_of_an_entity_is_nearest_to_itself(nearest):
    found = nearest.candidates("Paris; capital of France; LOC")
    assert (found[0].entity, len(found)) == ("paris", 3)
    assert found[0].score == pytest.approx(1, abs=1e-2)
    assert sum(one.prior for one in found) == pytest.approx(1)


def test_many_surfaces_are_answered_as_each_alone(nearest):
    surfaces = ["Paris", "Ada", "Paris"]
    many = nearest.candidates_of(surfaces, limit=2)
    assert [[one.entity for one in found] for found in many] == [
        [one.entity for one in nearest.candidates(surface, limit=2)] for surface in surfaces
    ]
    assert nearest.candidates_of([]) == []


def test_new_entities_are_found_and_removed_ones_are_not(nearest, linker):
    kb = linker.lookup.kb
    kb.add(Entity(id="new", name="Just made"))
    refresh_text(linker)
    assert nearest.candidates("Just made")[0].entity == "new"
    kb.remove("new")
    assert "new" not in nearest.get_candidates("Just made")


def test_removed_entities_take_no_places(nearest, linker):
    kb = linker.lookup.kb
    for entity in ("paris", "paris-texas", "texas"):
        kb.remove(entity)
    found = nearest.candidates("Paris")
    assert len(found) == 3
    assert sum(one.prior for one in found) == pytest.approx(1)


def test_no_more_rows_are_asked_for_than_removed_ones_make_needed(nearest, linker, monkeypatch):
    asked = []
    original = linker.prototypes.nearest
    monkeypatch.setattr(
        linker.prototypes, "nearest", lambda q, n: (asked.append(n), original(q, n))[1]
    )
    linker.lookup.kb.remove("texas")
    nearest.candidates("Ada Byron; counts by engine; PER")
    linker.lookup.kb.remove("ada")
    linker.lookup.kb.remove("acme")
    assert len(nearest.candidates("Paris")) == 3
    assert asked[0] == 3
    assert max(asked) <= 6


def test_a_row_with_a_newer_text_is_there_once():
    prototypes = Prototypes([], width=4)
    prototypes.set_text(torch.randn(3, 4).half(), version=1)
    prototypes.add_text([0, 1, 2], torch.randn(3, 4))
    _, rows = prototypes.nearest(torch.randn(2, 4), 5)
    assert [sorted(each) for each in rows.tolist()] == [[0, 1, 2]] * 2


def test_before_there_are_texts_nothing_is_near(linker):
    prototypes = Prototypes([], width=linker.prototypes.width)
    assert Nearest(linker.lookup.kb, linker.embeddings, prototypes, n=3).candidates("Paris") == ()
