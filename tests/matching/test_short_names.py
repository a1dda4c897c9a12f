import pytest

from nerlink.data import Document
from nerlink.kb import KnowledgeBase
from nerlink.matching import Matcher, MatchingOptions

PEOPLE = (
    ("ada", "Ada Lovelace", "PER"),
    ("suu", "Aung San Suu Kyi", "PER"),
    ("lebed", "Alexander Lebed", None),
    ("river", "Lebed", None),
    ("bill", "Bill Clinton", "PER"),
    ("hillary", "Hillary Clinton", "PER"),
    ("bank", "Deutsche Bank", "ORG"),
    ("hague", "The Hague", "LOC"),
    ("washington", "Washington", "LOC"),
    ("denzel", "Denzel Washington", "PER"),
    ("us", "United States", "LOC"),
)


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    path = tmp_path_factory.mktemp("short") / "kb.sqlite"
    rows = [dict(zip(("id", "name", "type"), row, strict=True)) for row in PEOPLE]
    with KnowledgeBase.create(path, rows) as kb:
        yield kb


def marked(kb, text, **options):
    matcher = Matcher(kb, MatchingOptions(**options))
    (doc,) = matcher.stream(matcher.survey([Document(text=text)]))
    found = [
        (doc.surface(m), m.entity or {one.entity for one in m.candidates}) for m in doc.mentions
    ]
    return found, matcher.report()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Lovelace met Ada Lovelace.", [("Lovelace", "ada")]),
        ("Ada Lovelace, Ms.Lovelace, Lovelace's", [("Lovelace", "ada"), ("Lovelace", "ada")]),
        ("Ada Lovelace, Lovelaces, McLovelace, LOVELACE", []),
        ("Lovelace alone", []),
        ("Aung San Suu Kyi; Suu Kyi; Mr Kyi", [("Suu Kyi", "suu"), ("Kyi", "suu")]),
        ("Bill Clinton, Clinton", [("Clinton", "bill")]),
        ("Bill Clinton, Hillary Clinton, Clinton", [("Clinton", {"bill", "hillary"})]),
        ("Deutsche Bank. The Bank gained, as any bank.", []),
        ("The Hague. At Hague", []),
    ],
)
def test_last_words_of_full_names_are_marked(kb, text, short):
    with_short, report = marked(kb, text)
    without, _ = marked(kb, text, short_names=False)
    assert sorted(map(str, [*without, *short])) == sorted(map(str, with_short))
    assert report.n_short_names == len(short)
    assert ("--no-short-names" in str(report)) == bool(short)


def test_names_that_a_full_name_ends_in_may_mean_that_too(kb):
    found, _ = marked(kb, "Alexander Lebed left. Lebed said no.")
    assert found == [("Alexander Lebed", "lebed"), ("Lebed", {"lebed", "river"})]
    # A person lends nothing to a place.
    found, _ = marked(kb, "Denzel Washington likes Washington.")
    assert found == [("Denzel Washington", "denzel"), ("Washington", "washington")]


def test_priors_of_short_names_sum_to_one(kb):
    matcher = Matcher(kb)
    text = "Bill Clinton, Hillary Clinton, Clinton"
    (doc,) = matcher.stream(matcher.survey([Document(text=text)]))
    assert sum(one.prior for one in doc.mentions[-1].candidates) == pytest.approx(1)


def test_without_a_survey_nobody_knows_words_from_names(kb):
    (doc,) = Matcher(kb).stream([Document(text="Deutsche Bank. The Bank gained. Lebed. A. Lebed")])
    assert [doc.surface(mention) for mention in doc.mentions] == ["Deutsche Bank", "Lebed", "Lebed"]


def test_where_capitals_mean_nothing_there_are_no_short_names(kb):
    text = "united states " * 40 + "Ada Lovelace, Lovelace"
    found, report = marked(kb, text)
    assert not report.has_case
    assert found[-1] == ("Ada Lovelace", "ada")
