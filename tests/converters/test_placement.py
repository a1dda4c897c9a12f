import pytest

from nerlink.converters.placement import place_words
from nerlink.errors import DataError


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("a  a a", ["a", "a", "a"], ["a", "a", "a"]),
        ("#Paris rocks", ["Paris", "rocks"], ["Paris", "rocks"]),
        ('say "hi" now', ["say", "``", "hi", "''", "now"], ["say", '"', "hi", '"', "now"]),
        ("a ^ and ''", ["a", "''", "and", "''"], ["a", "^", "and", "''"]),
        ("end …", ["end", "..."], ["end", "…"]),
    ],
    ids=["repeated", "dropped", "rewritten", "rewritten like later text", "rewritten last"],
)
def test_words_are_placed_in_order(text: str, words: list[str], expected: list[str]) -> None:
    spans = place_words(words, text, tokenizer="Mine")
    assert [text[start:end] for start, end in spans] == expected


def test_a_word_that_is_not_in_the_text_is_refused() -> None:
    with pytest.raises(DataError, match=r"Mine returned 'three' as word 2.*near character 7"):
        place_words(["one", "two", "three"], "one two", tokenizer="Mine")
