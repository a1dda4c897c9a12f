import pytest

from nerlink.data import Entity
from nerlink.kb import Acronym, Filled, KnowledgeBase, Normalised, Partial

PEOPLE = {
    "Ada Lovelace": 30.0,
    "Linda Lovelace": 10.0,
    "Lovelace": 1.0,
    "Steve Waugh": 5.0,
    "Mark Waugh": 4.0,
    "AT&T Corporation": 1.0,
}


@pytest.fixture
def people(tmp_path):
    records = [{"id": name, "name": name, "popularity": n} for name, n in PEOPLE.items()]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", records) as kb:
        yield kb


@pytest.mark.parametrize(
    ("surface", "entities"),
    [
        pytest.param("Lovelace", ["Ada Lovelace", "Linda Lovelace", "Lovelace"], id="surname"),
        pytest.param("LOVELACE", ["Ada Lovelace", "Linda Lovelace", "Lovelace"], id="capitals"),
        pytest.param("S. Waugh", ["Steve Waugh"], id="initial"),
        pytest.param("Waugh, Mark", ["Mark Waugh"], id="another order"),
        pytest.param("AT&T", ["AT&T Corporation"], id="sign in a word"),
        pytest.param("Ada Waugh", [], id="words of two names"),
        pytest.param("Love", [], id="part of a word"),
        pytest.param("S.", [], id="initial alone"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_a_part_of_a_name_finds_the_most_popular_first(people, surface, entities):
    assert [one.entity for one in Partial(people).candidates(surface)] == entities


def test_priors_sum_to_one(people):
    found = Partial(people).candidates("Waugh")
    assert sum(one.prior for one in found) == pytest.approx(1)


def test_names_are_found_as_they_change(people):
    partial = Partial(people)
    people.add(Entity(id="Q1", name="Evelyn Waugh", popularity=99))
    assert partial.candidates("Waugh")[0].entity == "Q1"
    people.rename("Q1", "Evelyn Arthur St. John Waugh")
    assert [one.entity for one in partial.candidates("Arthur")] == ["Q1"]
    people.rename("Mark Waugh", "Mark Twain")
    assert "Mark Waugh" not in partial.get_candidates("Waugh")
    people.merge("Q1", "Mark Waugh")
    assert [one.entity for one in partial.candidates("Evelyn")] == []
    assert partial.candidates("Mark") != ()
    people.remove("Mark Waugh")
    assert [one.entity for one in partial.candidates("Waugh")] == ["Steve Waugh"]


def test_initials_are_looked_for_among_all_that_share_a_word(tmp_path):
    records = [{"id": f"{n}", "name": f"X{n} Smith", "popularity": 10} for n in range(150)]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [*records, {"id": "Zoe Smith"}]) as kb:
        assert Partial(kb).get_candidates("Z. Smith") == {"Zoe Smith"}
        assert len(Partial(kb).candidates("Smith")) == 100


def test_short_lists_are_filled_up_behind_their_own_candidates(people):
    filled = Filled(Normalised(people), [Partial(people)], to=2)
    found = filled.candidates("Lovelace")
    assert {one.entity for one in found} == {"Lovelace", "Ada Lovelace"}
    assert sum(one.prior for one in found) == pytest.approx(0.5 + 0.5 * 31 / 44)


def test_two_fillers_share_half_of_one_sighting(people):
    people.add(
        Entity(id="AL", name="Aunt Lucy", aliases={"AL": 1}), Entity(id="Q2", name="Al Gore")
    )
    people.add(Entity(id="Q3", name="Al Green"))
    filled = Filled(Normalised(people), [Acronym(people), Partial(people)])
    priors = {one.entity: one.prior for one in filled.candidates("AL")}
    assert priors["AL"] == pytest.approx(0.75)  # seen once, and one sighting is imagined
    assert priors.keys() == {"AL", "Ada Lovelace", "Q2", "Q3"}
    assert priors["Q2"] + priors["Q3"] == pytest.approx(0.125)


def test_lists_that_are_long_enough_are_left_alone(people):
    assert Filled(Normalised(people), [Partial(people)], to=1).candidates("Lovelace") == (
        Normalised(people).candidates("Lovelace")
    )


def test_fillers_answer_where_nothing_is_known(people):
    filled = Filled(Normalised(people), [Partial(people)])
    assert filled.candidates("Waugh") == Partial(people).candidates("Waugh")
