"""Counts by document, and the fractions made from them.

Every measure but calibration is a sum over documents divided by another such sum. One
representation therefore serves the score, its confidence interval and its significance test.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counts", "Ratio", "macro_ratios", "micro_ratios"]


@dataclass(frozen=True, slots=True)
class Counts:
    """What matched in one document.

    Args:
        correct: Predicted items that are gold.
        predicted: Predicted items.
        gold: Gold items.
    """

    correct: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """Correct among predicted; 0 if nothing was predicted."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Correct among gold; 0 if there is no gold."""
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 if nothing is correct."""
        return 2 * self.correct / (self.predicted + self.gold) if self.correct else 0.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """A measure as the sum of `numerator` over the sum of `denominator`.

    Args:
        numerator: One value a document, (n_documents).
        denominator: One value a document, (n_documents).
    """

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> "Ratio":
        """From the numerator and denominator of each document."""
        array = np.array(list(pairs), dtype=np.float64).reshape(-1, 2)
        return cls(array[:, 0], array[:, 1])

    @classmethod
    def at(cls, n_documents: int, found: Mapping[int, Sequence[float]]) -> "Ratio":
        """From the numerator and denominator of some documents by number; the others have none.

        With thousands of labels, most documents have nothing of most labels.
        """
        array = np.zeros((2, n_documents))
        for number, pair in found.items():
            array[:, number] = pair
        return cls(array[0], array[1])

    @property
    def value(self) -> float:
        """The measure; 0 if the denominator is."""
        total = float(self.denominator.sum())
        return float(self.numerator.sum()) / total if total else 0.0


def micro_ratios(counts: list[Counts]) -> Mapping[str, Ratio]:
    """`f1`, `precision` and `recall` over all items; empty if no document has gold items."""
    if not any(count.gold for count in counts):
        return {}
    return {
        "f1": Ratio.of((2 * count.correct, count.predicted + count.gold) for count in counts),
        "precision": Ratio.of((count.correct, count.predicted) for count in counts),
        "recall": Ratio.of((count.correct, count.gold) for count in counts),
    }


def macro_ratios(counts: list[Counts]) -> Mapping[str, Ratio]:
    """`f1`, `precision` and `recall` averaged over documents; empty if no document has gold items.

    A document with neither gold nor predicted items has no score and is left out of the mean; a
    document with only one of the two scores 0.
    """
    if not any(count.gold for count in counts):
        return {}
    weights = [float(bool(count.predicted or count.gold)) for count in counts]
    return {
        name: Ratio.of(zip((getattr(count, name) for count in counts), weights, strict=True))
        for name in ("f1", "precision", "recall")
    }
