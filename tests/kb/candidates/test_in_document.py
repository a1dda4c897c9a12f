import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.data import Candidate
from nerlink.kb import InDocument, Name
from nerlink.kb.candidates.in_document import widen
from tests.kb.candidates.mentions import FromMentions

GENERATOR = FromMentions(
    [
        ("Ada Lovelace", "ada"),
        ("Lovelace", "linda"),
        ("Lovelace", "linda"),
        ("Linda Lovelace", "linda"),
        ("World Health Organization", "who"),
        ("Paris", "city"),
        ("Paris Match", "weekly"),
    ]
)


def found(names: list[Name], text: str = "") -> list[list[str]]:
    lists = InDocument(GENERATOR).candidates_of(names, text)
    return [[one.entity for one in candidates] for candidates in lists]


def test_a_last_name_may_be_whoever_is_named_in_full() -> None:
    names = [Name("Ada Lovelace", "PER"), Name("Lovelace", "PER")]
    assert found(names) == [["ada"], ["ada", "linda"]]


def test_a_short_name_may_come_first() -> None:
    assert found([Name("Lovelace"), Name("Ada Lovelace")])[0] == ["ada", "linda"]


def test_all_who_are_named_in_full_lend_their_candidates() -> None:
    names = [Name("Ada Lovelace"), Name("Linda Lovelace"), Name("Lovelace")]
    (ada, linda) = sorted(InDocument(GENERATOR).candidates_of(names)[2], key=lambda c: c.entity)
    assert (ada.prior, ada.count) == (pytest.approx(0.25), 0)
    assert (linda.prior, linda.count) == (pytest.approx(0.75), 2)


def test_a_fuller_name_of_another_kind_lends_nothing() -> None:
    assert found([Name("Paris", "LOC"), Name("Paris Match", "ORG")]) == [["city"], ["weekly"]]


def test_words_from_the_middle_are_no_short_name() -> None:
    names = [Name("Ada King Lovelace"), Name("King")]
    assert InDocument(GENERATOR).fuller(names) == {}


def test_initials_stand_for_the_name_beside_them() -> None:
    names = [Name("W.H.O.", "ORG"), Name("World Health Organization", "ORG")]
    assert found(names)[0] == ["who"]


def test_a_text_explains_a_name_in_parentheses() -> None:
    text = "The World Health Organization (WHO) in Geneva"
    assert found([Name("WHO")], text) == [["who"]]


def test_names_with_a_short_form_in_them_mean_what_is_spelt_out() -> None:
    text = "the world health organization (WHO) and its rules. The WHO organ."
    within = InDocument(FromMentions([("world health organization", "who"), ("Lamp pain", "pain")]))
    assert within.candidates_of([Name("WHO"), Name("WHOs")], text)[1][0].entity == "who"
    text = "In humans, lamp pains [LP] last."
    assert within.candidates_of([Name("LP")], text)[0][0].entity == "pain"


def test_candidates_of_a_fuller_name_only_have_a_lower_prior() -> None:
    ((_, candidates),) = [InDocument(GENERATOR).candidates_of([Name("A. Ada"), Name("Ada")])]
    assert candidates == ()
    ((lent,),) = InDocument(GENERATOR).candidates_of(
        [Name("WHO")], "World Health Organization (WHO)"
    )
    assert lent == Candidate(entity="who", prior=0.5, count=0)


def test_a_limit_keeps_the_best() -> None:
    names = [Name("Lovelace"), Name("Ada Lovelace")]
    within = InDocument(GENERATOR)
    assert within.candidates_of(names, limit=1)[0] == within.candidates_of(names)[0][:1]


def test_a_name_with_very_many_fuller_ones_takes_the_first() -> None:
    names = [Name("Li"), *(Name(f"{letter} Li") for letter in "ABCDEFGHIJKLMNOP")]
    assert InDocument(GENERATOR).fuller(names) == {
        Name("Li"): ("A Li", "B Li", "C Li", "D Li", "E Li", "F Li", "G Li", "H Li")
    }


words = st.sampled_from(["Ada", "Lovelace", "Paris", "Match", "WHO", "World Health Organization"])
surfaces = st.lists(words, min_size=1, max_size=3).map(" ".join)
names = st.lists(st.builds(Name, surfaces, st.sampled_from(["PER", "ORG", None])), max_size=8)
lists = st.dictionaries(st.sampled_from("abcde"), st.floats(0.01, 1), max_size=4).map(
    lambda priors: [
        Candidate(entity=entity, prior=prior / sum(priors.values()), count=3)
        for entity, prior in priors.items()
    ]
)


@given(names=names)
def test_a_document_only_adds_candidates(names: list[Name]) -> None:
    widened = InDocument(GENERATOR).candidates_of(names)
    for name, candidates in zip(names, widened, strict=True):
        own = {one.entity: one.count for one in GENERATOR.candidates(name.surface)}
        assert own.items() <= {one.entity: one.count for one in candidates}.items()
        assert len({one.entity for one in candidates}) == len(candidates)


@given(names=names)
def test_a_fuller_name_is_longer_and_is_in_the_document(names: list[Name]) -> None:
    for name, fuller in InDocument(GENERATOR).fuller(names).items():
        for surface in fuller:
            assert len(surface) > len(name.surface)
            assert surface in {other.surface for other in names}


@given(names=names)
def test_repeated_names_change_nothing(names: list[Name]) -> None:
    within = InDocument(GENERATOR)
    assert within.candidates_of(names * 2) == within.candidates_of(names) * 2


@given(own=lists, lent=st.lists(lists, max_size=3), share=st.floats(0, 1))
def test_priors_fall_and_sum_to_one_or_to_what_is_lent(
    own: list[Candidate], lent: list[list[Candidate]], share: float
) -> None:
    priors = [one.prior or 0.0 for one in widen(own, lent, share=share)]
    if any(lent):
        assert priors == sorted(priors, reverse=True)
        assert sum(priors) == pytest.approx(1.0 if own else share)
    else:
        assert widen(own, lent, share=share) == tuple(own)
