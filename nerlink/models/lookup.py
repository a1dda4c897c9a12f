"""What is known about the candidates of a mention before its context is read.

Everything here depends on the surface alone, so it is looked up once a surface and remembered.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Final, Self

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
        types: Place of each one's type among the labels, counted from 1; 0 where it is none of
            them, (n_candidates).
        nil_count: How often the surface was seen to mean nothing in the knowledge base.
    """

    key: str
    entities: tuple[str, ...]
    rows: NDArray[np.int64]
    priors: NDArray[np.float32]
    counts: NDArray[np.float32]
    popularity: NDArray[np.float32]
    names: NDArray[np.float32]
    types: NDArray[np.int64]
    nil_count: float

    def __len__(self) -> int:
        return len(self.entities)

    def without(self, position: int) -> Self:
        """The set without one of its candidates."""
        columns = ("rows", "priors", "counts", "popularity", "names", "types")
        return replace(
            self,
            entities=self.entities[:position] + self.entities[position + 1 :],
            **{name: np.delete(getattr(self, name), position, axis=0) for name in columns},
        )


class Lookup:
    """Candidate sets of surfaces, the recent ones remembered.

    Args:
        kb: The knowledge base.
        generator: Finds candidates in it.
        limit: Candidates kept for a surface.
        nil_counts: Normalised surfaces to how often training saw them mean nothing in the base.
        labels: The labels that a tagger gives.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        generator: CandidateGenerator,
        *,
        limit: int,
        nil_counts: Mapping[str, int] | None = None,
        labels: Sequence[str] = (),
    ) -> None:
        self.kb = kb
        self.generator = generator
        self.limit = limit
        self.nil_counts = dict(nil_counts or {})
        self._labels = {label: 1 + i for i, label in enumerate(labels)}
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
        """The candidate set of each surface; new surfaces are looked up together."""
        surfaces = list(surfaces)
        missing = [one for one in dict.fromkeys(surfaces) if one not in self._memory]
        new = dict(zip(missing, self._look_up(missing), strict=True)) if missing else {}
        sets = [new[one] if one in new else self._memory[one] for one in surfaces]
        self._memory.update(new)
        while len(self._memory) > MAX_SURFACES:
            self._memory.popitem(last=False)
        return sets

    def one(self, surface: str) -> CandidateSet:
        """The candidate set of one surface."""
        found = self._memory.get(surface)
        return self([surface])[0] if found is None else found

    def row(self, entity: str) -> int:
        """The row of an entity in the knowledge base; -1 if it has no such entity."""
        row = self._rows.get(entity)
        if row is None:
            row = self._rows[entity] = self.kb.row(entity) if entity in self.kb else -1
        return row

    def with_entity(self, surface: str, entity: str) -> CandidateSet:
        """The candidate set of a surface, and one more entity at its end, in training."""
        found = self.generator.candidates(surface, limit=self.limit)
        return self._candidate_sets([surface], [(*found, Candidate(entity=entity))])[0]

    def _look_up(self, surfaces: Sequence[str]) -> list[CandidateSet]:
        found = [self.generator.candidates(surface, limit=self.limit) for surface in surfaces]
        return self._candidate_sets(surfaces, found)

    def _candidate_sets(
        self, surfaces: Sequence[str], found: Sequence[Sequence[Candidate]]
    ) -> list[CandidateSet]:
        """What is known of the candidates of some surfaces, asked for in one go."""
        every = [candidate for candidates in found for candidate in candidates]
        rows = self.kb.rows([candidate.entity for candidate in every])
        known = self.kb.attributes(rows)
        numbers = np.array(rows, dtype=np.int64)
        priors = np.array([candidate.prior or 0.0 for candidate in every], dtype=np.float32)
        counts = np.array([candidate.count for candidate in every], dtype=np.float32)
        popularity = np.array(known.popularities, dtype=np.float32)
        types = np.array([self._labels.get(kind or "", 0) for kind in known.types], dtype=np.int64)
        ends = accumulate(map(len, found), initial=0)
        return [
            CandidateSet(
                key=(key := normalise(surface)),
                entities=tuple(known.ids[first:last]),
                rows=numbers[first:last],
                priors=priors[first:last],
                counts=counts[first:last],
                popularity=popularity[first:last],
                names=_name_table(surface, known.names[first:last]),
                types=types[first:last],
                nil_count=float(self.nil_counts.get(key, 0)),
            )
            for surface, (first, last) in zip(surfaces, pairwise(ends), strict=True)
        ]


def _name_table(surface: str, names: Sequence[str]) -> NDArray[np.float32]:
    table = [compare_names(surface, name) for name in names]
    return np.array(table, dtype=np.float32).reshape(len(names), len(NAME_FEATURES))
