"""Candidates for a part of a name: `Lovelace` may be Ada Lovelace, `S. Waugh` Steve Waugh."""

from collections.abc import Sequence
from typing import Final

from nerlink.data import Candidate
from nerlink.kb.candidates import rank
from nerlink.kb.from_base import FromBase
from nerlink.kb.normalise import normalise
from nerlink.kb.rows import RECORD

__all__ = ["Partial"]

_MAX_NAMES: Final = 500
"""Names with the longest words of a surface that are looked through; the first ones of the base."""

_MAX_CANDIDATES: Final = 100
"""Candidates of a surface, the most popular of those."""


class Partial(FromBase):
    """Entities whose name has every word of the surface; initials may stand for words.

    Priors follow popularity. A surface of single letters has no candidates.
    """

    def _look_up(self, surfaces: Sequence[str]) -> list[tuple[Candidate, ...]]:
        return [self._with_words(normalise(surface).split()) for surface in surfaces]

    def _with_words(self, words: Sequence[str]) -> tuple[Candidate, ...]:
        whole = sorted({word for word in words if len(word) > 1}, key=lambda w: (-len(w), w))
        if not whole:
            return ()
        asked = whole[0], whole[min(1, len(whole) - 1)]
        is_all = set(words) <= set(asked)
        query = (
            f"SELECT 0, {RECORD}, row, 0 FROM (SELECT word.row FROM json_each(?) "
            "CROSS JOIN word ON word.word = json_extract(value, '$[0]') "
            "CROSS JOIN word AS other ON other.word = json_extract(value, '$[1]') "
            f"AND other.row = word.row LIMIT {_MAX_NAMES}) CROSS JOIN entity USING (row) "
            f"ORDER BY popularity DESC, row LIMIT {_MAX_CANDIDATES if is_all else _MAX_NAMES}"
        )
        (found,) = self.kb.found(query, [asked])
        if not is_all:
            names = self.kb.attributes(self.kb.rows([entity for entity, _, _ in found])).names
            pairs = zip(found, names, strict=True)
            found = [one for one, name in pairs if _has_words(name, words)]
        return rank(found[:_MAX_CANDIDATES])


def _has_words(name: str, words: Sequence[str]) -> bool:
    """Whether a name has all words, or for a single letter one that begins with it."""
    there = normalise(name).split()
    return all(
        word in there or (len(word) == 1 and any(one.startswith(word) for one in there))
        for word in words
    )
