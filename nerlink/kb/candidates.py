"""What a surface may mean: small objects with one method, from exact look-up to chains of them."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Final

from nerlink.data import Candidate
from nerlink.kb.knowledge_base import KnowledgeBase
from nerlink.kb.normalise import is_acronym, normalise

__all__ = [
    "Acronym",
    "CandidateGenerator",
    "Chain",
    "Exact",
    "FromBase",
    "FromMentions",
    "Normalised",
    "rank",
]

_CACHE_SIZE: Final = 16_384
"""Surfaces whose candidates a generator remembers."""


def rank(found: Iterable[tuple[str, float, int]]) -> tuple[Candidate, ...]:
    """Candidates with priors that sum to 1, best first, ties by id.

    The prior is P(entity | surface) = (count + share) / (sum of counts + 1), where the share is
    popularity + 1 divided by its sum over the candidates: one imagined sighting, by fame.

    Args:
        found: Id, popularity and count of each candidate.
    """
    found = list(found)
    n_seen = 1 + sum(count for _, _, count in found)
    fame = sum(popularity + 1 for _, popularity, _ in found)
    candidates = [
        Candidate(entity=entity, prior=(count + (popularity + 1) / fame) / n_seen, count=count)
        for entity, popularity, count in found
    ]
    return tuple(sorted(candidates, key=lambda one: (-(one.prior or 0.0), one.entity)))


class CandidateGenerator(ABC):
    """Proposes entities for a surface. Also understood by flair, through `get_candidates`."""

    @abstractmethod
    def candidates(self, surface: str, *, limit: int | None = None) -> tuple[Candidate, ...]:
        """What the surface may mean, by falling prior, ties by id; empty if nothing is known.

        Args:
            surface: The mention as it is written.
            limit: Keep so many; `None` keeps all. Priors are shares of all in either case.
        """

    def get_candidates(self, mention: str) -> set[str]:
        """The ids alone, as flair's `CandidateGenerator` gives them."""
        return {candidate.entity for candidate in self.candidates(mention)}


class FromBase(CandidateGenerator):
    """Looks in a knowledge base, and remembers what it found until the base changes.

    Args:
        kb: The base; closing it is left to the caller.
        cache_size: Surfaces remembered.
    """

    def __init__(self, kb: KnowledgeBase, *, cache_size: int = _CACHE_SIZE) -> None:
        self.kb = kb
        self.cache_size = cache_size
        self._remembered = lru_cache(maxsize=cache_size)(self._look_up_at)

    def candidates(self, surface: str, *, limit: int | None = None) -> tuple[Candidate, ...]:
        """What the base knows of the surface, by falling prior."""
        return self._remembered(surface, self.kb.recent_version)[:limit]

    def _look_up_at(self, surface: str, version: int) -> tuple[Candidate, ...]:  # noqa: ARG002
        return self._look_up(surface)

    @abstractmethod
    def _look_up(self, surface: str) -> tuple[Candidate, ...]:
        """All candidates, best first."""

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), cache_size=self.cache_size), (self.kb,)


class Exact(FromBase):
    """Entities with exactly this alias."""

    def _look_up(self, surface: str) -> tuple[Candidate, ...]:
        query = (
            "SELECT id, popularity, count FROM alias CROSS JOIN entity USING (row) "
            "WHERE key = ? AND surface = ?"
        )
        written = surface.encode(errors="backslashreplace").decode()  # SQLite takes no surrogates
        return rank(self.kb.connection.execute(query, (normalise(surface), written)))


class Normalised(FromBase):
    """Entities with an alias of the same key; counts of all such aliases are added."""

    def _look_up(self, surface: str) -> tuple[Candidate, ...]:
        query = (
            "SELECT id, popularity, sum(count) FROM alias CROSS JOIN entity USING (row) "
            "WHERE key = ? GROUP BY alias.row"
        )
        return rank(self.kb.connection.execute(query, (normalise(surface),)))


class Acronym(FromBase):
    """Entities whose name has these initials: `WHO` is the World Health Organization."""

    def _look_up(self, surface: str) -> tuple[Candidate, ...]:
        if not is_acronym(surface):
            return ()
        query = "SELECT id, popularity, 0 FROM entity WHERE acronym = ?"
        return rank(self.kb.connection.execute(query, (normalise(surface),)))


class FromMentions(CandidateGenerator):
    """Entities that mentions of this key were seen to mean, in annotated documents.

    Args:
        pairs: Surface and entity id of each mention.
        key: Surfaces with the same key are one.
    """

    def __init__(
        self, pairs: Iterable[tuple[str, str]], *, key: Callable[[str], str] = normalise
    ) -> None:
        self._key = key
        counts: dict[str, Counter[str]] = {}
        for surface, entity in pairs:
            counts.setdefault(key(surface), Counter())[entity] += 1
        self._candidates = {
            seen: rank((entity, 0.0, count) for entity, count in entities.items())
            for seen, entities in counts.items()
        }

    def candidates(self, surface: str, *, limit: int | None = None) -> tuple[Candidate, ...]:
        """What mentions of this key meant, by falling prior."""
        return self._candidates.get(self._key(surface), ())[:limit]


class Chain(CandidateGenerator):
    """Asks one generator after another and takes the first answer that is not empty.

    Args:
        generators: The most trusted first, such as `Exact(kb), Normalised(kb), Fuzzy(kb)`.
    """

    def __init__(self, *generators: CandidateGenerator) -> None:
        self.generators = generators

    def candidates(self, surface: str, *, limit: int | None = None) -> tuple[Candidate, ...]:
        """The first answer that is not empty."""
        for generator in self.generators:
            if found := generator.candidates(surface, limit=limit):
                return found
        return ()
