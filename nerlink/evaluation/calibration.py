"""How far probabilities can be believed: expected calibration error and its reliability table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nerlink.data import NIL
from nerlink.evaluation.linking import links_of
from nerlink.evaluation.matching import Pair
from nerlink.evaluation.ner import labelled_mentions
from nerlink.evaluation.report import Table

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

    def table(self, title: str) -> Table:
        """A row a bin that is not empty."""
        rows = tuple(
            (f"{low:.1f}-{high:.1f}", float(confidence), float(accuracy), int(n))
            for low, high, confidence, accuracy, n in zip(
                self.edges,
                self.edges[1:],
                self.confidence,
                self.accuracy,
                self.counts,
                strict=False,
            )
            if n
        )
        columns = ("probability", "mean probability", "accuracy", "predictions")
        return Table(title=title, columns=columns, rows=rows)


def reliability(
    probabilities: ArrayLike, is_correct: ArrayLike, *, n_bins: int = 10
) -> Reliability:
    """Predictions sorted into bins; a bin holds its lower border, the last one also 1.

    Args:
        probabilities: Between 0 and 1, (n_predictions).
        is_correct: Whether each was right, (n_predictions).
        n_bins: Bins of equal width.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    right = np.asarray(is_correct, dtype=np.float64)
    edges = np.arange(n_bins + 1) / n_bins
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, n_bins - 1)
    counts = np.bincount(bins, minlength=n_bins)
    filled = np.maximum(counts, 1)
    confidence = np.bincount(bins, weights=values, minlength=n_bins) / filled
    accuracy = np.bincount(bins, weights=right, minlength=n_bins) / filled
    return Reliability(edges, counts, confidence, accuracy)


def link_reliability(pairs: Sequence[Pair]) -> Reliability:
    """Of predicted links that have a probability, on mentions whose gold link or `NIL` is known.

    A link's probability is one of entities given the mention, so that mentions with wrong borders
    do not count here; the links of spurious mentions lower precision instead.
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
    """Of predicted mentions that have a probability; right means gold borders and label."""
    probabilities, is_correct = [], []
    for pair in pairs:
        gold, predicted = labelled_mentions(pair)
        for m in pair.predicted.mentions:
            if m.score is not None and (m.start, m.end, m.label) in predicted:
                probabilities.append(m.score)
                is_correct.append((m.start, m.end, m.label) in gold)
    return reliability(probabilities, is_correct)
