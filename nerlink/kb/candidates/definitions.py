"""Short forms that a text explains: "World Health Organization (WHO)"."""

import re
from typing import Final

__all__ = ["find_definitions"]

_DEFINITION: Final = re.compile(r"\(\s*([^()\n]{2,100}?)\s*\)")
_LAST_WORD: Final = re.compile(r"\S+\s*$")
_MOST_LETTERS: Final = 10
_LONGEST: Final = 120
"""Characters before a parenthesis that may belong to a long form."""


def find_definitions(text: str) -> dict[str, str]:
    """Short forms and the long forms beside them, either of which may be the one in parentheses.

    After Schwartz and Hearst (2003), "A simple algorithm for identifying abbreviation definitions
    in biomedical text": the letters of the short form come in the long one in their order, the
    first of them at the start of a word. As names are looked for, a short form has two capitals
    at least, and the long one starts with a capital.
    """
    found: dict[str, str] = {}
    for parenthesis in _DEFINITION.finditer(text):
        inside = parenthesis[1]
        before = text[max(0, parenthesis.start() - _LONGEST) : parenthesis.start()].rstrip()
        # As many words as the long form of a short one can have, by the rule of the paper.
        n_words = min(len(inside) + 5, 2 * len(inside))
        short, long = inside, _long_form(inside, " ".join(before.split()[-n_words:]))
        if not long and (word := _LAST_WORD.search(before)):
            short = word[0].strip()
            long = inside if _long_form(short, inside) == inside else None
        if long:
            found.setdefault(short, long)
    return found


def _long_form(short: str, text: str) -> str | None:
    """The end of a text that a short form stands for, if there is one."""
    if not _is_short_form(short):
        return None
    folded = _fold(text)
    place = len(text)
    for position in reversed(range(len(short))):
        letter = _fold(short[position])
        if not letter.isalnum():
            continue
        place = folded.rfind(letter, 0, place)
        while position == 0 and place >= 0 and not _opens_name(text, place):
            place = folded.rfind(letter, 0, place)
        if place < 0:
            return None
    long = text[text.rfind(" ", 0, place + 1) + 1 :]
    is_long = len(long) > len(short) and short not in long.split() and not re.search("[()]", long)
    return long if is_long else None


def _fold(text: str) -> str:
    """A text in lower case, letter for letter: `İ`, which would become two, stays."""
    return "".join(low if len(low := one.lower()) == 1 else one for one in text)


def _opens_name(text: str, place: int) -> bool:
    """Whether a letter is the first of a word, and a capital."""
    return text[place].isupper() and not text[place - 1 : place].isalnum()


def _is_short_form(text: str) -> bool:
    """Whether a text may be short for another: one or two words with two capitals at least."""
    return (
        2 <= len(text) <= _MOST_LETTERS
        and text[0].isalnum()
        and sum(letter.isupper() for letter in text) >= 2
        and len(text.split()) <= 2
    )
