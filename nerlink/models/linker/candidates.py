"""What is known about the candidates of one surface, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from nerlink.models.linker.counts import TrainingCounts

__all__ = ["COLUMNS", "CandidateSet", "Lender", "lent_to"]

COLUMNS: Final = ("rows", "priors", "counts", "popularity", "names", "types")
"""What a candidate set knows of each candidate."""


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

    def priors(self, training: TrainingCounts) -> NDArray[np.float32] | None:
        """P(entity | name), (n_candidates); `None` if no entity would have the name."""
        is_known = training.knows(self.key, self.rows)
        if not is_known.any():
            return None
        counts = training.of_name(self.key, self.rows, self.counts).astype(np.float64)
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
        lenders: The fuller names in the document; `None` for one that has no candidates.
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
    rows: NDArray[np.int64], lenders: Sequence[Lender | None], training: TrainingCounts
) -> tuple[NDArray[np.float32], float]:
    """What the fuller names in a document say of the candidates of a short one.

    Args:
        rows: Rows of the candidates in the knowledge base.
        lenders: The fuller names; `None` for one that has no candidates.
        training: The counts that the mention may see.

    Returns:
        P(entity | fuller names) of each candidate, (n_candidates), names with candidates having
        an equal say; and the share of names that have none.
    """
    lent = [(lender.rows, lender.priors(training)) for lender in lenders if lender]
    # `None` for a lender that the base would not know without this document: to the model it is a
    # fuller name without candidates, as it will be at inference.
    known = [(inside.tolist(), priors.tolist()) for inside, priors in lent if priors is not None]
    sums: dict[int, float] = {}
    for inside, priors in known:
        for row, prior in zip(inside, priors, strict=True):
            sums[row] = sums.get(row, 0.0) + prior / len(known)
    found = np.array([sums.get(row, 0.0) for row in rows.tolist()], dtype=np.float32)
    return found, 1 - len(known) / len(lenders) if lenders else 0.0
