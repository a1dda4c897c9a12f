"""What is known about the candidates of one surface, as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "CandidateSet", "Lender", "OwnCounts", "lent_to"]

COLUMNS: Final = ("rows", "priors", "counts", "popularity", "names", "types", "lent")
"""What a candidate set knows of each candidate."""

OwnCounts: TypeAlias = Mapping[tuple[str, int], float]
"""In training, what a document itself added to the counts: (key, row) or (key, -1) for NIL.

Infinity for a name that is known from this document alone: without it the base would lack it.
"""


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

    def priors(self, own: OwnCounts) -> NDArray[np.float32] | None:
        """P(entity | name), as it was before a document added its own; none if it had no name."""
        mine = np.array([own.get((self.key, row), 0) for row in self.rows.tolist()])
        is_known = np.isfinite(mine)
        if not is_known.any():
            return None
        counts = np.maximum(self.counts - mine, 0)
        fame = (self.popularity + 1) * is_known
        priors: NDArray[np.float32] = (counts + fame / fame.sum()) / (counts.sum() + 1)
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
        lenders: The fuller names; `None` for one that has no candidates.
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
    lenders: tuple[Lender | None, ...] = ()

    def __len__(self) -> int:
        return len(self.entities)

    def without(self, position: int) -> Self:
        """The set without one of its candidates."""
        return replace(
            self,
            entities=self.entities[:position] + self.entities[position + 1 :],
            **{name: np.delete(getattr(self, name), position, axis=0) for name in COLUMNS},
        )


def lent_to(
    rows: NDArray[np.int64], lenders: Sequence[Lender | None], own: OwnCounts
) -> tuple[NDArray[np.float32], float]:
    """What the fuller names in a document say of the candidates of a short one.

    Args:
        rows: Rows of the candidates in the knowledge base.
        lenders: The fuller names; `None` for one that has no candidates.
        own: In training, the document's own part in the counts, which is taken off.

    Returns:
        P(entity | fuller names) of each candidate, (n_candidates), names with candidates having
        an equal say; and the share of names that have none.
    """
    lent = [(lender.rows, lender.priors(own)) for lender in lenders if lender]
    known = [(inside.tolist(), priors.tolist()) for inside, priors in lent if priors is not None]
    sums: dict[int, float] = {}
    for inside, priors in known:
        for row, prior in zip(inside, priors, strict=True):
            sums[row] = sums.get(row, 0.0) + prior / len(known)
    found = np.array([sums.get(row, 0.0) for row in rows.tolist()], dtype=np.float32)
    return found, 1 - len(known) / len(lenders) if lenders else 0.0
