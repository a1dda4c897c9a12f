import pytest

from nerlink.words import number_of


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
