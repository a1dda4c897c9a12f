"""Candidates for a part of a name: `Lovelace` may be Ada Lovelace, `S. Waugh` Steve Waugh."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from nerlink.data import Candidate
from nerlink.kb.candidates import rank
from nerlink.kb.from_base import FromBase
from nerlink.kb.normalise import normalise
from nerlink.kb.rows import RECORD

__all__ = ["Partial"]

_Found: TypeAlias = tuple[str, float, int]
"""Id, popularity and count of an entity."""

_MAX_NAMES: Final = 500
"""Names with the longest words of a surface that are looked through; the first ones of the base."""

_MAX_CANDIDATES: Final = 100
"""Candidates of a surface, the most popular of those."""


class Partial(FromBase):
    """Entities whose name has every word of the surface; initials may stand for words.

    Priors follow popularity. A surface of single letters has no candidates.
    """

    def _look_up(self, surfaces: Sequence[str]) -> list[tuple[Candidate, ...]]:
        query = (
            f"SELECT asked.key, {RECORD}, row, 0 FROM json_each(?) AS asked "
            "CROSS JOIN entity ON row IN (SELECT word.row FROM word CROSS JOIN word AS other "
            "ON other.word = json_extract(value, '$[1]') AND other.row = word.row "
            f"WHERE word.word = json_extract(value, '$[0]') LIMIT {_MAX_NAMES})"
        )
        words = [normalise(surface).split() for surface in surfaces]
        asked = list(map(_longest, words))
        every = zip(words, asked, self.kb.found(query, asked), strict=True)
        return [
            _most_popular(found if set(own) <= set(longest) else self._with_words(own, found))
            for own, longest, found in every
        ]

    def _with_words(self, words: Sequence[str], found: Sequence[_Found]) -> list[_Found]:
        """Those whose name has all words, or for a single letter one that begins with it."""
        rows = self.kb.rows([entity for entity, _, _ in found])
        names = self.kb.attributes(rows).names
        return [one for one, name in zip(found, names, strict=True) if _has_words(name, words)]


def _longest(words: Sequence[str]) -> tuple[str, str]:
    """The two longest words, or one twice, or none; single letters do not count."""
    whole = sorted({word for word in words if len(word) > 1}, key=lambda w: (-len(w), w))
    return (whole[0], whole[min(1, len(whole) - 1)]) if whole else ("", "")


def _most_popular(found: Sequence[_Found]) -> tuple[Candidate, ...]:
    return rank(sorted(found, key=lambda one: -one[1])[:_MAX_CANDIDATES])


def _has_words(name: str, words: Sequence[str]) -> bool:
    there = normalise(name).split()
    return all(
        word in there or (len(word) == 1 and any(one.startswith(word) for one in there))
        for word in words
    )
