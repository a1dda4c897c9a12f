"""The text of a document as HTML, its mentions marked."""

import json
from collections.abc import Callable
from typing import Any

from nerlink.data import NIL, Document, Mention
from nerlink.display.blocks import Block, blocks
from nerlink.display.colours import hue_class
from nerlink.display.escaping import escape
from nerlink.display.nesting import Edge, nested_edges

__all__ = ["EntityNames", "details", "hover_text", "link_state", "marked_text"]

EntityNames = Callable[[str], str]
"""The name of an entity, by its id."""


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
