"""Texts as the automaton reads them: keys with marked borders, and the way back to offsets.

    'London's AT&T'  is spelled  (london)'(s)(at&t)

A parenthesis stands for a border here: `BEGIN` where a mention may begin, `END` where one may end.
`END` and `BEGIN` beside each other are a blank. The same is done to aliases, so an alias is found
where its borders are borders of the text, and nowhere else.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import regex

from nerlink.matching.characters import BREAK, CHARACTERS, Codes, Kind, codes_of

__all__ = ["BETWEEN", "Spelled", "composed", "joined", "spell"]

BEGIN: Final = 1
END: Final = 2
BOTH: Final = BEGIN | END
INSIDE: Final = 3
"""An apostrophe or a dot was dropped here."""
HARD: Final = 4
"""Punctuation that names seldom have, or an empty line."""
NEXT: Final = 5
"""Two words without a blank between them."""
BETWEEN: Final = "\6"
"""Between two texts. No key has any of these characters: keys are without control characters."""

Flags = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spelled:
    """A text as the automaton reads it.

    Args:
        text: The text with its borders.
        places: Where each visible character begins in `text`, its `BEGIN` counted, (n_visible).
        origins: Where it stands in the text that was spelled, (n_visible).
    """

    text: str
    places: Places
    origins: Places

    def offsets(self, starts: Places, ends: Places) -> tuple[Places, Places]:
        """Offsets in the text that was spelled of what was found in `text`, (n_found) each."""
        first = np.searchsorted(self.places, starts, side="right") - 1
        last = np.searchsorted(self.places, ends - 1, side="right") - 1
        return self.origins[first], self.origins[last] + 1


def joined(texts: Sequence[str]) -> Codes:
    """The code points of several texts, with a `BREAK` after each."""
    parts = [part for text in texts for part in (codes_of(text), _BREAK)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint32)


_BREAK: Final = np.array([BREAK], dtype=np.uint32)


def spell(codes: Codes, *, skip: int = 0) -> Spelled:
    """A text as the automaton reads it.

    Args:
        codes: Its code points, (n_characters); `composed`, or equal texts may differ.
        skip: Characters at its start that are only looked at, to know what follows them.
    """
    CHARACTERS.learn(codes)
    kinds = CHARACTERS.kinds[codes]
    visible = np.flatnonzero(kinds >= Kind.SYMBOL)
    if not len(visible):
        return Spelled("", visible, visible)
    gaps = _gaps(codes, kinds, visible)
    flags = _borders(kinds[visible], gaps)
    before = np.concatenate(([BEGIN], flags & BEGIN)).astype(np.uint8)
    after = np.concatenate((flags & END, [END])).astype(np.uint8)
    marks = np.concatenate((_marks(gaps, flags), [0])).astype(np.uint8)
    n_skipped = int(np.searchsorted(visible, skip))
    kept = slice(n_skipped, None)
    return _written(codes, visible[kept], before[kept], after[kept], marks[kept])


def _gaps(codes: Codes, kinds: Flags, visible: Places) -> Flags:
    """The greatest kind between each visible character and the next, (n_visible - 1)."""
    gaps = np.zeros(len(visible) - 1, dtype=np.uint8)
    wide = np.flatnonzero(visible[1:] - visible[:-1] > 1)
    if not len(wide):
        return gaps
    bounds = np.stack((visible[wide] + 1, visible[wide + 1]), axis=1).ravel()
    gaps[wide] = np.maximum.reduceat(kinds, bounds)[::2]
    if (gaps[wide] == Kind.LINE).any():
        is_end = kinds == Kind.LINE
        is_end[:-1] &= (codes[:-1] != 0x0D) | (codes[1:] != 0x0A)  # together they are one
        n_lines = np.add.reduceat(is_end, bounds, dtype=np.int64)[::2]
        gaps[wide[(n_lines > 1) & (gaps[wide] == Kind.LINE)]] = Kind.HARD
    return gaps


def _pairs() -> Flags:
    """The borders between two visible characters that stand side by side, by their kinds."""
    pairs = np.full((len(Kind), len(Kind)), BOTH, dtype=np.uint8)
    words = [Kind.CAPITAL, Kind.SMALL, Kind.MARK]
    pairs[np.ix_(words, words)] = 0
    pairs[Kind.HANGUL, Kind.HANGUL] = END
    pairs[Kind.OPEN, :] = 0
    pairs[:, [Kind.MARK, Kind.FREE_MARK]] = 0
    return pairs.ravel()


_PAIRS: Final = _pairs()


def _borders(kinds: Flags, gaps: Flags) -> Flags:
    """`BEGIN` and `END` between each visible character and the next, (n_visible - 1).

    Args:
        kinds: Of the visible characters, (n_visible).
        gaps: As `_gaps` gives them; those inside a joined word are set to 0.
    """
    flags: Flags = _PAIRS[kinds[:-1] * np.uint8(len(Kind)) + kinds[1:]]
    flags[gaps >= Kind.APOSTROPHE] = BOTH
    is_word = kinds >= Kind.CAPITAL
    joiners = np.flatnonzero(kinds[1:-1] == Kind.JOINER) + 1
    joiners = joiners[is_word[joiners - 1] & is_word[joiners + 1]]
    joiners = joiners[(gaps[joiners - 1] < Kind.BLANK) & (gaps[joiners] < Kind.BLANK)]
    for place in (joiners - 1, joiners):
        flags[place] = gaps[place] = 0
    dots = np.flatnonzero(gaps == Kind.DOT)
    flags[dots] = BOTH
    if len(dots):
        flags[dots[_is_joined(dots, kinds, gaps, flags)]] = 0
    return flags


def _is_joined(dots: Places, kinds: Flags, gaps: Flags, flags: Flags) -> npt.NDArray[np.bool_]:
    """Which dots are inside a word: `U.S.`, `3.5` and `amazon.com`, not `end.Next`."""
    is_word = (kinds[dots] >= Kind.CAPITAL) & (kinds[dots + 1] >= Kind.CAPITAL)
    is_small = (kinds[dots] == Kind.SMALL) & (kinds[dots + 1] == Kind.SMALL)
    open_before = np.concatenate(([True], (gaps > 0) | (flags & BEGIN > 0)))
    open_after = np.concatenate(((gaps > 0) | (flags & END > 0), [True]))
    is_initial = open_before[dots] & open_after[dots + 1]
    is_inside: npt.NDArray[np.bool_] = is_word & (is_small | is_initial)
    return is_inside


def _marks(gaps: Flags, flags: Flags) -> Flags:
    """What is written between each visible character and the next, but for borders."""
    # A blank is written as nothing at all, since most borders are blanks.
    marks = _MARKS[gaps]
    marks[(gaps < Kind.DOT) & (flags & BEGIN > 0)] = NEXT
    return marks


_MARKS: Final = np.array([0, INSIDE, INSIDE, 0, 0, HARD, ord(BETWEEN)], dtype=np.uint8)


def _written(codes: Codes, visible: Places, before: Flags, after: Flags, marks: Flags) -> Spelled:
    """The visible characters with their borders and the marks behind them."""
    shown = codes[visible]
    letters = CHARACTERS.replacements[shown]
    begins, ends, marked = before > 0, after > 0, marks > 0
    # A character takes at most eighteen places and three more: bytes will do.
    widths = 1 + begins.view(np.uint8) + ends.view(np.uint8) + marked.view(np.uint8)
    several = np.flatnonzero(letters == 0)
    longer = [CHARACTERS.longer[code] for code in shown[several].tolist()]
    widths[several] += np.array([len(one) - 1 for one in longer], dtype=np.uint8)
    behind = np.cumsum(widths, dtype=np.int64)
    places = behind - widths
    written = np.zeros(int(behind[-1]) if len(behind) else 0, dtype=np.uint32)
    written[places[begins]] = BEGIN
    first = places + begins
    written[first] = letters
    for place, one in zip(first[several].tolist(), longer, strict=True):
        written[place : place + len(one)] = one
    last = np.flatnonzero(ends)
    written[behind[last] - 1 - marked[last]] = END
    last = np.flatnonzero(marked)
    written[behind[last] - 1] = marks[last]
    text = written.tobytes().decode("utf-32-le", errors="surrogatepass")
    return Spelled(text, places, visible)


_CLUSTER: Final = regex.compile(
    r"(?:[\u1100-\u1112][\u1161-\u1175]|[\uac00-\ud7a3])[\u11a8-\u11c2]"
    r"|[\u1100-\u1112][\u1161-\u1175]|\p{M}{2,}"
)
"""The parts of a Korean syllable, and several marks on one letter, which may stand in any order."""


def composed(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text with Korean syllables put together and marks in order, and what that shortened.

    Returns:
        The text, and for each place where it became shorter: the offset there in the new text,
        and how many characters fewer there are up to there.
    """
    if unicodedata.is_normalized("NFC", text):
        return text, []
    parts, cuts, last, fewer = [], [], 0, 0
    for found in _CLUSTER.finditer(text):
        better = unicodedata.normalize("NFC", found[0])
        if better == found[0]:
            continue
        parts += [text[last : found.start()], better]
        last = found.end()
        if len(better) != len(found[0]):
            fewer += len(found[0]) - len(better)
            cuts.append((last - fewer, fewer))
    return "".join([*parts, text[last:]]), cuts
