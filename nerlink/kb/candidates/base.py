"""What a surface may mean: small objects with one method, and chains of them."""

import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from nerlink.data import Candidate, Document
from nerlink.kb.normalise import normalise
from nerlink.kb.store.rows import Attributes

__all__ = ["Base", "CandidateGenerator", "Chain", "FromMentions", "rank"]


class Base(Protocol):
    """What generators ask a `KnowledgeBase`, which makes generators itself and so comes later."""

    path: Path

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of this thread."""

    def rows(self, ids: Sequence[str]) -> list[int]:
        """The rows of many entities."""

    def attributes(self, rows: Sequence[int]) -> Attributes:
        """Ids, names, types and popularities of the entities on some rows."""

    def found(self, query: str, asked: Sequence[object]) -> list[list[tuple[str, float, int]]]:
        """Id, popularity and count of the entities that a query finds for each value asked for."""


def rank(found: Iterable[tuple[str, float, int]]) -> tuple[Candidate, ...]:
    """Candidates with priors that sum to 1, best first, ties by id.

    The prior is P(entity | surface) = (count + share) / (sum of counts + 1), where the share is
    popularity + 1 divided by its sum over the candidates: one imagined sighting, by fame.

    Args:
        found: Id, popularity and count of each candidate.
    """
    found = list(found)
    n_seen = 1 + sum([count for _, _, count in found])
    fame = sum([popularity + 1 for _, popularity, _ in found])
    ranked = sorted(
        (-(count + (popularity + 1) / fame) / n_seen, entity, count)
        for entity, popularity, count in found
    )
    return tuple(
        [Candidate(entity=entity, prior=-prior, count=count) for prior, entity, count in ranked]
    )


class CandidateGenerator(ABC):
    """Proposes entities for a surface. Also understood by flair, through `get_candidates`."""

    @abstractmethod
    def candidates(self, surface: str, *, limit: int | None = None) -> tuple[Candidate, ...]:
        """What the surface may mean, by falling prior, ties by id; empty if nothing is known.

        Args:
            surface: The mention as it is written.
            limit: Keep so many; `None` keeps all. Priors are shares of all in either case.
        """

    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """`candidates` of many surfaces; a generator may be quicker to find them together."""
        return [self.candidates(surface, limit=limit) for surface in surfaces]

    def in_document(self, doc: Document) -> list[tuple[Candidate, ...]]:
        """What each mention of a document may mean."""
        return self.candidates_of([doc.surface(mention) for mention in doc.mentions])

    def get_candidates(self, mention: str) -> set[str]:
        """The ids alone, as flair's `CandidateGenerator` gives them."""
        return {candidate.entity for candidate in self.candidates(mention)}


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

    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """The first answer for each; a generator is asked for what those before it left open."""
        found: dict[str, tuple[Candidate, ...]] = dict.fromkeys(surfaces, ())
        for generator in self.generators:
            left = [one for one, candidates in found.items() if not candidates]
            if left:
                found.update(zip(left, generator.candidates_of(left, limit=limit), strict=True))
        return [found[surface] for surface in surfaces]
