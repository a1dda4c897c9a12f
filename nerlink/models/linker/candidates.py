"""What is known about the candidates of one surface, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from nerlink.models.linker.counts import Floats, TrainingCounts

__all__ = ["COLUMNS", "CandidateSet", "lent_to"]

COLUMNS: Final = ("rows", "priors", "counts", "popularity", "names", "types")
"""Fields of a candidate set that hold one row for each candidate."""


@dataclass(frozen=True, slots=True)
class CandidateSet:
    """The candidates of one surface, best prior first.

    Args:
        surface: The mention as it is written.
        key: The normalised surface.
        entities: Ids of the candidates.
        rows: Rows of the candidates in the knowledge base, (n_candidates).
        priors: P(entity | surface), (n_candidates).
        counts: How often the surface was seen to mean each candidate, (n_candidates).
        popularity: Popularity of each candidate, (n_candidates).
        names: How the surface compares to the name of each candidate,
            (n_candidates, len(NAME_FEATURES)).
        types: Place of each candidate's type among the labels, counted from 1; 0 for a type that
            is no label, (n_candidates).
        lenders: Candidate sets of the fuller names in the document; some may be empty.
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
    lenders: tuple[Self, ...] = ()

    def __len__(self) -> int:
        return len(self.entities)

    def lent_priors(self, training: TrainingCounts) -> Floats | None:
        """P(entity | name) as a fuller name lends it, (n_candidates).

        `None` if, by the counts that the mention may see, no entity has the name.
        """
        is_known = training.knows(self.key, self.rows)
        if not is_known.any():
            return None
        counts = training.of_name(self.key, self.rows, self.counts).astype(np.float64)
        fame = (self.popularity + 1) * is_known
        priors: Floats = (counts + fame / fame.sum()) / (counts.sum() + 1)
        return priors

    def without(self, position: int) -> Self:
        """The set without the candidate at a position."""
        return replace(
            self,
            entities=self.entities[:position] + self.entities[position + 1 :],
            **{name: np.delete(getattr(self, name), position, axis=0) for name in COLUMNS},
        )


def lent_to(
    rows: NDArray[np.int64], lenders: Sequence[CandidateSet], training: TrainingCounts
) -> tuple[NDArray[np.float32], float]:
    """What the fuller names in a document say of the candidates of a short one.

    Args:
        rows: Rows of the candidates in the knowledge base.
        lenders: The candidate sets of the fuller names.
        training: The counts that the mention may see.

    Returns:
        P(entity | fuller names) of each candidate, (n_candidates): the mean over the fuller names
        that have candidates; and the share of fuller names that have none.
    """
    lent = [(lender.rows, lender.lent_priors(training)) for lender in lenders]
    # A fuller name that the base knows from this document alone has no priors here: at inference
    # it would have no candidates.
    known = [(inside.tolist(), priors.tolist()) for inside, priors in lent if priors is not None]
    sums: dict[int, float] = {}
    for inside, priors in known:
        for row, prior in zip(inside, priors, strict=True):
            sums[row] = sums.get(row, 0.0) + prior / len(known)
    found = np.array([sums.get(row, 0.0) for row in rows.tolist()], dtype=np.float32)
    return found, 1 - len(known) / len(lenders) if lenders else 0.0
