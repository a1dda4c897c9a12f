"""What is known about the candidates of a mention before its context is read.

Everything here depends on the surface alone, so it is looked up once a surface and remembered.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nerlink.data import Candidate
from nerlink.kb import CandidateGenerator, KnowledgeBase, normalise
from nerlink.models.names import NAME_FEATURES, compare_names

__all__ = ["CandidateSet", "Lookup"]

MAX_SURFACES: Final = 50_000


@dataclass(frozen=True, slots=True)
class CandidateSet:
    """The candidates of one surface, best prior first.

    Args:
        key: The normalised surface.
        entities: Their ids.
        rows: Their rows in the knowledge base, (n_candidates).
        priors: P(entity | surface), (n_candidates).
        counts: How often the surface was seen to mean each, (n_candidates).
        popularity: Popularity of each, (n_candidates).
        names: How the surface compares to each name, (n_candidates, len(NAME_FEATURES)).
        nil_count: How often the surface was seen to mean nothing in the knowledge base.
    """

    key: str
    entities: tuple[str, ...]
    rows: NDArray[np.int64]
    priors: NDArray[np.float32]
    counts: NDArray[np.float32]
    popularity: NDArray[np.float32]
    names: NDArray[np.float32]
    nil_count: float

    def __len__(self) -> int:
        return len(self.entities)


class Lookup:
    """Candidate sets of surfaces, the recent ones remembered.

    Args:
        kb: The knowledge base.
        generator: Finds candidates in it.
        limit: Candidates kept for a surface.
        nil_counts: Normalised surfaces to how often training saw them mean nothing in the base.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        generator: CandidateGenerator,
        *,
        limit: int,
        nil_counts: Mapping[str, int] | None = None,
    ) -> None:
        self.kb = kb
        self.generator = generator
        self.limit = limit
        self.nil_counts = dict(nil_counts or {})
        self._memory: OrderedDict[str, CandidateSet] = OrderedDict()
        self._rows: dict[str, int] = {}
        self._version = kb.recent_version

    def refresh(self) -> None:
        """Forget everything if the knowledge base has changed since."""
        if self.kb.recent_version != self._version:
            self._memory.clear()
            self._rows.clear()
            self._version = self.kb.recent_version

    def __call__(self, surfaces: Iterable[str]) -> list[CandidateSet]:
        """The candidate set of each surface."""
        return [self.one(surface) for surface in surfaces]

    def one(self, surface: str) -> CandidateSet:
        """The candidate set of one surface."""
        found = self._memory.get(surface)
        return self._look_up(surface) if found is None else found

    def row(self, entity: str) -> int:
        """The row of an entity in the knowledge base; -1 if it has no such entity."""
        row = self._rows.get(entity)
        if row is None:
            row = self._rows[entity] = self.kb.row(entity) if entity in self.kb else -1
        return row

    def with_entity(self, surface: str, entity: str) -> CandidateSet:
        """The candidate set of a surface, and one more entity at its end, in training."""
        found = self.generator.candidates(surface, limit=self.limit)
        return self._candidate_set(surface, (*found, Candidate(entity=entity)))

    def _look_up(self, surface: str) -> CandidateSet:
        found = self.generator.candidates(surface, limit=self.limit)
        candidates = self._candidate_set(surface, found)
        if len(self._memory) >= MAX_SURFACES:
            self._memory.popitem(last=False)
        self._memory[surface] = candidates
        return candidates

    def _candidate_set(self, surface: str, found: Sequence[Candidate]) -> CandidateSet:
        rows = self.kb.rows([candidate.entity for candidate in found])
        known = self.kb.attributes(rows)
        return CandidateSet(
            key=normalise(surface),
            entities=tuple(candidate.entity for candidate in found),
            rows=np.array(rows, dtype=np.int64),
            priors=np.array([candidate.prior or 0.0 for candidate in found], dtype=np.float32),
            counts=np.array([candidate.count for candidate in found], dtype=np.float32),
            popularity=np.array(known.popularities, dtype=np.float32),
            names=_name_table(surface, known.names),
            nil_count=float(self.nil_counts.get(normalise(surface), 0)),
        )


def _name_table(surface: str, names: Sequence[str]) -> NDArray[np.float32]:
    table = [compare_names(surface, name) for name in names]
    return np.array(table, dtype=np.float32).reshape(len(names), len(NAME_FEATURES))
