"""Named-entity recognition: strict matches of borders and label, counted by seqeval.

Seqeval compares tags, documents hold characters. The text is cut into pieces at every border of a
gold or predicted mention, so that each mention covers whole pieces, and two mentions get the same
tags exactly if they have the same characters and label. A sequence of tags cannot hold mentions
that overlap, so they go to several sequences, the layers.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
    "tag_layers",
]

Labelled = tuple[int, int, str]
"""Start, end and label of a mention."""

Tags = list[str]
"""BIO tags, one a piece."""

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
    gold: list[Tags] = []
    predicted: list[Tags] = []
    for pair in pairs:
        for gold_tags, predicted_tags in tag_layers(*labelled_mentions(pair)):
            gold.append(gold_tags)
            predicted.append(predicted_tags)
    if all(tag == OUTSIDE for tags in gold for tag in tags):
        return Report(scores={})
    # Imported here because seqeval brings scikit-learn, which takes a second.
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    rows = classification_report(
        gold, predicted, mode="strict", scheme=IOB2, output_dict=True, zero_division=0
    )
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


def tag_layers(
    gold: Collection[Labelled], predicted: Collection[Labelled]
) -> Iterator[tuple[Tags, Tags]]:
    """Gold and predicted tags of each layer; one layer where nothing overlaps.

    >>> list(tag_layers({(0, 12, "PER")}, {(0, 12, "PER"), (13, 16, "LOC")}))
    [(['B-PER', 'O', 'O'], ['B-PER', 'O', 'B-LOC'])]
    """
    borders = sorted({at for start, end, _ in (*gold, *predicted) for at in (start, end)})
    piece = {border: n for n, border in enumerate(borders)}
    layers = _Layers(max(len(borders) - 1, 0))
    layer_of = {m: layers.lay_gold(piece[m[0]], piece[m[1]], m[2]) for m in sorted(set(gold))}
    # A predicted mention that is gold must lie beside the gold one to count as correct. Such
    # mentions come first: they overlap no more than the gold ones, so their layer is still free.
    for m in sorted(set(predicted), key=lambda m: (m not in layer_of, m)):
        layers.lay_predicted(piece[m[0]], piece[m[1]], m[2], layer_of.get(m))
    yield from zip(layers.gold, layers.predicted, strict=True)


class _Layers:
    """Tag sequences, which become more as mentions overlap."""

    def __init__(self, n_pieces: int) -> None:
        self.n_pieces = n_pieces
        self.gold: list[Tags] = []
        self.predicted: list[Tags] = []

    def lay_gold(self, start: int, end: int, label: str) -> int:
        layer = self._first_free(self.gold, start, end)
        self.gold[layer][start:end] = _bio(label, end - start)
        return layer

    def lay_predicted(self, start: int, end: int, label: str, layer: int | None) -> None:
        if layer is None:
            layer = self._first_free(self.predicted, start, end)
        self.predicted[layer][start:end] = _bio(label, end - start)

    def _first_free(self, side: list[Tags], start: int, end: int) -> int:
        """The first layer without a mention there; if there is none, a new one on both sides."""
        for layer, tags in enumerate(side):
            if all(tag == OUTSIDE for tag in tags[start:end]):
                return layer
        self.gold.append([OUTSIDE] * self.n_pieces)
        self.predicted.append([OUTSIDE] * self.n_pieces)
        return len(side) - 1


def _bio(label: str, n: int) -> Tags:
    return [f"B-{label}"] + [f"I-{label}"] * (n - 1)


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
