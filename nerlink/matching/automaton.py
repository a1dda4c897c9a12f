"""All aliases of a base in one automaton, and the places of a text where one stands."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from ahocorasick_rs import AhoCorasick, MatchKind

from nerlink.matching.characters import codes_of
from nerlink.matching.spelling import BETWEEN, Places, Spelled, composed, joined, spell

__all__ = ["Automaton", "spellings"]

_WINDOW = 1 << 18
"""Characters that are searched at once: a text may be longer than what fits into memory."""

_CONTEXT = 64
"""Characters before a window that are looked at for the borders in it."""

_AT_ONCE = 20_000
"""Aliases that are spelled at once."""


def spellings(surfaces: Iterable[str]) -> Iterator[str]:
    """What the automaton looks for, of each surface that has a letter; of twins in a row, one."""
    left = iter(surfaces)
    while batch := [composed(one)[0] for one in islice(left, _AT_ONCE)]:
        spelled = dict.fromkeys(spell(joined(batch)).text.split(BETWEEN))
        yield from filter(None, spelled)


class Automaton:
    """Finds the leftmost, then longest surfaces in texts, such that none overlap.

    Aho and Corasick's automaton as `ahocorasick-rs` makes it: a million aliases of 30 characters
    take 120 MB, and 400 MB for the 15 seconds in which it is made; 10 MB of text are searched a
    second. `pyahocorasick` is made in 6 seconds, but keeps 420 MB and searches 3.5 MB a second.
    Both count characters as Python does.

    Args:
        patterns: Surfaces as `spellings` gives them.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.n_patterns = self._longest = 0
        self._automaton = AhoCorasick(
            self._counted(patterns), MatchKind.LeftmostLongest, store_patterns=False
        )

    def _counted(self, patterns: Iterable[str]) -> Iterator[str]:
        for pattern in patterns:
            self.n_patterns += 1
            self._longest = max(self._longest, len(pattern))
            yield pattern

    def find(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Start and end of what was found in each text, in order, (n_texts)."""
        found: list[list[tuple[int, int]]] = [[] for _ in texts]
        batch: list[tuple[int, str]] = []
        size = 0
        for number, text in enumerate(texts):
            whole, cuts = composed(text)
            if len(whole) > _WINDOW:
                found[number] = _uncut(self._in_windows(whole), cuts)
                continue
            if cuts:
                found[number] = _uncut(self._in_batch([whole])[0], cuts)
                continue
            batch.append((number, whole))
            size += len(whole)
            if size > _WINDOW:
                self._take(batch, found)
                batch, size = [], 0
        self._take(batch, found)
        return found

    def _take(self, batch: list[tuple[int, str]], found: list[list[tuple[int, int]]]) -> None:
        texts = [text for _, text in batch]
        for (number, _), pairs in zip(batch, self._in_batch(texts), strict=True):
            found[number] = pairs

    def _in_batch(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """What stands in short texts, which are searched as one."""
        starts, ends = self._search(spell(joined(texts)))
        lengths = np.array([len(text) + 1 for text in texts], dtype=np.int64)
        offsets = np.cumsum(lengths) - lengths
        bounds = np.searchsorted(starts, offsets).tolist()
        pairs = list(zip(starts.tolist(), ends.tolist(), strict=True))
        bounds.append(len(pairs))
        return [
            [(start - offset, end - offset) for start, end in pairs[first:last]]
            for offset, first, last in zip(offsets.tolist(), bounds, bounds[1:], strict=False)
        ]

    def _in_windows(self, text: str) -> list[tuple[int, int]]:
        """What stands in a long text, of which a window is searched at a time."""
        found: list[tuple[int, int]] = []
        place, overlap = 0, 4 * self._longest + _CONTEXT
        while place < len(text):
            left, limit = max(0, place - _CONTEXT), place + _WINDOW
            is_last = limit + overlap >= len(text)
            window = text[left : len(text) if is_last else limit + overlap]
            starts, ends = self._search(spell(codes_of(window), skip=place - left))
            pairs = zip((starts + left).tolist(), (ends + left).tolist(), strict=True)
            found += [pair for pair in pairs if is_last or pair[0] < limit]
            place = len(text) if is_last else max(limit, found[-1][1] if found else 0)
        return found

    def _search(self, spelled: Spelled) -> tuple[Places, Places]:
        pairs = self._automaton.find_matches_as_indexes(spelled.text)
        places = np.array(pairs, dtype=np.int64).reshape(-1, 3)
        return spelled.offsets(places[:, 1], places[:, 2])


def _uncut(pairs: list[tuple[int, int]], cuts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Offsets in a text before `composed` made it shorter."""
    if not cuts:
        return pairs
    places = np.array([place for place, _ in cuts], dtype=np.int64)
    fewer = np.array([0, *(n for _, n in cuts)], dtype=np.int64)
    flat = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    back = flat + fewer[np.searchsorted(places, flat, side="right")]
    return [(start, end) for start, end in back.tolist()]
