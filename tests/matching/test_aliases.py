import pytest

from nerlink.data import Entity
from nerlink.kb import KnowledgeBase, Normalised
from nerlink.matching import aliases
from nerlink.matching.aliases import read_aliases, read_keys, spelled_ways
from tests.world import ENTITIES


@pytest.fixture
def kb(tmp_path):
    more = (
        Entity(id="us", name="U.S.", type="LOC", aliases={"US": 3, "us": 1}),
        Entity(id="film", name="Us", type="FILM", popularity=5),
    )
    with KnowledgeBase.create(tmp_path / "kb.sqlite", (*ENTITIES, *more)) as kb:
        yield kb


def test_candidates_are_those_of_the_base(kb):
    surfaces = ["Paris", "PARIS", "Jordan", "U.S.", "Texas", "Nobody"]
    found = read_aliases(kb, surfaces)
    assert found.keys() == set(surfaces) - {"Nobody"}
    for surface, alias in found.items():
        assert (alias.candidates,) == tuple(Normalised(kb).candidates_of([surface]))


def test_the_types_of_all_candidates_are_known(kb):
    found = read_aliases(kb, ["Paris", "Jordan", "us"])
    types = [found[one].types for one in ("Paris", "Jordan", "us")]
    assert types == [{"LOC"}, {"LOC", "PER"}, {"LOC", "FILM"}]
    assert set(found["us"].surfaces) == {"U.S.", "US", "us", "Us"}


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_keys_are_read_page_by_page(kb, page, monkeypatch):
    monkeypatch.setattr(aliases, "_PAGE", page)
    keys = dict(read_keys(kb))
    assert list(keys) == sorted(keys)
    assert set(keys["us"]) == {"U.S.", "US", "us", "Us"}
    assert keys["mike jordan"] == ("Mike Jordan",)


@pytest.mark.parametrize(
    ("key", "surface", "ways"),
    [
        ("paris", "Paris", ["paris", "Paris"]),
        ("us", "US", ["us", "US", "U.S"]),
        ("amazoncom", "Amazon.com", ["amazoncom", "Amazon.com", "AMAZON.COM"]),
    ],
)
def test_an_alias_is_looked_for_in_all_ways_that_it_is_written(key, surface, ways):
    assert list(spelled_ways(key, [surface])) == ways
