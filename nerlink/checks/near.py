"""Texts that are nearly the same, found in linear time by sketches of their words.

A text is the set of its runs of three words; of their hashes, the smallest are its sketch. Two
sketches tell how much two sets have in common, and texts that have much in common share one of
their very smallest hashes (Broder, "On the resemblance and containment of documents", 1997).
"""

from array import array
from collections.abc import Hashable
from heapq import nsmallest
from typing import Final, Generic, TypeVar
from zlib import crc32

__all__ = ["Near"]

RUN: Final = 3
SKETCH: Final = 32
"""Hashes that a text is known by: 0.9 is then told from 0.6."""

KEYS: Final = 3
"""Smallest hashes of which one must agree, for texts to be compared at all."""

ALIKE: Final = 0.8
"""Share of all runs of words of two texts that both have, if they are nearly the same."""

SHORTEST: Final = 20
"""Words of a text below which a few changed words are another text."""

Name = TypeVar("Name", bound=Hashable)


class Near(Generic[Name]):
    """Finds an earlier text that is nearly the same; some hundred bytes a text are kept."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[Name, array[int]]] = {}

    def like(self, text: str, name: Name) -> Name | None:
        """The name of an earlier text like this one, if there is one; this one is remembered."""
        words = text.casefold().split()
        if len(words) < SHORTEST:
            return None
        runs = zip(*(words[n:] for n in range(RUN)), strict=False)
        hashes = {crc32(" ".join(run).encode("utf-8", "surrogatepass")) for run in runs}
        mine = (name, array("I", nsmallest(SKETCH, hashes)))
        # Only the first text of a key is compared: a phrase of all texts must not cost more.
        others = [self._first.setdefault(key, mine) for key in mine[1][:KEYS]]
        alike = (other for other in others if other is not mine and _share(mine[1], other[1]))
        return next((found for found, _ in alike), None)


def _share(one: "array[int]", other: "array[int]") -> bool:
    """Whether two sketches say that their texts are alike."""
    both = nsmallest(SKETCH, {*one, *other})
    in_both = set(one).intersection(other)
    return sum(number in in_both for number in both) >= ALIKE * len(both)
