import pytest

from nerlink.words import number_of, shown, visible


@pytest.mark.parametrize(
    ("number", "things", "expected"),
    [
        (0, "documents", "0 documents"),
        (1, "documents", "1 document"),
        (2000, "documents", "2,000 documents"),
        (1, "entities", "1 entity"),
        (1, "mentions without label and link", "1 mention without label and link"),
    ],
)
def test_a_number_and_its_noun_agree(number, things, expected):
    assert number_of(number, things) == expected


@pytest.mark.parametrize("text", ["tab\tline\nend\r", "שלום", "🙂é", "a\u200db"])
def test_ordinary_text_is_untouched(text):
    assert visible(text) == text


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x07", "\x9b", "\ud800"])
def test_control_characters_and_surrogates_are_replaced(character):
    assert visible(f"a{character}b") == "a\ufffdb"


def test_value_that_cannot_be_written_out_is_named_by_its_type():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert shown("a" * 99) == repr("a" * 99)[:80]
    assert shown(10**5000) == "a value of type int that is too large to show"
    assert shown(deep) == "a value of type list that is too large to show"
