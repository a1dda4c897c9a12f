import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerlink.kb.normalise import normalise
from nerlink.matching.aliases import spelled_ways
from nerlink.matching.automaton import Automaton, spellings
from tests.matching import reference

PARTS = [
    *("a", "b", "ab", "A", "B", "s", "Ab", "1", "é", "e\u0301", "ß", "ss", "ﬁ", "İ", "Ω", "²", "ﷺ"),
    *(" ", "  ", "\n", "\r\n", "\n\n", "\r", "\t", "\u00a0", "\u3000"),
    *(".", "'", "’", "-", "&", "#", "@", ",", "(", ")", "!", "_", "…", "`", "·", "+", "™", "½"),  # noqa: RUF001
    *("東", "京", "タ", "ｶ", "ﾞ", "ガ", "。", "서", "울", "에", "เ", "ก", "ะ", "ำ", "่"),
    *("א", "ב", "\u05b0", "ا", "\u064b", "क", "ि", "❤", "\ufe0f", "👩", "\u200d", "💻", "😀"),  # noqa: RUF001
    *("\u200b", "\u00ad", "\u202b", "\x00", "\ud800", "И", "и", "ﬀ", "ǆ", "𝐀", "Å"),  # noqa: RUF001
]
THEMES = [
    PARTS,
    ["a", "b", "A", "B", ".", "'", " ", "&", "1"],
    ["a", "B", " ", "\n", "\r", "\r\n", ",", "(", "\u3000"],
    ["서", "울", "에", "a", " ", ".", "東"],
    ["เ", "ก", "ะ", "่", "a", "東", "ｶ", "ﾞ"],
    ["e", "\u0301", "क", "ि", "א", "\u05b0", " ", "❤", "\ufe0f", "ß", "s"],
]


def strings_of(*sizes):
    """Texts of a few characters each, which meet often, and of all of them."""
    lists = [st.lists(st.sampled_from(theme), **dict(sizes)) for theme in THEMES]
    return st.one_of(lists).map(lambda parts: unicodedata.normalize("NFC", "".join(parts)))


TEXTS = strings_of(("max_size", 24))
SURFACES = strings_of(("min_size", 1), ("max_size", 5))


def ways_of(surfaces):
    return [way for one in surfaces for way in spelled_ways(normalise(one), [one])]


CHANGES = [str, str, lambda cut: "".join(cut.split()), lambda cut: " ".join(cut.split()), " ".join]
CUTS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 6), st.sampled_from(CHANGES)), max_size=8
)


def cut_from(text, cuts):
    """Stretches of a text as aliases, so that something is found in it, and what is like them."""
    aliases = [change(text[a % (len(text) + 1) :][:b]) for a, b, change in cuts]
    return [one for one in aliases if reference.pieces(one)]


@settings(max_examples=1500, deadline=None)
@given(TEXTS, CUTS, st.lists(SURFACES, max_size=4))
def test_what_is_found_is_what_the_plain_way_finds(text, cuts, more):
    surfaces = [one for one in [*cut_from(text, cuts), *more] if reference.pieces(one)]
    ways = [way for way in ways_of(surfaces) if reference.pieces(way)]
    found = Automaton(spellings(ways)).find([text])[0]
    assert found == reference.find(text, ways)
    assert {normalise(text[start:end]) for start, end in found} <= reference.keys(surfaces)
    flat = [offset for pair in found for offset in pair]
    assert flat == sorted(flat)


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=5), CUTS, st.integers(1, 12))
def test_texts_searched_together_or_in_windows_have_the_same_matches(texts, cuts, window):
    ways = [way for way in ways_of(cut_from("".join(texts), cuts)) if reference.pieces(way)]
    searcher = Automaton(spellings(ways))
    alone = [searcher.find([text])[0] for text in texts]
    assert searcher.find(texts) == alone
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nerlink.matching.automaton._WINDOW", window)
        assert searcher.find(texts) == alone


@settings(max_examples=300, deadline=None)
@given(TEXTS, CUTS)
def test_texts_in_parts_of_letters_have_the_same_matches(text, cuts):
    ways = [way for way in ways_of(cut_from(text, cuts)) if reference.pieces(way)]
    searcher = Automaton(spellings(ways))
    parts = unicodedata.normalize("NFD", text)
    places = searcher.find([parts])[0]
    found = [normalise(parts[start:end]) for start, end in places]
    assert found == [normalise(text[start:end]) for start, end in searcher.find([text])[0]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("서울에서", ["서울"]),
        (unicodedata.normalize("NFD", "서울에서 서울"), ["서울", "서울"]),
        ("क\u093f\u0902 x", ["क\u093f\u0902"]),
        ("Lo\u0301n don, Lón don", ["Lo\u0301n don", "Lón don"]),
    ],
)
def test_offsets_are_those_of_the_text_as_it_came(text, found):
    searcher = Automaton(spellings(["서울", "किं", "Lon don"]))
    surfaces = [text[start:end] for start, end in searcher.find([text])[0]]
    assert [unicodedata.normalize("NFC", one) for one in surfaces] == [
        unicodedata.normalize("NFC", one) for one in found
    ]


def test_a_long_text_is_searched_in_windows():
    text = "From London to Paris, " * 30_000
    found = Automaton(spellings(["London", "Paris"])).find([text])[0]
    assert len(found) == 60_000
    assert {text[start:end] for start, end in found} == {"London", "Paris"}
