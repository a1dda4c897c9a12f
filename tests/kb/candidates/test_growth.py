"""Twice the input is at most twice the work, whatever is in it; and no pattern tries again."""

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from nerlink.data import Entity
from nerlink.kb import Fuzzy, InDocument, KnowledgeBase, Name, normalise
from nerlink.kb.candidates.aliases import _has_words
from nerlink.kb.candidates.definitions import find_definitions, spell_out
from nerlink.kb.entities import EntityTables
from nerlink.kb.normalise import acronym, without_parenthesis
from tests.kb.candidates.test_in_document import GENERATOR

Work = Callable[[int], Any]


def fuller(names: list[Name], text: str = "") -> dict[Name, tuple[str, ...]]:
    return InDocument(GENERATOR).fuller(names, text)


def rows_of_many_keys(n: int) -> list[Any]:
    rows = [{"qid": "Q1", f"column {i}": 1} for i in range(n)]
    return list(EntityTables().rows(rows))


NAMES = ("li", "ada li")


def dots(number: int) -> str:
    """Punctuation that tells a name from others of the same key."""
    return f"{number:012b}".replace("0", ".").replace("1", "!")


LINEAR: dict[str, Work] = {
    "blanks in a parenthesis": lambda n: find_definitions("Paris (" + " " * n + "x"),
    "open parentheses": lambda n: find_definitions("Paris " + "(" * n),
    "parentheses in pairs": lambda n: find_definitions("Lamp Makers (LM) " * n),
    "parentheses in a surface": lambda n: spell_out("a (LM)" * n, {"LM": "Lamp Makers"}),
    "blanks in a surface": lambda n: spell_out("(" + " " * n, {"LM": "Lamp Makers"}),
    "blanks in a name": lambda n: without_parenthesis("a" + " " * n + "(b"),
    "words of a name": lambda n: acronym("Lamp " * n),
    "marks on a letter": lambda n: normalise("a" + "\u0301" * n + "\u0316" * n),
    "a mention of many words": lambda n: fuller([Name("word " * n), Name("word")]),
    "initials of many": lambda n: fuller(
        [Name(one, f"{i}") for i in range(n) for one in ("LM", f"Lamp Makers {i}")]
    ),
    "parts of many": lambda n: fuller([Name(one + dots(i)) for i in range(n) for one in NAMES]),
    "words in a name of many": lambda n: _has_words("a b " * n, [str(i % 9) for i in range(n)]),
    "rows of many keys": rows_of_many_keys,
}
"""What is done with an input of some size."""


def n_lines(work: Work, size: int) -> int:
    """Lines of Python that work on an input of some size takes."""
    found = 0

    def count(frame: Any, event: str, argument: Any) -> Any:
        nonlocal found
        found += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work(size)
    finally:
        sys.settrace(before)
    return found


def peak(work: Work, size: int) -> int:
    """Bytes that work on an input of some size takes at most."""
    tracemalloc.start()
    try:
        work(size)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("work", LINEAR.values(), ids=LINEAR)
def test_twice_the_input_is_at_most_twice_the_work(work: Work) -> None:
    work(400)  # what is remembered of all inputs is remembered now
    assert n_lines(work, 800) <= 2.2 * n_lines(work, 400) + 200
    assert peak(work, 800) <= 2.6 * peak(work, 400) + 100_000


@pytest.mark.parametrize(
    "name", [name for name in LINEAR if "many" not in name and "pairs" not in name]
)
def test_an_input_of_megabytes_has_an_end(name: str) -> None:
    LINEAR[name](300_000)


def test_a_passage_is_not_compared_letter_by_letter(kb: KnowledgeBase) -> None:
    kb.add(Entity(id="long", name="lamp " * 60), Entity(id="short", name="lamp" * 40))
    assert Fuzzy(kb).candidates("lamp " * 59 + "lmap") == ()
    assert Fuzzy(kb).candidates("lamp" * 39 + "lmap")[0].entity == "short"


def test_a_passage_lends_nothing() -> None:
    assert fuller([Name("Li " * 32), Name("Li")])[Name("Li")] == ("Li " * 32,)
    assert fuller([Name("Li " * 33), Name("Li")]) == {}


def test_marks_that_no_script_has_are_left_out() -> None:
    assert normalise("ba" + "\u0301" * 99) == normalise("ba")
    assert normalise("क\u093f" * 40) == "क\u093f" * 40
    assert normalise("ш\u0321" + "\u0321" * 99) == normalise("ш" + "\u0321" * 30)
