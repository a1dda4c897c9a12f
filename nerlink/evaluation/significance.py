"""How sure a score is, and whether one system is really better than another.

Documents are drawn at random, not mentions: mentions of one document are right or wrong together,
so that drawing them apart would make scores look surer than they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nerlink.data import Document
from nerlink.evaluation.counts import Ratio
from nerlink.evaluation.matching import match_documents
from nerlink.evaluation.measures import all_ratios
from nerlink.evaluation.report import Report, Table

__all__ = [
    "Difference",
    "Interval",
    "add_intervals",
    "compare",
    "comparison_table",
    "intervals",
    "intervals_table",
]

MAX_CELLS = 4_000_000  # samples x documents held at once: 32 MB

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A score with its confidence interval.

    Args:
        value: The score on the documents as they are.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two systems' scores on the same documents.

    Args:
        first: The first system's score.
        second: The second system's score.
        low: Lower end of the confidence interval of `second - first`.
        high: Upper end of the confidence interval.
        p_value: How often chance alone makes as large a difference.
    """

    first: float
    second: float
    low: float
    high: float
    p_value: float

    @property
    def value(self) -> float:
        """How much better the second system is."""
        return self.second - self.first


def intervals(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    seen: Mapping[str, int] | None = None,
    n_samples: int = 1000,
    level: float = 0.95,
    seed: int = 1,
) -> dict[str, Interval]:
    """Percentile bootstrap over documents, for each measure but calibration.

    Args:
        gold: What is right.
        predicted: What a system says.
        seen: As in `evaluate`.
        n_samples: Corpora drawn, with replacement, from the documents.
        level: Share of the drawn corpora whose score lies in the interval.
        seed: Same seed, same intervals.
    """
    ratios = all_ratios(match_documents(gold, predicted, is_told=True), seen=seen)
    if not ratios:
        return {}
    ends = _ends(_bootstrap(_stack(ratios.values()), n_samples, seed), level)
    return {
        name: Interval(value=ratio.value, low=low, high=high)
        for (name, ratio), (low, high) in zip(ratios.items(), ends, strict=True)
    }


def add_intervals(
    report: Report,
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    seen: Mapping[str, int] | None = None,
) -> Report:
    """A report with one more table, `intervals`: how sure the scores of the report are.

        add_intervals(evaluate(gold, predicted), gold, predicted)

    Args:
        report: Of `evaluate` or `evaluate_links`.
        gold: What is right.
        predicted: What the report is about.
        seen: As in `evaluate`.
    """
    found = intervals(gold, predicted, seen=seen)
    table = intervals_table({name: i for name, i in found.items() if name in report.scores})
    return replace(report, tables={**report.tables, "intervals": table}) if table.rows else report


def compare(
    gold: Iterable[Document],
    first: Iterable[Document],
    second: Iterable[Document],
    *,
    seen: Mapping[str, int] | None = None,
    n_samples: int = 10_000,
    seed: int = 1,
) -> dict[str, Difference]:
    """Approximate randomisation (Noreen 1989) and paired bootstrap (95 %) over documents.

    Randomisation swaps the two systems' answers to documents picked at random, and counts how
    often the difference becomes as large as the one observed; the p-value is two-sided.

    Args:
        gold: What is right.
        first: What one system says.
        second: What another system says of the same documents.
        seen: As in `evaluate`.
        n_samples: Corpora drawn for the intervals, and swaps for the p-values.
        seed: Same seed, same numbers.

    Returns:
        The measures that both predictions have.
    """
    pairs = match_documents(gold, first)
    a = all_ratios(pairs, seen=seen)
    b = all_ratios(match_documents([pair.gold for pair in pairs], second), seen=seen)
    names = [name for name in a if name in b]
    if not names:
        return {}
    sums_a, sums_b = _stack(a[name] for name in names), _stack(b[name] for name in names)
    # One seed draws the same corpora for both systems: the gains are paired.
    gains = _bootstrap(sums_b, n_samples, seed) - _bootstrap(sums_a, n_samples, seed)
    p_values = _randomise(sums_a, sums_b, n_samples, seed).tolist()
    return {
        name: Difference(first=a[name].value, second=b[name].value, low=low, high=high, p_value=p)
        for name, (low, high), p in zip(names, _ends(gains, 0.95), p_values, strict=True)
    }


def _bootstrap(sums: Array, n_samples: int, seed: int) -> Array:
    """Scores of drawn corpora, the same draws for every measure, (n_samples, n_measures).

    Args:
        sums: Numerators, then denominators, (n_documents, 2, n_measures).
        n_samples: How many corpora.
        seed: Of the draws.
    """
    generator = np.random.default_rng(seed)
    n_documents = len(sums)
    even = np.full(n_documents, 1 / n_documents)
    parts = []
    for n in _chunks(n_samples, n_documents):
        # How often each document is drawn is all that sums need, (n, n_documents): a product of
        # matrices gives the sums of all measures at once, and no drawn corpus is ever laid out.
        times = generator.multinomial(n_documents, even, size=n).astype(np.float64)
        parts.append(_divide(np.tensordot(times, sums, axes=1)))
    return np.concatenate(parts)


def _randomise(first: Array, second: Array, n_samples: int, seed: int) -> Array:
    """Two-sided p-values, (n_measures).

    Args:
        first: Sums of the first system as `_bootstrap` takes them.
        second: Sums of the second system.
        n_samples: How often documents are swapped at random.
        seed: Of the swaps.
    """
    generator = np.random.default_rng(seed)
    a, b, change = first.sum(axis=0), second.sum(axis=0), second - first
    # A hair of tolerance: sums in another order differ in their last bits.
    observed = abs(_divide(a) - _divide(b)) - 1e-12
    n_as_large = np.zeros(len(observed))
    for n in _chunks(n_samples, len(first)):
        swapped = generator.integers(0, 2, size=(n, len(first))).astype(np.float64)
        moved = np.tensordot(swapped, change, axes=1)  # (n, 2, n_measures)
        n_as_large += np.sum(abs(_divide(a + moved) - _divide(b - moved)) >= observed, axis=0)
    # The documents as they are count as one sample more, so that no p-value is 0.
    return np.asarray((n_as_large + 1) / (n_samples + 1))


def _chunks(n_samples: int, n_documents: int) -> Iterator[int]:
    """Numbers of samples that add up to all, each small enough for memory."""
    step = max(1, MAX_CELLS // max(1, n_documents))
    for start in range(0, n_samples, step):
        yield min(step, n_samples - start)


def _stack(ratios: Iterable[Ratio]) -> Array:
    """Numerators, then denominators, (n_documents, 2, n_measures)."""
    parts = [np.stack([ratio.numerator, ratio.denominator]) for ratio in ratios]
    return np.moveaxis(np.stack(parts, axis=-1), 1, 0)


def _divide(sums: Array) -> Array:
    """Scores, (..., n_measures), of sums, (..., 2, n_measures); 0 where nothing was drawn."""
    numerator, denominator = sums[..., 0, :], sums[..., 1, :]
    out = np.zeros_like(numerator)
    return np.divide(numerator, denominator, out=out, where=denominator != 0)


def _ends(samples: Array, level: float) -> list[tuple[float, float]]:
    """Lower and upper end of the percentile interval of each measure."""
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=0).tolist()
    return list(zip(low, high, strict=True))


def intervals_table(found: Mapping[str, Interval]) -> Table:
    """A row a measure."""
    rows = tuple((name, i.value, i.low, i.high) for name, i in found.items())
    columns = ("measure", "score", "low", "high")
    return Table("Confidence intervals (bootstrap over documents)", columns, rows)


def comparison_table(found: Mapping[str, Difference]) -> Table:
    """A row a measure."""
    rows = tuple(
        (name, d.first, d.second, d.value, d.low, d.high, f"{d.p_value:.4f}")
        for name, d in found.items()
    )
    columns = ("measure", "first", "second", "difference", "low", "high", "p")
    return Table("First against second (same documents)", columns, rows)
