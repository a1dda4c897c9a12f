"""The text of a document as HTML, its mentions marked.

Mentions may cross, HTML elements may not, so that mentions become properly nested edges first.
Long texts are cut into blocks, because browsers slow down on one endless paragraph.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from heapq import heapify, heappop, heappush
from typing import Any, Final

from nerlink.data import NIL, Document, EntityNames, Mention
from nerlink.display.colours import hue_class
from nerlink.display.page import escape

__all__ = [
    "Block",
    "Edge",
    "blocks",
    "entity_name",
    "hover_text",
    "link_state",
    "marked_text",
    "nested_edges",
]

SIZE: Final = 4000
"""Characters after which the next line break outside a mention ends a block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stretch of a document, whole lines, with the mentions in it.

    Args:
        start: First character.
        end: One past the last character.
        mentions: Mentions that begin and end in the block.
    """

    start: int
    end: int
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Where a mention, or a part of one, begins or ends.

    Args:
        at: Character before which the edge stands.
        mention: The mention.
        is_opening: Whether the part begins here.
        is_first: Whether the part has the mention's start.
        is_last: Whether the part has the mention's end.
    """

    at: int
    mention: Mention
    is_opening: bool
    is_first: bool
    is_last: bool


def marked_text(doc: Document, *, names: EntityNames | None = None) -> str:
    """The whole text, escaped, with a `mark` around each mention.

    Labels and links are attributes that the style sheet shows, so that the text of the element is
    the document's, also when copied.
    """
    found = list(blocks(doc))
    if len(found) < 2:
        return "".join(_marked(doc.text, block, names) for block in found)
    return "".join(f'<div class="block">{_marked(doc.text, b, names)}</div>' for b in found)


def blocks(doc: Document) -> Iterator[Block]:
    """The document in order and without gaps; one block for a short or unbroken text."""
    mentions = sorted(doc.mentions, key=lambda mention: mention.start)
    start = n = 0
    while start < len(doc.text):
        end = _line_end(doc.text, start + SIZE)
        first = n
        # A mention across the line break moves the block's end behind the mention; then further
        # mentions begin before that end, and may move it again.
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


def nested_edges(mentions: Sequence[Mention]) -> Iterator[Edge]:
    """Edges from left to right; each that closes closes the part opened last.

    Where a mention reaches beyond the end of the part it begins in, it is cut at that end, and the
    rest of it goes on as a part of its own.
    """
    # Of mentions that begin together, the longest opens first, so that the others nest in it.
    waiting = [(mention.start, -mention.end, n) for n, mention in enumerate(mentions)]
    heapify(waiting)
    opened: list[tuple[int, Edge]] = []  # end of each open part and its opening edge
    while waiting or opened:
        # What ends here closes before anything opens here: neighbours do not nest.
        if opened and (not waiting or opened[-1][0] <= waiting[0][0]):
            end, edge = opened.pop()
            yield replace(edge, at=end, is_opening=False)
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


def _marked(text: str, block: Block, names: EntityNames | None) -> str:
    parts, last = [], block.start
    for edge in nested_edges(block.mentions):
        parts.append(escape(text[last : edge.at]))
        last = edge.at
        parts.append(_opening(edge, names) if edge.is_opening else "</mark>")
    return "".join([*parts, escape(text[last : block.end])])


def _opening(edge: Edge, names: EntityNames | None) -> str:
    """The opening tag of a mention, or of a part of one, with all that the page shows of it."""
    mention = edge.mention
    classes = ["mention", hue_class(mention.label), link_state(mention)]
    classes += [] if edge.is_first else ["continued"]
    classes += [] if edge.is_last else ["continues"]
    attributes = {
        "class": " ".join(classes),
        "data-label": mention.label or "",
        "data-link": entity_name(mention.entity, names),
        "title": hover_text(mention, names=names),
        "data-details": json.dumps(_details(mention, names), separators=(",", ":")),
    }
    # Only the first part of a cut mention is a stop of the tabulator key.
    focus = ' tabindex="0"' if edge.is_first else ""
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<mark {written}{focus}>"


def _details(mention: Mention, names: EntityNames | None) -> dict[str, Any]:
    """All fields of a mention, and its entity's name, as values for the page's script.

    A candidate is a list, name first: keys would make pages twice as long.
    """
    known = {field.name: getattr(mention, field.name) for field in fields(mention)}
    known["name"] = entity_name(mention.entity, names)
    known["candidates"] = [
        [entity_name(c.entity, names), c.entity, c.score, c.prior, c.count]
        for c in mention.candidates
    ]
    return known


def hover_text(mention: Mention, *, names: EntityNames | None = None) -> str:
    """A mention in words, a line each for label, link and candidates; for pages without scripts."""
    lines = [_with_score(mention.label or "no label", mention.score)]
    if mention.entity is not None:
        entity = _described(mention.entity, names)
        reason = f" ({mention.nil})" if mention.nil is not None else ""
        lines.append("→ " + _with_score(entity + reason, mention.link_score))
    for n, candidate in enumerate(mention.candidates, start=1):
        line = _with_score(f"{n}. {_described(candidate.entity, names)}", candidate.score)
        prior = "" if candidate.prior is None else f" (prior {candidate.prior:.2f})"
        lines.append(line + prior)
    return "\n".join(lines)


def _described(entity: str, names: EntityNames | None) -> str:
    name = entity_name(entity, names)
    return entity if name == entity else f"{name} ({entity})"


def _with_score(text: str, score: float | None) -> str:
    return text if score is None else f"{text} · {score:.2f}"


def link_state(mention: Mention) -> str:
    """`linked`, `nil` or `unlinked`."""
    if mention.entity is None:
        return "unlinked"
    return "nil" if mention.entity == NIL else "linked"


def entity_name(entity: str | None, names: EntityNames | None) -> str:
    """What people call an entity, its id where no names are known; nothing for no entity."""
    if names is None or entity in (None, NIL):
        return entity or ""
    return names(entity)
