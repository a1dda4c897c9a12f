import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.kb.normalise import acronym, is_acronym, normalise, without_parenthesis


@pytest.mark.parametrize(
    ("surface", "key"),
    [
        ("  Ada   LOVELACE\n", "ada lovelace"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("U.S.", "us"),
        ("O'Neill", "oneill"),
        ("O’Neill", "oneill"),  # noqa: RUF001
        ("Jean-Luc", "jean luc"),
        ("AT&T", "at&t"),
        ("C++", "c++"),
        ("ＮＡＴＯ", "nato"),  # noqa: RUF001
        ("ﬁsh", "fish"),
        ("が", "が"),
        ("한국", "한국"),
        ("हिन्दी", "हिन्दी"),
        ("!!!", "!!!"),
        ("", ""),
        ("\ud800x", "x"),
    ],
)
def test_surfaces_that_read_alike_share_a_key(surface: str, key: str) -> None:
    assert normalise(surface) == key


@given(st.text())
def test_normalising_twice_changes_nothing(surface: str) -> None:
    assert normalise(normalise(surface)) == normalise(surface)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_case_does_not_count(surface: str) -> None:
    assert normalise(surface.upper()) == normalise(surface.lower())


@pytest.mark.parametrize(
    ("name", "cut"),
    [("Jordan (country)", "Jordan"), ("(What) Now", "(What) Now"), ("f(x)", "f(x)")],
)
def test_only_a_closing_parenthesis_is_cut(name: str, cut: str) -> None:
    assert without_parenthesis(name) == cut


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("World Health Organization", "who"),
        ("Bank of England", "be"),
        ("United Nations (body)", "un"),
        ("Coca-Cola", "cc"),
        ("Paris", None),
    ],
)
def test_initials_of_a_name(name: str, initials: str | None) -> None:
    assert acronym(name) == initials


@pytest.mark.parametrize(
    ("surface", "is_one"),
    [("WHO", True), ("U.N.", True), ("Who", False), ("A", False), ("ABCDEFGHI", False)],
)
def test_acronyms_are_a_few_capitals(surface: str, is_one: bool) -> None:
    assert is_acronym(surface) is is_one
