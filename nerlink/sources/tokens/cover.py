"""Tokens that cover a document, cut so that every mention begins and ends with one."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Protocol, TypeVar

import regex

from nerlink.data import Document
from nerlink.sources.losses import Losses

__all__ = ["choose_flat", "cover", "opens_sentence"]

# White space; words with their combining marks; flags, of which `\X` would count all before one, in
# quadratic time; any other sign as people see it (an emoji is one token). The model's tokens
# (`converters.words`) follow rules that may change, and files must not change with them.
_SPACE_OR_TOKEN = regex.compile(r"(\s+)|\w+|[\U0001F1E6-\U0001F1FF]{2}(?![\p{M}\u200D])|\X")


def cover(doc: Document, losses: Losses) -> list[tuple[int, int]]:
    """Character ranges of tokens, in order, that leave out nothing but white space.

    The document's own tokens are kept; one is cut where a mention begins or ends inside it,
    and that is counted. White space becomes a token only at the border of a mention.
    """
    starts = {mention.start for mention in doc.mentions}
    ends = {mention.end for mention in doc.mentions}
    cuts = sorted(starts | ends)
    ranges: list[tuple[int, int]] = []
    for start, end, is_token in _segments(doc):
        pieces = list(_pieces(start, end, cuts))
        if is_token:
            ranges.extend(pieces)
            losses.add("tokens cut at a mention", doc.tokens is not None and len(pieces) > 1)
        else:
            ranges.extend(piece for piece in pieces if piece[0] in starts or piece[1] in ends)
    return ranges


def _segments(doc: Document) -> Iterator[tuple[int, int, bool]]:
    """The text without a hole: start, end, and whether it is a token or white space."""
    position = 0
    for start, end in (*(doc.tokens or ()), (len(doc.text), len(doc.text))):
        for match in _SPACE_OR_TOKEN.finditer(doc.text, position, start):
            yield *match.span(), match[1] is None
        if start < end:
            yield start, end, True
        position = end


def _pieces(start: int, end: int, cuts: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = bisect_right(cuts, start)
    last = first
    while last < len(cuts) and cuts[last] < end:
        last += 1
    return pairwise([start, *cuts[first:last], end])


def opens_sentence(doc: Document, ranges: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether each token opens a sentence, (n_tokens).

    Where the document has no sentences, line feeds part them: the rules that the model's sentences
    follow (`converters.segmentation`) may change, and files must not change with them.
    """
    if doc.sentences is not None:
        begins = [start for start, _ in doc.sentences]
        places = [bisect_right(begins, start) for start, _ in ranges]
        return [one != other for one, other in pairwise([-1, *places])]
    borders = pairwise([(0, 0), *ranges])
    return [doc.text.find("\n", last, start) >= 0 for (_, last), (start, _) in borders]


class _Stretch(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


S = TypeVar("S", bound=_Stretch)


def choose_flat(
    spans: Iterable[S],
    *,
    dropped: Callable[[S], object],
    is_kept: Callable[[S], bool] = lambda _: True,
) -> list[S]:
    """Spans without overlap, in the order of the text.

    Of spans that clash, the longest stays; of equally long ones, the earlier.

    Args:
        spans: In any order.
        dropped: Called with each span that clashes with one that stays.
        is_kept: Whether a span that clashes with none stays.
    """
    kept: list[S] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start)):
        # The spans that are kept do not overlap: only the two neighbours can be in the way.
        place = bisect_right(kept, span.start, key=attrgetter("start"))
        if (place and kept[place - 1].end > span.start) or (
            place < len(kept) and kept[place].start < span.end
        ):
            dropped(span)
        elif is_kept(span):
            kept.insert(place, span)
    return kept
