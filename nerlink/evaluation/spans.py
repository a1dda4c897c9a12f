"""Character ranges: which coincide, which overlap, which belong together."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence

__all__ = ["Span", "overlaps_any", "pair_overlapping"]

Span = tuple[int, int]
"""Start, counted, and end, not counted."""


def pair_overlapping(gold: Sequence[Span], predicted: Sequence[Span]) -> list[tuple[int, int]]:
    """As many one-to-one pairs of overlapping ranges as there can be.

    Gold ranges choose in order of their end; each takes the free predicted range that overlaps it
    and ends first. Exchanging any two choices shows that no other way finds more pairs.

    Returns:
        Positions in `gold` and in `predicted`.
    """
    waiting = sorted(range(len(predicted)), key=lambda n: predicted[n][0], reverse=True)
    free: list[tuple[int, int]] = []  # end and position of predicted ranges that began already
    pairs = []
    for n in sorted(range(len(gold)), key=lambda n: (gold[n][1], gold[n][0])):
        start, end = gold[n]
        while waiting and predicted[waiting[-1]][0] < end:
            position = waiting.pop()
            insort(free, (predicted[position][1], position))
        first = bisect_right(free, (start, len(predicted)))
        if first < len(free):
            pairs.append((n, free.pop(first)[1]))
    return pairs


def overlaps_any(spans: Iterable[Span], others: Iterable[Span]) -> set[Span]:
    """Those of `spans` that share a character with one of `others`."""
    found = set()
    by_start = sorted(others)
    starts = [start for start, _ in by_start]
    furthest = [0]  # the largest end among the first n others
    for _, end in by_start:
        furthest.append(max(furthest[-1], end))
    for start, end in spans:
        # Others that begin before this end; one overlaps if any of them ends after this start.
        if furthest[bisect_right(starts, end - 1)] > start:
            found.add((start, end))
    return found
