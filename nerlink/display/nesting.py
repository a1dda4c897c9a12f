"""Mentions as properly nested edges, although mentions may cross."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from nerlink.data import Mention

__all__ = ["Edge", "nested_edges"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Where a mention, or a part of one, begins or ends.

    Args:
        at: Character before which the edge stands.
        mention: Whose edge it is.
        is_opening: Whether it begins here.
        is_first: Whether this part has the mention's start.
        is_last: Whether this part has the mention's end.
    """

    at: int
    mention: Mention
    is_opening: bool
    is_first: bool
    is_last: bool


def nested_edges(mentions: Sequence[Mention]) -> Iterator[Edge]:
    """Edges from left to right, each closing one that of the last opened.

    A mention that reaches beyond the end of the one it begins in is cut there, and goes on as a
    second part.
    """
    waiting = [(mention.start, -mention.end, n) for n, mention in enumerate(mentions)]
    heapify(waiting)
    opened: list[tuple[int, Edge]] = []  # end of each part and its opening edge
    while waiting or opened:
        if opened and (not waiting or opened[-1][0] <= waiting[0][0]):
            end, edge = opened.pop()
            yield Edge(
                at=end,
                mention=edge.mention,
                is_opening=False,
                is_first=edge.is_first,
                is_last=edge.is_last,
            )
            continue
        start, _, n = heappop(waiting)
        mention = mentions[n]
        end = min(mention.end, opened[-1][0]) if opened else mention.end
        if end < mention.end:
            heappush(waiting, (end, -mention.end, n))
        edge = Edge(
            at=start,
            mention=mention,
            is_opening=True,
            is_first=start == mention.start,
            is_last=end == mention.end,
        )
        opened.append((end, edge))
        yield edge
