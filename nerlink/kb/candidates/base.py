"""What a surface may mean: generators with one method to write, and chains of generators."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from nerlink.data import Candidate, Document
from nerlink.kb.store.guarded import BaseConnection
from nerlink.kb.store.rows import Attributes

__all__ = ["Base", "CandidateGenerator", "Chain", "rank"]


class Base(Protocol):
    """What generators ask of a `KnowledgeBase`.

    The class `KnowledgeBase` makes generators, so generators cannot import the class.
    """

    path: Path

    @property
    def connection(self) -> BaseConnection:
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
    if len(found) == 1:  # nearly always, and then there is nothing to count
        ((entity, _, count),) = found
        return (Candidate(entity=entity, prior=1.0, count=count),)
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
    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """What each surface may mean, by falling prior, ties by id; empty if nothing is known.

        Args:
            surfaces: The mentions as they are written, (n_surfaces); one may occur again.
            limit: Keep so many candidates of each surface; `None` keeps all. Priors are shares
                of all candidates in either case.
        """

    def candidates(self, surface: str, *, limit: int | None = None) -> tuple[Candidate, ...]:
        """What one surface may mean, as `candidates_of` says."""
        return self.candidates_of([surface], limit=limit)[0]

    def in_document(self, doc: Document) -> list[tuple[Candidate, ...]]:
        """What each mention of a document may mean."""
        return self.candidates_of([doc.surface(mention) for mention in doc.mentions])

    def get_candidates(self, mention: str) -> set[str]:
        """The entity ids alone, as the `CandidateGenerator` of flair gives them."""
        return {candidate.entity for candidate in self.candidates(mention)}


class Chain(CandidateGenerator):
    """Asks one generator after another and takes the first answer that is not empty.

    Args:
        generators: The most trusted first, such as `Exact(kb), Normalised(kb), Fuzzy(kb)`.
    """

    def __init__(self, *generators: CandidateGenerator) -> None:
        self.generators = generators

    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """The first answer for each surface; a generator is asked for what is left open."""
        found: dict[str, tuple[Candidate, ...]] = dict.fromkeys(surfaces, ())
        for generator in self.generators:
            left = [one for one, candidates in found.items() if not candidates]
            if left:
                found.update(zip(left, generator.candidates_of(left, limit=limit), strict=True))
        return [found[surface] for surface in surfaces]
