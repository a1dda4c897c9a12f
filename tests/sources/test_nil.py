"""Other spellings of NIL, and of no link at all."""

import pytest

from nerlink.sources.nil import is_nil_spelling, is_no_link_spelling

NIL_SPELLINGS = [
    "NIL",
    "nil",
    "Nil",
    "NIL12",
    "NIL_12",
    "NIL-12",
    "NIL0012",
    "--NME--",
    "NME",
    "-1",
    "null",
    "NULL",
    "None",
    "none",
    "*null*",
    "---",
    "<nil>",
    "unlinkable",
    "OOKB",
]
NO_LINK_SPELLINGS = ["_", "-", "O", "nan", "NaN", "<NA>"]
ENTITIES = [
    "Q1",
    "1",
    "o",
    "NILE",
    "Nil_Lara",
    "Nilsson",
    "None_(band)",
    "Null_Island",
    "Nan_Goldin",
    "-12",
    "12-1",
    "NIL_x",
]


@pytest.mark.parametrize("value", NIL_SPELLINGS)
def test_other_spellings_of_nil_are_known(value: str) -> None:
    assert is_nil_spelling(value)
    assert not is_no_link_spelling(value)


@pytest.mark.parametrize("value", NO_LINK_SPELLINGS)
def test_a_blank_cell_says_nothing(value: str) -> None:
    assert is_no_link_spelling(value)
    assert not is_nil_spelling(value)


@pytest.mark.parametrize("value", ENTITIES)
def test_what_may_be_an_entity_is_left_one(value: str) -> None:
    assert not is_nil_spelling(value)
    assert not is_no_link_spelling(value)
