import pytest

from nerlink.data import Entity
from nerlink.kb import KnowledgeBase
from nerlink.kb.browsing import suggest_entities, types_of

ENTITIES = (
    Entity(id="Q1", name="Paris", type="town", popularity=9),
    Entity(id="Q2", name="Paris Hilton", type="person", popularity=99),
    Entity(id="Q3", name="Parish", popularity=1),
    Entity(id="Q4", name="Texas", type="town", aliases={"Lone Star State": 2}),
    Entity(id="Paris", name="The myth of a prince", type=""),
    Entity(id="Q6", name="100 % Paris_"),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    with KnowledgeBase.create(tmp_path_factory.mktemp("kb") / "kb.sqlite", ENTITIES) as kb:
        yield kb


def ids(found):
    return [entity.id for entity in found]


def test_an_id_then_whole_names_then_popular_ones_then_parts_are_suggested(kb):
    assert ids(suggest_entities(kb, "Paris")) == ["Paris", "Q1", "Q2", "Q3", "Q6"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("pari", ["Q2", "Q1", "Q3"]),
        ("LONE s", ["Q4"]),
        ("hilton", ["Q2"]),
        ("%", []),
        ("Par_", ["Q2", "Q1", "Q3"]),
        ("", []),
        (" \n", []),
        ("a\x00b", []),
    ],
)
def test_names_begin_as_they_are_looked_up(kb, start, expected):
    assert ids(suggest_entities(kb, start)) == expected


def test_suggestions_are_cut_at_both_ends(kb):
    every = ids(suggest_entities(kb, "pari"))
    assert [ids(suggest_entities(kb, "pari", limit=1, skip=n))[0] for n in range(3)] == every
    assert suggest_entities(kb, "pari", skip=9) == []


def test_types_come_by_their_frequency(kb):
    assert types_of(kb, limit=9) == ["town", "person"]
    assert types_of(kb, limit=1) == ["town"]
