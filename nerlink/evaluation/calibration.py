"""How far probabilities can be believed: expected calibration error and its reliability table.

A system is calibrated if, of all its predictions with probability 0.8, 80 % are right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nerlink.data import NIL
from nerlink.evaluation.linking import links_of
from nerlink.evaluation.matching import Pair
from nerlink.evaluation.ner import labelled_mentions
from nerlink.evaluation.report import Report, Table

__all__ = ["Reliability", "link_reliability", "ner_reliability", "reliability"]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Probabilities in bins of equal width, beside how often they were right.

    Args:
        edges: Borders of the bins, (n_bins + 1).
        counts: Predictions in each bin, (n_bins).
        confidence: Mean probability in each bin, 0 where it is empty, (n_bins).
        accuracy: Share of right ones in each bin, 0 where it is empty, (n_bins).
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def ece(self) -> float:
        """Expected calibration error: |accuracy - confidence|, weighted by count.

        Guo et al. 2017, On Calibration of Modern Neural Networks.
        """
        gaps = np.abs(self.accuracy - self.confidence)
        return float(gaps @ self.counts / self.counts.sum()) if self.counts.any() else 0.0

    def report(self, name: str, *, title: str) -> Report:
        """`<name>.ece` and the table `<name>.reliability`; empty without predictions.

        The table has a row for each bin that is not empty.
        """
        if not self.counts.any():
            return Report(scores={})
        bins = zip(pairwise(self.edges), self.confidence, self.accuracy, self.counts, strict=True)
        rows = tuple(
            (f"{low:.1f}-{high:.1f}", float(confidence), float(accuracy), int(n))
            for (low, high), confidence, accuracy, n in bins
            if n
        )
        table = Table(title, ("probability", "mean probability", "accuracy", "predictions"), rows)
        return Report(scores={f"{name}.ece": self.ece}, tables={f"{name}.reliability": table})


def reliability(
    probabilities: ArrayLike, is_correct: ArrayLike, *, n_bins: int = 10
) -> Reliability:
    """Predictions sorted into bins; a bin holds its lower border, the last bin also 1.

    Args:
        probabilities: Between 0 and 1, (n_predictions).
        is_correct: Whether each was right, (n_predictions).
        n_bins: Bins of equal width.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    right = np.asarray(is_correct, dtype=np.float64)
    # Not linspace, whose 0.7 is 0.7000000000000001 and would leave 0.7 to the bin below.
    edges = np.arange(n_bins + 1) / n_bins
    # 1 would open a bin of its own, and documents may hold a probability a hair outside 0 to 1.
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, n_bins - 1)
    counts = np.bincount(bins, minlength=n_bins)
    filled = np.maximum(counts, 1)  # an empty bin has the means 0, not a division by zero
    confidence = np.bincount(bins, weights=values, minlength=n_bins) / filled
    accuracy = np.bincount(bins, weights=right, minlength=n_bins) / filled
    return Reliability(edges, counts, confidence, accuracy)


def link_reliability(pairs: Sequence[Pair]) -> Reliability:
    """Reliability of predicted links to an entity, on mentions whose gold link or `NIL` is known.

    The probability of a link is P(entity | mention): it takes the mention for right. Links of
    mentions with wrong borders therefore do not count here; they lower precision instead.
    """
    probabilities, is_correct = [], []
    for pair in pairs:
        gold = links_of(pair).gold
        annotated = {(start, end) for start, end, _ in gold}
        for m in pair.predicted.mentions:
            is_link = m.entity not in (None, NIL) and (m.start, m.end) in annotated
            if is_link and m.link_score is not None:
                probabilities.append(m.link_score)
                is_correct.append((m.start, m.end, m.entity) in gold)
    return reliability(probabilities, is_correct)


def ner_reliability(pairs: Sequence[Pair]) -> Reliability:
    """Reliability of predicted mentions; a right one has the borders and label of a gold one."""
    probabilities, is_correct = [], []
    for pair in pairs:
        gold, predicted = labelled_mentions(pair)
        for m in pair.predicted.mentions:
            if m.score is not None and (m.start, m.end, m.label) in predicted:
                probabilities.append(m.score)
                is_correct.append((m.start, m.end, m.label) in gold)
    return reliability(probabilities, is_correct)
