"""Gold and predicted documents side by side, and which of their character ranges overlap."""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.evaluation.forms import comparable, warn_if_apart
from nerlink.sources.check import check_documents
from nerlink.words import number_of

__all__ = ["Pair", "Range", "match_documents", "overlaps_any", "pair_overlapping"]

Range = tuple[int, int]
"""First character and one past the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One text as people annotated it and as a system did.

    Args:
        name: The document's id, or its position where it has none.
        gold: What is right.
        predicted: What the system says.
    """

    name: str
    gold: Document
    predicted: Document


def match_documents(
    gold: Iterable[Document], predicted: Iterable[Document], *, is_told: bool = False
) -> list[Pair]:
    """Each gold document with its prediction, in gold order, in one form (`comparable`).

    Documents are matched by id; if any document on either side has none, by order.

    Args:
        gold: What is right.
        predicted: What a system says.
        is_told: Whether what is changed or looks wrong was said of these documents before.

    Raises:
        DataError: A document is missing, is there twice, or has another text.
    """
    golds, predictions = (
        comparable(check_documents(documents, what=side), side=side, is_told=is_told)
        for side, documents in (("gold", gold), ("predicted", predicted))
    )
    has_ids = all(doc.id is not None for doc in (*golds, *predictions))
    ordered = _in_gold_order(golds, predictions) if has_ids else predictions
    if len(golds) != len(ordered):
        raise DataError(
            f"{number_of(len(golds), 'gold documents')} and {len(ordered):,} predicted cannot be "
            "matched, and not all have an id. Give every document an id, or the same documents in "
            "the same order."
        )
    pairs = [
        Pair(name=f"document {n}" if doc.id is None else doc.id, gold=doc, predicted=prediction)
        for n, (doc, prediction) in enumerate(zip(golds, ordered, strict=True), start=1)
    ]
    for pair in pairs:
        _check(pair)
    if not is_told:
        warn_if_apart(golds, predictions)
    return pairs


def _in_gold_order(golds: Sequence[Document], predictions: Sequence[Document]) -> list[Document]:
    """The prediction of each gold document; refuses ids that are there twice or on one side only.

    Duplicates are refused first: where an id is there twice, what is missing cannot be said.
    """
    for side, documents in (("gold", golds), ("predicted", predictions)):
        twice = [name for name, n in Counter(doc.id for doc in documents).items() if n > 1]
        if twice:
            raise DataError(
                f"The {side} documents hold {_listed(twice)} more than once. "
                "An id must be unique; drop or rename the duplicates."
            )
    by_id = {doc.id: doc for doc in predictions}
    missing = [doc.id for doc in golds if doc.id not in by_id]
    if missing:
        raise DataError(
            f"No prediction for {_listed(missing)}. Predict every gold document, "
            "even if the prediction has no mentions."
        )
    gold_ids = {doc.id for doc in golds}
    unknown = [doc.id for doc in predictions if doc.id not in gold_ids]
    if unknown:
        raise DataError(
            f"No gold document for the predicted {_listed(unknown)}. "
            "Score a prediction against the documents it was made from."
        )
    return [by_id[doc.id] for doc in golds]


def _listed(ids: Sequence[str | None]) -> str:
    shown = ", ".join(repr(name) for name in ids[:3])
    return shown if len(ids) <= 3 else f"{shown} and {len(ids) - 3:,} more"


def _check(pair: Pair) -> None:
    """Refuse a pair that is not one document twice."""
    gold, predicted = pair.gold, pair.predicted
    # Only documents matched by order can differ here.
    if None not in (gold.id, predicted.id) and gold.id != predicted.id:
        raise DataError(
            f"Gold document {gold.id!r} stands beside predicted document {predicted.id!r}. Some "
            "documents have no id, so order counts: sort both alike or give every document an id."
        )
    if gold.text != predicted.text:
        at = _first_difference(gold.text, predicted.text)
        raise DataError(
            f"{pair.name}: gold and predicted text differ from character {at} on "
            f"({gold.text[at : at + 20]!r} and {predicted.text[at : at + 20]!r}). "
            "Offsets only compare on one text: predict on the gold text, unchanged."
        )


def _first_difference(first: str, second: str) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))


def pair_overlapping(gold: Sequence[Range], predicted: Sequence[Range]) -> list[tuple[int, int]]:
    """As many one-to-one pairs of overlapping ranges as there can be.

    Gold ranges choose in order of their ends; each takes, of the free predicted ranges that
    overlap it, the one that ends first. No other way finds more pairs, since that one is the least
    useful to the gold ranges that choose later.

    Returns:
        Positions in `gold` and in `predicted`.
    """
    waiting = sorted(range(len(predicted)), key=lambda n: predicted[n][0], reverse=True)
    free: list[tuple[int, int]] = []  # end and position of predicted ranges that have begun
    pairs = []
    for n in sorted(range(len(gold)), key=lambda n: (gold[n][1], gold[n][0])):
        start, end = gold[n]
        while waiting and predicted[waiting[-1]][0] < end:
            position = waiting.pop()
            insort(free, (predicted[position][1], position))
        # All free ranges begin before this end, so that the first to end after this start
        # overlaps; `len(predicted)` is behind every position, and skips those that end at it.
        first = bisect_right(free, (start, len(predicted)))
        if first < len(free):
            pairs.append((n, free.pop(first)[1]))
    return pairs


def overlaps_any(ranges: Iterable[Range], others: Iterable[Range]) -> set[Range]:
    """The ranges that share a character with one of the others."""
    found = set()
    by_start = sorted(others)
    starts = [start for start, _ in by_start]
    furthest = [0]  # the largest end among the first n others
    for _, end in by_start:
        furthest.append(max(furthest[-1], end))
    for start, end in ranges:
        # Of the others that begin before this end, one overlaps if any ends after this start.
        if furthest[bisect_right(starts, end - 1)] > start:
            found.add((start, end))
    return found
