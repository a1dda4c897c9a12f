"""Candidates from a knowledge base: by aliases, by initials of names, by parts of names."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final, TypeAlias

from nerlink.data import Candidate
from nerlink.kb.candidates.base import Base, CandidateGenerator, rank
from nerlink.kb.normalise import is_acronym, normalise
from nerlink.kb.store.rows import RECORD

__all__ = ["Acronym", "Exact", "FromBase", "Normalised", "Partial"]


class FromBase(CandidateGenerator):
    """Looks in a knowledge base.

    Args:
        kb: The base; closing it is left to the caller.
    """

    def __init__(self, kb: Base) -> None:
        self.kb = kb

    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """What the base knows of many surfaces, looked up together."""
        distinct = list(dict.fromkeys(surfaces))
        found = dict(zip(distinct, self._look_up(distinct), strict=True))
        return [found[one][:limit] for one in surfaces]

    @abstractmethod
    def _look_up(self, surfaces: Sequence[str]) -> list[tuple[Candidate, ...]]:
        """All candidates of each surface, best first."""


class Exact(FromBase):
    """Entities with exactly this alias."""

    def _look_up(self, surfaces: Sequence[str]) -> list[tuple[Candidate, ...]]:
        query = (
            f"SELECT json_each.key, {RECORD}, row, count FROM json_each(?) "
            "CROSS JOIN alias ON alias.key = json_extract(value, '$[0]') "
            "AND surface = json_extract(value, '$[1]') CROSS JOIN entity USING (row)"
        )
        # SQLite takes no half surrogate pair. No alias has one, so its escape finds nothing either.
        written = [one.encode(errors="backslashreplace").decode() for one in surfaces]
        asked = [(normalise(one), text) for one, text in zip(surfaces, written, strict=True)]
        return list(map(rank, self.kb.found(query, asked)))


class Normalised(FromBase):
    """Entities with an alias of the same key as the surface; counts of these aliases are added."""

    def _look_up(self, surfaces: Sequence[str]) -> list[tuple[Candidate, ...]]:
        query = (
            f"SELECT json_each.key, {RECORD}, row, count FROM json_each(?) "
            "CROSS JOIN alias ON alias.key = value CROSS JOIN entity USING (row)"
        )
        return list(map(rank, self.kb.found(query, list(map(normalise, surfaces)))))


class Acronym(FromBase):
    """Entities whose name has these initials: `WHO` is the World Health Organization."""

    def _look_up(self, surfaces: Sequence[str]) -> list[tuple[Candidate, ...]]:
        query = (
            f"SELECT json_each.key, {RECORD}, row, 0 FROM json_each(?) "
            "CROSS JOIN entity ON acronym = value"
        )
        asked = [normalise(one) if is_acronym(one) else None for one in surfaces]
        return list(map(rank, self.kb.found(query, asked)))


_Found: TypeAlias = tuple[str, float, int]
"""Id, popularity and count of an entity."""

_MAX_NAMES: Final = 500
"""Names that are looked through: the first ones of the base that have the two longest words."""

_MAX_CANDIDATES: Final = 100
"""Candidates of a surface: the most popular entities whose name has all its words."""


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
        # SQL looks for two words, which leaves few names; the names are then compared in Python.
        words = [normalise(surface).split() for surface in surfaces]
        asked = list(map(_longest, words))
        every = zip(words, asked, self.kb.found(query, asked), strict=True)
        return [
            _most_popular(found if set(own) <= set(longest) else self._with_words(own, found))
            for own, longest, found in every
        ]

    def _with_words(self, words: Sequence[str], found: Sequence[_Found]) -> list[_Found]:
        """The entities whose name has all words; a single letter may open any word of the name."""
        rows = self.kb.rows([entity for entity, _, _ in found])
        names = self.kb.attributes(rows).names
        return [one for one, name in zip(found, names, strict=True) if _has_words(name, words)]


def _longest(words: Sequence[str]) -> tuple[str, str]:
    """The two longest words, or one twice, or two empty ones; single letters do not count."""
    whole = sorted({word for word in words if len(word) > 1}, key=lambda w: (-len(w), w))
    return (whole[0], whole[min(1, len(whole) - 1)]) if whole else ("", "")


def _most_popular(found: Sequence[_Found]) -> tuple[Candidate, ...]:
    return rank(sorted(found, key=lambda one: -one[1])[:_MAX_CANDIDATES])


def _has_words(name: str, words: Sequence[str]) -> bool:
    there = set(normalise(name).split())
    openings = {one[0] for one in there}
    return all(word in there or word in openings for word in words)
