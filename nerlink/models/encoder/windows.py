"""Packing a document's sentences into windows of subtokens, so that each subtoken has one vector.

A window shows the encoder the subtokens `start` to `stop` of a document, and gives vectors for the
subtokens `first` to `last`, its core. The cores of all windows cover the document exactly once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

__all__ = ["FLERT_CONTEXT", "Context", "Window", "batches_by_budget", "plan_windows"]

Context = Literal["window", "flert", "none"]

MOST_PADDING: Final = 40
"""Subtokens of padding that cost a CPU less than the call of another batch."""

FLERT_CONTEXT: Final = 64
"""Subtokens on each side of a sentence in the FLERT recipe (Schweter and Akbik, 2020)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document's subtokens.

    Args:
        document: Position of the document in its batch.
        start: First subtoken that the encoder sees.
        stop: One past the last subtoken that the encoder sees.
        first: First subtoken whose vector is taken from this window.
        last: One past the last subtoken whose vector is taken from this window.
    """

    document: int
    start: int
    stop: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.stop - self.start


def plan_windows(
    sentences: Sequence[tuple[int, int]],
    *,
    document: int = 0,
    size: int,
    overlap: int = 0,
    context: Context = "window",
    rng: Random | None = None,
) -> Iterator[Window]:
    """Windows of one document, in order.

    Args:
        sentences: Subtoken ranges of the sentences, in order, none empty.
        document: Position of the document in its batch.
        size: Subtokens a window holds at most.
        overlap: Subtokens to the left of the core that a window sees as context.
        context: `window` packs sentences; `flert` and `none` give each sentence one window.
        rng: In training, chooses where the first window ends, so that contexts vary.
    """
    end = sentences[-1][1] if sentences else 0
    # A document that fits in one window needs no room for an overlap.
    room = max(1, size - overlap) if end > size else size
    runs = _pack(sentences, room, rng) if context == "window" else sentences
    margin = {"window": overlap, "flert": FLERT_CONTEXT, "none": 0}[context]
    for first, last in runs:
        if last - first > size:
            yield from _cut(first, last, size, document)
            continue
        spare = size - (last - first)
        right = min(margin, end - last, spare // 2) if context == "flert" else 0
        left = min(margin, first, spare - right)
        yield Window(document, first - left, last + right, first, last)


def _pack(
    sentences: Sequence[tuple[int, int]], size: int, rng: Random | None
) -> Iterator[tuple[int, int]]:
    """Neighbouring sentences joined while they fit, in runs of about equal length."""
    if not sentences:
        return
    begin, end = sentences[0][0], sentences[-1][1]
    # Windows of about equal length: a full window and a rest of three tokens would leave the rest
    # without context.
    n_windows = -(-(end - begin) // size)
    target = -(-(end - begin) // n_windows)
    limit = rng.randint(1, size) if rng and n_windows > 1 else target
    first, last = sentences[0]
    for start, stop in sentences[1:]:
        # A sentence is never cut here, so a run ends before the sentence that would not fit.
        if stop - first > size or last - first >= limit:
            yield first, last
            first, limit = start, size if rng else target
        last = stop
    yield first, last


def _cut(first: int, last: int, size: int, document: int) -> Iterator[Window]:
    """A sentence longer than a window, cut so that each subtoken has the most context."""
    # An eighth on each side is context only: a token at the very edge of a window sees half of what
    # it needs. The first and the last piece keep the edges of the sentence itself.
    margin = size // 8
    start = first
    while True:
        stop = min(start + size, last)
        core_first = first if start == first else start + margin
        core_last = last if stop == last else stop - margin
        yield Window(document, start, stop, core_first, core_last)
        if stop == last:
            return
        start = core_last - margin


def batches_by_budget(
    lengths: Sequence[int], *, budget: int, is_padded: bool = True
) -> Iterator[list[int]]:
    """Positions of windows, the longest first, in batches of like length.

    Args:
        lengths: Subtokens of each window.
        budget: Subtokens a batch may hold, padding included; a longer window is a batch alone.
        is_padded: Whether the windows of a batch will be padded to the longest; then little
            padding is allowed, because the call of another batch costs less.
    """
    # The longest first: a batch is as wide as its first window, so the padding of each window that
    # is added is known at once.
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    batch: list[int] = []
    longest = n_real = 0
    for position in order:
        n_real += lengths[position]
        n_total = longest * (len(batch) + 1) if is_padded else n_real
        if batch and (n_total > budget or n_total - n_real > MOST_PADDING):
            yield batch
            batch, n_real = [], lengths[position]
        if not batch:
            longest = lengths[position]
        batch.append(position)
    if batch:
        yield batch
