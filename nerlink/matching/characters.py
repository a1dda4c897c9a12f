"""What every character is to the matcher: its kind, and what it becomes in a key."""

import unicodedata
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from nerlink.kb.normalise import folded_character

__all__ = ["BREAK", "CHARACTERS", "Characters", "Codes", "Kind", "codes_of"]

Codes = npt.NDArray[np.uint32]
"""Code points, (n_characters)."""

BREAK: Final = 0x110000
"""One past the last code point of Unicode: stands between two texts that are searched together."""


class Kind(IntEnum):
    """What a character is where words meet.

    The order counts: of several characters between two letters the greatest kind decides, and all
    from `SYMBOL` on are seen in a key.
    """

    NOTHING = 0
    """Accents, control characters, joiners of no width: no key has them."""
    DOT = 1
    APOSTROPHE = 2
    """Punctuation that goes without leaving a blank."""
    BLANK = 3
    LINE = 4
    """A line end; two of them are `HARD`."""
    HARD = 5
    """Ends sentences and opens parentheses: names seldom go on behind it."""
    BETWEEN = 6
    """Between two texts."""
    SYMBOL = 7
    JOINER = 8
    """`AT&T` is one word, `#London` is not."""
    CAPITAL = 9
    """A letter of a script that has blanks between words, but for small ones."""
    SMALL = 10
    """Small letters, and digits."""
    FREE = 11
    """A letter of a script without blanks between words."""
    OPEN = 12
    """A vowel of Thai or Lao that is written before its consonant."""
    HANGUL = 13
    """Korean words take endings without a blank."""
    MARK = 14
    """Belongs to the letter before it; so does the next kind, where that letter is `FREE`."""
    FREE_MARK = 15


_HARD: Final = frozenset(";!?()[]{}。\u2029\f\v")
_JOINERS: Final = frozenset("&#@%")
_APOSTROPHES: Final = frozenset("`´ʼ")  # noqa: RUF001
_LINES: Final = frozenset("\n\r\x85\u2028")

_FREE: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x1AAF),  # Tai Le, Tai Lue, Tai Tham
    (0x2E80, 0x312F),  # radicals, kana, bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x9FFF),  # Han
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # narrow katakana
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
_HANGUL: Final = (
    (0x1100, 0x11FF),
    (0x3130, 0x318F),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xFFA0, 0xFFDC),
)
_FIRST_VOWELS: Final = ((0x0E40, 0x0E44), (0x0EC0, 0x0EC4))
_LAST_VOWELS: Final = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3")
"""Vowels of Thai and Lao that are letters to Unicode, though they need the letter before them."""


class Characters:
    """Kinds and replacements of all characters, filled as they are met.

    Attributes:
        kinds: The kind of each code point, (n_codes).
        replacements: The one character that each code point becomes, (n_codes); 0 for none.
        longer: What a code point becomes that becomes several.
    """

    def __init__(self) -> None:
        self.kinds = np.zeros(BREAK + 1, dtype=np.uint8)
        self.replacements = np.zeros(BREAK + 1, dtype=np.uint32)
        self.longer: dict[int, tuple[int, ...]] = {}
        self._is_known = np.zeros(BREAK + 1, dtype=np.bool_)
        self.kinds[BREAK] = Kind.BETWEEN
        self._is_known[BREAK] = True
        self.learn(np.arange(128, dtype=np.uint32))

    def learn(self, codes: Codes) -> None:
        """Fill the tables for all characters of a text."""
        is_known = self._is_known[codes]
        for code in set() if is_known.all() else set(codes[~is_known].tolist()):
            character = chr(code)
            folded = folded_character(character)
            if 0xAC00 <= code <= 0xD7A3:  # a syllable is one character, not its two or three parts
                folded = character
            self.kinds[code] = _kind_of(character, folded)
            if len(folded) == 1 and self.kinds[code] >= Kind.SYMBOL:
                self.replacements[code] = ord(folded)
            elif self.kinds[code] >= Kind.SYMBOL:
                self.longer[code] = tuple(map(ord, folded))
            self._is_known[code] = True


def _kind_of(character: str, folded: str) -> Kind:
    """The kind of a character that becomes something in a key."""
    category, plain = unicodedata.category(character), unicodedata.normalize("NFKC", character)
    if not folded:
        return _kind_of_dropped(character, category, plain)
    if folded.isspace():
        return Kind.LINE if character in _LINES else Kind.HARD if plain in _HARD else Kind.BLANK
    if plain in _JOINERS:
        return Kind.JOINER
    is_free = _is_in(character, _FREE)
    if category[0] == "M" or unicodedata.combining(folded[0]) or character in _LAST_VOWELS:
        return Kind.FREE_MARK if is_free else Kind.MARK
    if category[0] != "L" and category not in ("Nd", "Nl"):  # raised figures are no part of a word
        return Kind.SYMBOL
    if is_free:
        return Kind.OPEN if _is_in(character, _FIRST_VOWELS) else Kind.FREE
    if _is_in(character, _HANGUL):
        return Kind.HANGUL
    return Kind.SMALL if character.islower() or category == "Nd" else Kind.CAPITAL


def _kind_of_dropped(character: str, category: str, plain: str) -> Kind:
    if plain == ".":
        return Kind.DOT
    # A grave accent by itself is written for an apostrophe; Unicode takes it for a symbol.
    return Kind.APOSTROPHE if category[0] == "P" or character in _APOSTROPHES else Kind.NOTHING


def _is_in(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)


CHARACTERS: Final = Characters()
"""One table for all matchers: what a character is does not depend on the base."""


def codes_of(text: str) -> Codes:
    """The code points of a text, (n_characters)."""
    encoded = text.encode("utf-32-le", errors="surrogatepass")
    return np.frombuffer(encoded, dtype=np.uint32)
