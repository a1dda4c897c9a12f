"""What is known about the candidates of one surface, as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "CandidateSet", "Lender", "OwnCounts", "prior_of_lenders"]

COLUMNS: Final = ("rows", "priors", "counts", "popularity", "names", "types", "lent")
"""What a candidate set knows of each candidate."""

OwnCounts: TypeAlias = Mapping[tuple[str, int], int]
"""In training, what a document itself added to the counts: (key, row) or (key, -1) for NIL."""


@dataclass(frozen=True, slots=True)
class Lender:
    """What a fuller name in the document may mean.

    Args:
        key: The normalised name.
        rows: Rows of its candidates, (n_candidates).
        counts: How often the name was seen to mean each, (n_candidates).
        popularity: Popularity of each, (n_candidates).
    """

    key: str
    rows: NDArray[np.int64]
    counts: NDArray[np.float32]
    popularity: NDArray[np.float32]

    def priors(self, own: OwnCounts) -> NDArray[np.float32]:
        """P(entity | name), as it was before a document added its own to the counts."""
        mine = np.array([own.get((self.key, row), 0) for row in self.rows.tolist()])
        counts = np.maximum(self.counts - mine, 0)
        share = (self.popularity + 1) / (self.popularity + 1).sum()
        priors: NDArray[np.float32] = (counts + share) / (counts.sum() + 1)
        return priors


@dataclass(frozen=True, slots=True)
class CandidateSet:
    """The candidates of one surface, best prior first.

    Args:
        surface: The mention as it is written.
        key: The normalised surface.
        entities: Their ids.
        rows: Their rows in the knowledge base, (n_candidates).
        priors: P(entity | surface), (n_candidates).
        counts: How often the surface was seen to mean each, (n_candidates).
        popularity: Popularity of each, (n_candidates).
        names: How the surface compares to each name, (n_candidates, len(NAME_FEATURES)).
        types: Place of each one's type among the labels, counted from 1; 0 where it is none of
            them, (n_candidates).
        lent: P(entity | fuller names in the document), (n_candidates); zeros without any.
        nil_count: How often the surface was seen to mean nothing in the knowledge base.
        unknown: Share of the fuller names in the document that have no candidates.
        lenders: The fuller names that have some.
    """

    surface: str
    key: str
    entities: tuple[str, ...]
    rows: NDArray[np.int64]
    priors: NDArray[np.float32]
    counts: NDArray[np.float32]
    popularity: NDArray[np.float32]
    names: NDArray[np.float32]
    types: NDArray[np.int64]
    lent: NDArray[np.float32]
    nil_count: float
    unknown: float
    lenders: tuple[Lender, ...] = ()

    def __len__(self) -> int:
        return len(self.entities)

    def without(self, position: int) -> Self:
        """The set without one of its candidates."""
        return replace(
            self,
            entities=self.entities[:position] + self.entities[position + 1 :],
            **{name: np.delete(getattr(self, name), position, axis=0) for name in COLUMNS},
        )


def prior_of_lenders(
    rows: NDArray[np.int64], lenders: Sequence[Lender], own: OwnCounts
) -> NDArray[np.float32]:
    """P(entity | fuller names in the document) of some rows, (n_rows); zeros without lenders.

    Args:
        rows: Rows in the knowledge base.
        lenders: The fuller names that have candidates; each has an equal say.
        own: In training, the document's own part in the counts, which is taken off.
    """
    priors: dict[int, float] = {}
    for lender in lenders:
        for row, prior in zip(lender.rows.tolist(), lender.priors(own).tolist(), strict=True):
            priors[row] = priors.get(row, 0.0) + prior / len(lenders)
    return np.array([priors.get(row, 0.0) for row in rows.tolist()], dtype=np.float32)
