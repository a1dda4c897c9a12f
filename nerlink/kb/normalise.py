"""The look-up key of a surface: what remains when case, accents and punctuation do not count."""

import re
import unicodedata
from typing import Final
from unicodedata import combining

__all__ = ["acronym", "folded_character", "is_acronym", "normalise", "without_parenthesis"]

_MARKS: Final = ((0x0300, 0x036F), (0x0591, 0x05C7), (0x064B, 0x065F), (0x0670, 0x0670))
"""Accents of Latin, Greek and Cyrillic, Hebrew points, Arabic vowels; marks that are letters of
other scripts (Devanagari vowels, Japanese voicing) stay."""

_LETTERS: Final = {
    "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ð": "d", "þ": "th",  # noqa: RUF001
}  # fmt: skip
"""Letters that Unicode does not decompose, though plain spellings of them are common."""

_KEPT: Final = "&#@%"
"""Punctuation that tells names apart (AT&T, C#)."""

_DROPPED: Final = "'.’‘ʼ`´·"  # noqa: RUF001
"""Punctuation inside words (O'Neill, U.S.): it goes without leaving a space."""

_CAPITALS: Final = re.compile(r"\b[^\W\d_]")


_MOST_MARKS: Final = 30
"""Marks on one letter that are read, as in the stream-safe form of Unicode (UAX 15): sorting them,
as Unicode asks for, takes time with the square of their number."""


class _Replacements(dict[int, str]):
    """What each character becomes, looked up once and remembered (for `str.translate`)."""

    def __missing__(self, code: int) -> str:
        self[code] = replacement = _replacement(chr(code))
        return replacement


def _replacement(character: str) -> str:
    code, category = ord(character), unicodedata.category(character)
    if character in _DROPPED or any(first <= code <= last for first, last in _MARKS):
        return ""
    if character.isspace():
        return " "
    if category in {"Cc", "Cf", "Cs"}:
        return ""
    if category.startswith("P") and character not in _KEPT:
        return " "
    return _LETTERS.get(character, character)


_REPLACEMENTS: Final = _Replacements()


def normalise(surface: str) -> str:
    """The key under which a surface is looked up: `Łódź` and `LODZ`, `U.S.` and `us` share one.

    A surface of nothing but punctuation keeps it, so that no key of a visible surface is empty.
    """
    if surface.isascii():
        folded = surface.lower()
    else:
        surface = surface if len(surface) <= _MOST_MARKS else _with_few_marks(surface)
        folded = _without_case(surface)
    key = " ".join(folded.translate(_REPLACEMENTS).split())
    key = key or "".join(folded.split())
    return key if key.isascii() else unicodedata.normalize("NFC", key)


def folded_character(character: str) -> str:
    """What one character gives to the key of a surface that it stands in, decomposed.

    Nothing for an apostrophe or an accent, a blank for a comma, two letters for `ß`.
    """
    return _without_case(character).translate(_REPLACEMENTS)


def _without_case(surface: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", surface).casefold())


def _with_few_marks(surface: str) -> str:
    """A surface without the marks on a letter that are too many: the same one, nearly always."""
    n_marks = 0
    for character in surface:
        n_marks = n_marks + 1 if combining(character) else 0
        if n_marks > _MOST_MARKS:
            break
    else:
        return surface
    kept = []
    for character in surface:
        n_marks = n_marks + 1 if combining(character) else 0
        if n_marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def without_parenthesis(name: str) -> str:
    """A title without what tells it from its namesakes: `Jordan (country)` is `Jordan`."""
    # By hand, since a pattern would begin anew at each of many blanks.
    opened = name.rfind("(")
    inside = name[opened + 1 : -1]
    is_last = opened > 0 and name.endswith(")") and name[opened - 1].isspace()
    return name[:opened].rstrip() if is_last and inside and ")" not in inside else name


def acronym(name: str) -> str | None:
    """The key of a name's initials, small words left out: `Bank of England` is `be`.

    Returns:
        `None` for a name with fewer than two or more than eight capitalised words.
    """
    words = without_parenthesis(name).replace("-", " ").split()
    initials = [match[0] for word in words if (match := _CAPITALS.search(word))]
    capitals = [initial for initial in initials if initial.isupper()]
    return normalise("".join(capitals)) if 2 <= len(capitals) <= 8 else None


def is_acronym(surface: str) -> bool:
    """Whether a surface may be initials: two to eight capitals, perhaps with dots (`U.N.`)."""
    letters = surface.replace(".", "")
    return 2 <= len(letters) <= 8 and letters.isalpha() and letters.isupper()
