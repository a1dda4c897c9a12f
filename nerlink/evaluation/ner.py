"""Named-entity recognition: strict matches of borders and label, and mention detection alone.

The numbers are those of seqeval in its strict mode. Mentions are compared as characters, not as
tags, so that mentions may overlap.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nerlink.evaluation.counts import Counts, Ratio, micro_ratios
from nerlink.evaluation.matching import Pair, pair_overlapping
from nerlink.evaluation.report import Cell, Report, Table

__all__ = [
    "Labelled",
    "has_labels",
    "labelled_mentions",
    "mention_ratios",
    "ner_ratios",
    "score_ner",
]

Labelled = tuple[int, int, str]
"""Start, end and label of a mention."""


def has_labels(pair: Pair) -> bool:
    """Whether the gold document is annotated with labels (a document without mentions is)."""
    mentions = pair.gold.mentions
    return not mentions or any(mention.label is not None for mention in mentions)


def labelled_mentions(pair: Pair) -> tuple[set[Labelled], set[Labelled]]:
    """Gold and predicted mentions that count.

    A gold mention without label is neither rewarded nor punished: predicted mentions with the same
    borders are left out. So are predicted mentions without label, and all mentions of a document
    without any gold label.
    """
    if not has_labels(pair):
        return set(), set()
    gold = {(m.start, m.end, m.label) for m in pair.gold.mentions if m.label is not None}
    unlabelled = {(m.start, m.end) for m in pair.gold.mentions if m.label is None}
    unlabelled -= {(start, end) for start, end, _ in gold}
    predicted = {
        (m.start, m.end, m.label)
        for m in pair.predicted.mentions
        if m.label is not None and (m.start, m.end) not in unlabelled
    }
    return gold, predicted


def score_ner(pairs: Sequence[Pair]) -> Report:
    """Strict scores and a table of them; empty if no gold mention has a label.

    Returns:
        `ner.f1`, `ner.precision`, `ner.recall`, `ner.macro.*` (averaged over labels),
        `ner.f1.<label>`; the table `ner` has a row a label, then the averages.
    """
    sides = [labelled_mentions(pair) for pair in pairs]
    correct = Counter(label for gold, predicted in sides for *_, label in gold & predicted)
    n_predicted = Counter(label for _, predicted in sides for *_, label in predicted)
    n_gold = Counter(label for gold, _ in sides for *_, label in gold)
    if not n_gold:
        return Report(scores={})
    labels = sorted(n_gold.keys() | n_predicted.keys())
    by_label = {name: _measures(correct[name], n_predicted[name], n_gold[name]) for name in labels}
    micro = _measures(correct.total(), n_predicted.total(), n_gold.total())
    support = [n_gold[label] for label in labels]
    macro, weighted = (
        tuple(
            float(np.average(column, weights=weights))
            for column in zip(*by_label.values(), strict=True)
        )
        for weights in (None, support)
    )
    scores = {
        f"{prefix}.{measure}": average[n]
        for prefix, average in (("ner", micro), ("ner.macro", macro))
        for measure, n in (("f1", 2), ("precision", 0), ("recall", 1))
    }
    averages = {"micro avg": micro, "macro avg": macro, "weighted avg": weighted}
    rows: Iterator[tuple[Cell, ...]] = (
        (name, *numbers, n_gold[name] if name in by_label else n_gold.total())
        for name, numbers in (by_label | averages).items()
    )
    columns = ("label", "precision", "recall", "f1", "gold")
    table = Table("Named-entity recognition (strict)", columns, tuple(rows))
    # A label that only the prediction has lowers the averages, and has no score of its own.
    scores |= {f"ner.f1.{label}": by_label[label][2] for label in labels if n_gold[label]}
    return Report(scores=scores, tables={"ner": table})


def _measures(correct: int, predicted: int, gold: int) -> tuple[float, ...]:
    """Precision, recall and F1, the F1 multiplied as seqeval does, to the last bit."""
    counts = Counts(correct, predicted, gold)
    precision, recall = counts.precision, counts.recall
    return precision, recall, 2 * precision * recall / (precision + recall or 1.0)


def ner_ratios(pairs: Sequence[Pair]) -> dict[str, Ratio]:
    """The micro-averaged scores again, document by document, for intervals and tests."""
    mentions = [labelled_mentions(pair) for pair in pairs]
    ratios = {f"ner.{name}": ratio for name, ratio in _ratios(mentions).items()}
    for label in sorted({m[2] for gold, _ in mentions for m in gold}):
        of_label = [
            ({m for m in gold if m[2] == label}, {m for m in predicted if m[2] == label})
            for gold, predicted in mentions
        ]
        ratios[f"ner.f1.{label}"] = _ratios(of_label)["f1"]
    return ratios


def _ratios(mentions: list[tuple[set[Labelled], set[Labelled]]]) -> Mapping[str, Ratio]:
    return micro_ratios([Counts(len(g & p), len(p), len(g)) for g, p in mentions])


def mention_ratios(pairs: Sequence[Pair]) -> dict[str, Ratio]:
    """Mention detection alone, labels and links aside: same borders, or (`weak`) an overlap."""
    strong, weak = [], []
    for pair in pairs:
        gold = {(m.start, m.end) for m in pair.gold.mentions}
        predicted = {(m.start, m.end) for m in pair.predicted.mentions}
        strong.append(Counts(len(gold & predicted), len(predicted), len(gold)))
        n_overlapping = len(pair_overlapping(list(gold), list(predicted)))
        weak.append(Counts(n_overlapping, len(predicted), len(gold)))
    return {
        f"{prefix}.{name}": ratio
        for prefix, counts in (("mentions", strong), ("mentions.weak", weak))
        for name, ratio in micro_ratios(counts).items()
    }
