# ruff: noqa: RUF001 (signs that look alike)

from itertools import pairwise

import pytest
from hypothesis import given

from nerlink.converters.words import word_ranges
from tests.converters.strategies import texts


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in word_ranges(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada's rock'n'roll", "Ada 's rock'n'roll"),
        ("don't can’t we'll O'Neill", "do n't ca n’t we 'll O'Neill"),
        ("do n't Ada 's", "do n't Ada 's"),
        ("l'Italie qu'il dell'Aquila aujourd'hui", "l' Italie qu' il dell' Aquila aujourd'hui"),
        ("1,234.5 1996-08-30 3-2? 10:30, .5", "1,234.5 1996-08-30 3-2 ? 10:30 , .5"),
        ("an all-rounder, 22-year-old", "an all-rounder , 22-year-old"),
        ("AT&T (U.S.-based)", "AT&T ( U.S.-based )"),
        ("Mr. J. Smith, Ph.D., e.g. No. 5", "Mr. J. Smith , Ph.D. , e.g. No. 5"),
        ("Apple Inc. won. No.", "Apple Inc. won . No ."),
        ("ada.b@example.org, www.example.org.", "ada.b@example.org , www.example.org ."),
        ("see https://example.org/a?b=c.", "see https://example.org/a?b=c ."),
        ("#topic @user_1 C# #1", "#topic @user_1 C # # 1"),
        ("Paris/London", "Paris / London"),
        ("what?! ... ---", "what ?! ... ---"),
        ("中文2024年。カナ", "中 文 2024 年 。 カ ナ"),
        ("ไทย", "ไ ท ย"),
        ("e\u0301te\u0301 zoe\u0308", "e\u0301te\u0301 zoe\u0308"),
        ("👩\u200d👩\u200d👧🇫🇷👍🏽1\ufe0f\u20e3", "👩\u200d👩\u200d👧 🇫🇷 👍🏽 1\ufe0f\u20e3"),
        ('צה"ל אמר', 'צה"ל אמר'),
        ("“Yes,” she said", "“ Yes , ” she said"),
    ],
)
def test_words_are_found_in_any_language(text: str, expected: str) -> None:
    assert words(text) == expected.split(" ")


@given(texts)
def test_words_cover_everything_but_white_space(text: str) -> None:
    spans = word_ranges(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert "".join(words(text)) == "".join(text.split())


def test_only_the_asked_range_is_searched() -> None:
    assert word_ranges("one two three", 4, 7) == [(4, 7)]
