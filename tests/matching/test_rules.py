import pytest

from nerlink.data import Candidate
from nerlink.errors import ConfigError
from nerlink.kb.normalise import normalise
from nerlink.matching.aliases import Alias
from nerlink.matching.options import MatchingOptions
from nerlink.matching.rules import Rule, Rules


def refusal(surface, aliases, *, verdicts=None, has_case=True, **options):
    alias = Alias(normalise(surface), tuple(aliases), (Candidate(entity="1"),), frozenset({None}))
    given = MatchingOptions(**options)
    kept = Rules.of(given).kept
    rules = Rules(options=given, kept=kept, verdicts=verdicts or {}, has_case=has_case)
    return rules.refusal(surface, alias)


@pytest.mark.parametrize(
    ("surface", "aliases", "rule"),
    [
        ("London", ["London"], None),
        ("LONDON", ["London"], None),
        ("london", ["London"], Rule.SMALL),
        ("new york", ["New York"], None),
        ("aspirin", ["aspirin"], None),
        ("Aspirin", ["aspirin"], None),
        ("diabetes", ["Diabetes", "diabetes"], None),
        ("US", ["US"], None),
        ("US", ["U.S."], None),
        ("us", ["US"], Rule.STOP),
        ("Who", ["WHO"], Rule.STOP),
        ("IT", ["IT"], None),
        ("ford", ["Ford"], Rule.SHORT),
        ("FORD", ["Ford"], Rule.SHORT),
        ("Flu", ["flu"], None),
        ("FLU", ["flu"], Rule.SHORT),
        ("東京", ["東京"], None),
    ],
)
def test_capitals_count_for_short_and_single_words(surface, aliases, rule):
    assert refusal(surface, aliases) == rule


def test_capitals_count_always_or_never_if_somebody_says_so():
    assert refusal("new york", ["New York"], case="agree") == Rule.SMALL
    assert refusal("london", ["London"], case="ignore") is None
    assert refusal("ford", ["Ford"], case="ignore") is None
    assert refusal("ford", ["Ford"], case_length=3) == Rule.SMALL


def test_where_capitals_mean_nothing_only_short_words_need_theirs():
    assert refusal("diabetes", ["Diabetes"], has_case=False) is None
    assert refusal("als", ["ALS"], has_case=False) == Rule.SHORT


@pytest.mark.parametrize("verdict", [Rule.COMMON, Rule.OFTEN])
def test_what_the_texts_speak_against_is_left_out(verdict):
    assert refusal("Apple", ["Apple"], verdicts={"apple": verdict}) == verdict
    assert (
        refusal("Apple", ["Apple"], verdicts={"apple": verdict}, keep=frozenset(["apple"])) is None
    )


def test_a_verdict_can_ask_for_capitals():
    verdicts = {"the sun": Rule.SMALL}
    assert refusal("the sun", ["The Sun"], verdicts=verdicts) == Rule.SMALL
    assert refusal("The Sun", ["The Sun"], verdicts=verdicts) is None


def test_kept_aliases_are_found_as_they_are_kept_or_as_the_base_has_them():
    kept = frozenset(["Will"])
    assert refusal("Will", ["Will"]) == Rule.STOP
    assert refusal("Will", ["Will"], keep=kept) is None
    assert refusal("will", ["Will"], keep=kept) == Rule.SHORT
    assert refusal("will", ["Will"], keep=frozenset(["will"])) is None


def test_a_stop_word_in_capitals_stops_what_is_written_so():
    assert refusal("IT", ["IT"], stop=frozenset(["IT"])) == Rule.STOP
    assert refusal("It", ["It"], stop=frozenset(["IT"])) is None
    assert refusal("It", ["It"], stop=frozenset(["it"])) == Rule.STOP
    assert refusal("IT", ["IT"], stop=frozenset(["it"])) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [({"min_length": -1}, "min_length is -1"), ({"case": "no"}, "case is 'no'. Known are auto")],
)
def test_options_that_make_no_sense_are_refused(options, words):
    with pytest.raises(ConfigError, match=words):
        MatchingOptions(**options)
