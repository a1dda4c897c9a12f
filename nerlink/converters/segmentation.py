"""Where the sentences of a text begin, by plain rules that hold for any language.

1. A blank line always ends a sentence.
2. `. ! ?` and their kin in other scripts end a sentence, closing quotes and brackets included,
   where white space follows and then anything but a lower-case letter; `。！？` need no space.
3. After an abbreviation (`Mr.`), an acronym, an initial or a number of one or two digits
   (`3. Oktober`), a full stop ends a sentence only if the next word is one that usually opens
   sentences (`The`).
4. A line break ends a sentence too (headlines, lists, tables), unless the next line starts with a
   lower-case letter or the lines are wrapped prose: the longest line of the block has 50 to 120
   characters, and no line but the last has room for the first word of the next.
"""

# ruff: noqa: RUF001, RUF002 (signs that look alike are what this file is about)

from bisect import bisect_right
from itertools import pairwise
from typing import Final

import regex

from nerlink.converters.abbreviations import ABBREVIATIONS, BEFORE_NUMBER, OPENERS
from nerlink.converters.words import WHITE_SPACE

__all__ = ["sentence_starts"]

WRAP_WIDTHS: Final = range(50, 121)
"""Lengths that the longest line of wrapped prose may have, characters."""

LONGEST_ABBREVIATION: Final = 16
"""Characters before a full stop that are searched for an abbreviation."""

IDEOGRAPHIC = "。！？｡"
BREAKS = r"\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
# Where a sentence may end: punctuation before white space, with quotes and brackets that close
# between them (also `." ` as in tokenised text); ideographic punctuation; a line break.
# Each run is tried once, from its first sign: else a long row of dots takes quadratic time.
FINAL = rf"[[\p{{STerm}}…]--[{IDEOGRAPHIC}]]"
POSSIBLE_END = regex.compile(
    rf"""
      (?P<end>(?<!{FINAL}){FINAL}++)["'”’»›)\]}}]*+(?:[ ]["”](?=[{BREAKS}]))?
      (?P<gap>{WHITE_SPACE}++)
    | (?P<ideographic>[{IDEOGRAPHIC}]+)["'”’」』）】》〉]*+(?P<gap>{WHITE_SPACE}*+)
    | (?P<gap>[{BREAKS}]{WHITE_SPACE}*+)
    """,
    regex.VERBOSE | regex.VERSION1,
)
BREAK = regex.compile(rf"\r\n|[{BREAKS}]", regex.VERSION1)
BLANK = regex.compile(r"\n(?:[^\S\n]*\n)+", regex.VERSION1)
# An initial, an acronym without its last full stop, a number of one or two digits.
KEEPS_STOP = regex.compile(r"\p{Lu}|\p{L}{1,2}(?:\.\p{L}{1,2})+|\d{1,2}", regex.VERSION1)
FIRST_WORD = regex.compile(r"""["'“‘«‹„(\[¿¡]*+(\w*)""", regex.VERSION1)
FIRST_CHUNK = regex.compile(r"\S*", regex.VERSION1)


def sentence_starts(text: str) -> list[int]:
    """First characters of all sentences but the first, in order."""
    wrapped = _wrapped_borders(text)
    return [
        found.end()
        for found in POSSIBLE_END.finditer(text)
        if found.end() < len(text) and _is_border(text, found, wrapped)
    ]


def _is_border(text: str, found: "regex.Match[str]", wrapped: list[int]) -> bool:
    """Whether a sentence begins behind a possible end."""
    # Most gaps are one blank, which needs no search.
    n_breaks = len(BREAK.findall(found["gap"])) if found["gap"] != " " else 0
    if n_breaks > 1:
        return True
    if found["ideographic"] or found["end"]:
        return _is_end(text, found)
    # Behind an odd number of borders, the line break stands in a wrapped block.
    is_wrapped = bisect_right(wrapped, found.start()) % 2 == 1
    return not text[found.end()].islower() and not is_wrapped


def _is_end(text: str, found: "regex.Match[str]") -> bool:
    """Whether sentence-final punctuation ends a sentence."""
    # The dots of ". . ." and a comma after "?" go on with the sentence.
    if text[found.end()] in ".!?…,;:)]}":
        return False
    if found["ideographic"]:
        return True
    opener = FIRST_WORD.match(text, found.end())
    word = opener[1] if opener else ""
    if word[:1].islower():
        return False
    return found["end"] != "." or word in OPENERS or not _is_abbreviated(text, found, word)


def _is_abbreviated(text: str, found: "regex.Match[str]", following: str) -> bool:
    """Whether a full stop belongs to the word before it."""
    stop = found.start()
    chunks = text[max(0, stop - LONGEST_ABBREVIATION) : stop].split()
    # In tokenised text a full stop stands apart, and belongs to no word.
    if not chunks or text[stop - 1].isspace():
        return False
    word = chunks[-1].lstrip("([{\"'“‘«„¿¡-")
    if word in BEFORE_NUMBER:
        return following[:1].isdigit()
    return word in ABBREVIATIONS or KEEPS_STOP.fullmatch(word) is not None


def _wrapped_borders(text: str) -> list[int]:
    """Start and end of each block of lines, between blank lines, whose breaks only wrap prose."""
    blanks = BLANK.finditer(text) if "\n" in text else ()
    borders = [0, *(border for blank in blanks for border in blank.span()), len(text)]
    blocks = zip(borders[::2], borders[1::2], strict=True)
    wrapped = [block for block in blocks if _is_wrapped(text[slice(*block)].split("\n"))]
    return [border for block in wrapped for border in block]


def _is_wrapped(lines: list[str]) -> bool:
    """Whether no line but the last has room for the first word of the next."""
    lines = [line.strip() for line in lines]
    width = max(map(len, lines))
    if width not in WRAP_WIDTHS:
        return False
    return all(
        len(line) + 1 + FIRST_CHUNK.match(following).end() > width
        for line, following in pairwise(lines)
    )
