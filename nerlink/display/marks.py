"""The text of a document as HTML, its mentions marked.

Mentions may cross, HTML elements may not: mentions become properly nested edges first. Long texts
are cut into blocks, because browsers slow down on one endless paragraph.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

from nerlink.data import NIL, Document, EntityNames, Mention
from nerlink.display.colours import hue_class
from nerlink.display.page import escape

__all__ = [
    "Block",
    "Edge",
    "blocks",
    "details",
    "hover_text",
    "link_state",
    "marked_text",
    "nested_edges",
]


SIZE = 4000  # characters after which the next line break outside a mention ends a block


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stretch of a document, whole lines, with the mentions in it.

    Args:
        start: First character.
        end: One past the last character.
        mentions: None of them reaches beyond the block.
    """

    start: int
    end: int
    mentions: tuple[Mention, ...]


def blocks(doc: Document) -> Iterator[Block]:
    """The document in order and without gaps; one block for a short or unbroken text."""
    mentions = sorted(doc.mentions, key=lambda mention: mention.start)
    start = n = 0
    while start < len(doc.text):
        end = _line_end(doc.text, start + SIZE)
        first = n
        # A mention across the line break moves the block's end behind the mention.
        while n < len(mentions) and mentions[n].start < end:
            if mentions[n].end > end:
                end = _line_end(doc.text, mentions[n].end)
            n += 1
        yield Block(start=start, end=end, mentions=tuple(mentions[first:n]))
        start = end


def _line_end(text: str, at: int) -> int:
    """One past the first line break that is not before `at`, or the end of the text."""
    found = text.find("\n", at - 1)
    return len(text) if found < 0 else found + 1


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


def marked_text(doc: Document, *, names: EntityNames | None = None) -> str:
    """The whole text, escaped, with a `mark` around each mention.

    Labels and links are attributes that the style sheet shows, so that the text of the element is
    the document's, also when copied.
    """
    found = list(blocks(doc))
    if len(found) < 2:
        return "".join(_marked(doc.text, block, names) for block in found)
    return "".join(f'<div class="block">{_marked(doc.text, b, names)}</div>' for b in found)


def link_state(mention: Mention) -> str:
    """`linked`, `nil` or `unlinked`."""
    if mention.entity is None:
        return "unlinked"
    return "nil" if mention.entity == NIL else "linked"


def details(mention: Mention, *, names: EntityNames | None = None) -> dict[str, Any]:
    """What the page shows on hover, as plain values; candidates best first."""
    return {
        "label": mention.label,
        "score": mention.score,
        "entity": mention.entity,
        "name": _name(mention.entity, names),
        "link": mention.link_score,
        "nil": mention.nil,
        "candidates": [
            [c.entity, _name(c.entity, names), c.score, c.prior, c.count]
            for c in mention.candidates
        ],
    }


def hover_text(mention: Mention, *, names: EntityNames | None = None) -> str:
    """The same in words, a line each for label, link and candidates; for pages without scripts."""
    lines = [_joined(mention.label or "no label", mention.score)]
    if mention.entity is not None:
        entity = _described(mention.entity, names)
        reason = f" ({mention.nil})" if mention.nil is not None else ""
        lines.append("→ " + _joined(entity + reason, mention.link_score))
    for n, candidate in enumerate(mention.candidates, start=1):
        line = _joined(f"{n}. {_described(candidate.entity, names)}", candidate.score)
        prior = "" if candidate.prior is None else f" (prior {candidate.prior:.2f})"
        lines.append(line + prior)
    return "\n".join(lines)


def _marked(text: str, block: Block, names: EntityNames | None) -> str:
    parts, last = [], block.start
    for edge in nested_edges(block.mentions):
        parts.append(escape(text[last : edge.at]))
        last = edge.at
        parts.append(_opening(edge, names) if edge.is_opening else "</mark>")
    return "".join([*parts, escape(text[last : block.end])])


def _opening(edge: Edge, names: EntityNames | None) -> str:
    mention = edge.mention
    classes = ["mention", hue_class(mention.label), link_state(mention)]
    classes += [] if edge.is_first else ["continued"]
    classes += [] if edge.is_last else ["continues"]
    attributes = {
        "class": " ".join(classes),
        "data-label": mention.label or "",
        "data-link": _name(mention.entity, names) or mention.entity or "",
        "title": hover_text(mention, names=names),
        "data-details": json.dumps(details(mention, names=names), separators=(",", ":")),
    }
    # Only the first part of a cut mention is a stop of the tabulator key.
    focus = ' tabindex="0"' if edge.is_first else ""
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<mark {written}{focus}>"


def _name(entity: str | None, names: EntityNames | None) -> str | None:
    return None if names is None or entity in (None, NIL) else names(entity)


def _described(entity: str, names: EntityNames | None) -> str:
    name = _name(entity, names)
    return entity if name in (None, entity) else f"{name} ({entity})"


def _joined(text: str, score: float | None) -> str:
    return text if score is None else f"{text} · {score:.2f}"
