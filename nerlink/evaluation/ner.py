"""Named-entity recognition: strict matches of borders and label, counted by seqeval.

Seqeval compares tags, documents hold characters. Each mention becomes one tag, in the same place on
both sides: `B-PER` where the mention is, `O` where it is not. Two tags are equal exactly if both
sides have the mention, with the same characters and label, whatever overlaps it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from nerlink.evaluation.counts import Counts, Ratio, micro_ratios
from nerlink.evaluation.matching import Pair, pair_overlapping
from nerlink.evaluation.report import Report, Table

__all__ = [
    "OUTSIDE",
    "Labelled",
    "Tags",
    "has_labels",
    "labelled_mentions",
    "mention_ratios",
    "ner_ratios",
    "score_ner",
    "tags_of",
]

Labelled = tuple[int, int, str]
"""Start, end and label of a mention."""

Tags = list[str]
"""BIO tags, one a mention."""

OUTSIDE: Final = "O"
"""The tag of what no mention covers."""


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
    """Seqeval's strict scores and a table of them; empty if no gold mention has a label.

    Returns:
        `ner.f1`, `ner.precision`, `ner.recall`, `ner.macro.*` (averaged over labels),
        `ner.f1.<label>`; the table `ner` has a row a label, then the averages.
    """
    tags = [tags_of(*labelled_mentions(pair)) for pair in pairs]
    gold, predicted = [of_gold for of_gold, _ in tags], [said for _, said in tags]
    if all(tag == OUTSIDE for tags in gold for tag in tags):
        return Report(scores={})
    # Imported here because seqeval brings scikit-learn, which takes a second.
    from seqeval.metrics import classification_report

    # Seqeval's own strict mode looks through all mentions once for each label. It differs from the
    # default where tags are in no scheme, and these are in one.
    rows = classification_report(gold, predicted, output_dict=True, zero_division=0)
    return Report(scores=_ner_scores(rows), tables={"ner": _ner_table(rows)})


def _ner_scores(rows: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Seqeval's rows by our names of measures; labels that gold does not have are left out."""
    averages = ("micro avg", "macro avg", "weighted avg")
    labels = [label for label in rows if label not in averages and rows[label]["support"]]
    scores: dict[str, float] = {}
    for prefix, average in (("ner", "micro avg"), ("ner.macro", "macro avg")):
        for measure, column in (("f1", "f1-score"), ("precision",) * 2, ("recall",) * 2):
            scores[f"{prefix}.{measure}"] = float(rows[average][column])
    return scores | {f"ner.f1.{label}": float(rows[label]["f1-score"]) for label in labels}


def _ner_table(rows: Mapping[str, Mapping[str, float]]) -> Table:
    """Seqeval's rows in our columns."""
    return Table(
        title="Named-entity recognition (strict)",
        columns=("label", "precision", "recall", "f1", "gold"),
        rows=tuple(
            (
                name,
                *(float(row[c]) for c in ("precision", "recall", "f1-score")),
                int(row["support"]),
            )
            for name, row in rows.items()
        ),
    )


def tags_of(gold: Collection[Labelled], predicted: Collection[Labelled]) -> tuple[Tags, Tags]:
    """Gold and predicted tags of a document, in the order of its mentions, (n_mentions) each.

    >>> tags_of({(0, 12, "PER")}, {(0, 12, "PER"), (13, 16, "LOC")})
    (['B-PER', 'O'], ['B-PER', 'B-LOC'])
    """
    mentions = sorted({*gold, *predicted})
    sides = (
        [f"B-{m[2]}" if m in side else OUTSIDE for m in mentions] for side in (gold, predicted)
    )
    of_gold, said = sides
    return of_gold, said


def ner_ratios(pairs: Sequence[Pair]) -> dict[str, Ratio]:
    """The micro-averaged scores again, document by document, for intervals and tests."""
    mentions = [labelled_mentions(pair) for pair in pairs]
    ratios = {f"ner.{name}": ratio for name, ratio in _ratios(mentions).items()}
    # For each label, twice the right mentions and all mentions of the documents that have any.
    found: defaultdict[str, defaultdict[int, list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0])
    )
    for number, (gold, predicted) in enumerate(mentions):
        for mention in (*gold, *predicted):
            counts = found[mention[2]][number]
            counts[0] += mention in gold and mention in predicted
            counts[1] += 1
    for label in sorted({m[2] for gold, _ in mentions for m in gold}):
        ratios[f"ner.f1.{label}"] = Ratio.at(len(mentions), found[label])
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
