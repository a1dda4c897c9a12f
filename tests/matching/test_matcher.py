import pytest

from nerlink.data import Document, Mention
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.matching import Matcher, MatchingOptions
from nerlink.sources.keys import MENTION_COLUMNS

ENTITIES = (
    ("london", "London", [], "LOC"),
    ("us", "United States", ["US", "U.S."], "LOC"),
    ("att", "AT&T", [], "ORG"),
    ("oneill", "O'Neill", [], "PER"),
    ("apple", "Apple", ["Apple Inc."], "ORG"),
    ("tokyo", "Tokyo", ["東京"], "LOC"),
    ("seoul", "Seoul", ["서울"], "LOC"),
    ("gross", "Groß", [], "PER"),
    ("amazon", "Amazon", ["Amazon.com"], "ORG"),
    ("mcdonalds", "McDonald's", [], "ORG"),
    ("who", "World Health Organization", ["WHO"], "ORG"),
    ("film", "It", ["IT"], "FILM"),
    ("lodz", "Łódź", [], "LOC"),
    ("york", "New York", [], "LOC"),
    ("song", "New York C", [], "SONG"),
    ("cafe", "Café Royal", ["Café"], "ORG"),
    ("paris-fr", "Paris", [], "LOC"),
    ("paris-tx", "Paris", [], "LOC"),
    ("hilton", "Paris Hilton", ["Paris"], "PER"),
)


@pytest.fixture(scope="module")
def matcher(tmp_path_factory):
    path = tmp_path_factory.mktemp("matching") / "kb.sqlite"
    rows = [dict(zip(("id", "name", "aliases", "type"), row, strict=True)) for row in ENTITIES]
    with KnowledgeBase.create(path, rows) as kb:
        yield Matcher(kb)


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("London's mayor, 'London'", ["London", "London"]),
        ("the U.S. and US, not us", ["U.S.", "US"]),
        ("AT&T, but ATT", ["AT&T"]),
        ("O'Neill's bar", ["O'Neill"]),
        ("l'Apple Inc. is Apple.", ["Apple Inc.", "Apple"]),
        ("McDonalds or McDonald's", ["McDonalds", "McDonald's"]),
        ("Amazon.com AMAZON.COM amazon.co", ["Amazon.com", "AMAZON.COM"]),
        ("東京都に行く", ["東京"]),
        ("서울에서 부산", ["서울"]),
        ("Groß GROSS großer", ["Groß", "GROSS"]),
        ("Who? WHO! It, IT", ["WHO", "IT"]),
        ("Łódź Lodz L\u0301o\u0301dz\u0301", ["Łódź", "Lodz", "L\u0301o\u0301dz\u0301"]),
        ("New York City New-York New\r\nYork", ["New York", "New-York", "New\r\nYork"]),
        ("New\n\nYork", []),
        ("New\r\n \r\nYork New\r\rYork", []),
        ("New\rYork", ["New\rYork"]),
        ("New (York), New York", ["New York"]),
        ("Cafe\u0301 royal, Cafe\u0301.", ["Cafe\u0301 royal", "Cafe\u0301"]),
        ("#London x@London.uk london_x", ["London"]),
        (
            "\u202bLondon\u202c \u200bLondon\u200b Lon\u00addon",
            ["London", "London", "Lon\u00addon"],
        ),
        ("Londoner, Greaterlondon", []),
        ("", []),
    ],
)
def test_aliases_are_found_at_their_borders(matcher, text, surfaces):
    doc = matcher(Document(text=text, id="one"))
    assert [doc.surface(mention) for mention in doc.mentions] == surfaces
    assert (doc.text, doc.id, doc.complete) == (text, "one", False)


def test_one_candidate_is_a_link_and_several_are_none(matcher):
    paris, hilton = matcher(Document(text="Paris, Paris Hilton")).mentions
    assert (paris.entity, paris.label) == (None, None)
    assert [one.entity for one in paris.candidates] == ["hilton", "paris-fr", "paris-tx"]
    assert sum(one.prior for one in paris.candidates) == pytest.approx(1)
    assert (hilton.entity, hilton.label) == ("hilton", "PER")


def test_columns_of_mentions_go_with_the_mentions_that_they_describe(matcher):
    meta = {"source": "wire", MENTION_COLUMNS: {"note": ["a town"]}}
    doc = matcher(Document(text="London, Łódź", mentions=(Mention(start=8, end=12),), meta=meta))
    assert (len(doc.mentions), doc.meta) == (2, {"source": "wire"})


def test_documents_in_a_stream_are_as_one_by_one(matcher):
    texts = ["New", "York and London", "", "London", "Paris " * 60_000, "Paris Hilton\n"] * 3
    docs = [Document(text=text, id=str(n)) for n, text in enumerate(texts)]
    assert list(matcher.stream(docs)) == [matcher(doc) for doc in docs]


def test_a_base_without_an_alias_to_look_for_is_refused(tmp_path):
    with (
        KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "1", "name": "A"}]) as kb,
        pytest.raises(KnowledgeBaseError, match="no name or alias to look for"),
    ):
        Matcher(kb, MatchingOptions())


def test_an_article_belongs_to_titles_alone(tmp_path):
    rows = [
        {"id": "us", "name": "United States", "aliases": ["The United States"]},
        {"id": "den-haag", "name": "The Hague", "aliases": ["Hague"]},
        {"id": "band", "name": "The Moss", "aliases": []},
        {"id": "plant", "name": "Moss", "aliases": []},
        {"id": "times", "name": "The Times", "aliases": ["times"]},
    ]
    text = (
        "The United States, the United States, for The United States. In The Hague, the Hague. "
        "To the Moss, and the Times."
    )
    with KnowledgeBase.create(tmp_path / "kb.sqlite", rows) as kb:
        doc = Matcher(kb, MatchingOptions(stop=frozenset({"times"})))(Document(text=text))
    assert [(doc.surface(one), one.entity) for one in doc.mentions] == [
        ("United States", "us"),
        ("United States", "us"),
        ("The United States", "us"),
        ("The Hague", "den-haag"),
        ("Hague", "den-haag"),
        ("the Moss", "band"),
        ("the Times", "times"),
    ]
