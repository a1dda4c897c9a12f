"""Documents in the terminal, mentions coloured by label."""

from typing import TYPE_CHECKING

from nerlink.data import Document, EntityNames, Mention
from nerlink.display.colours import DARK, label_hue
from nerlink.display.marks import entity_name, nested_edges
from nerlink.words import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["document_text", "print_document"]


def print_document(
    doc: Document, console: "Console | None" = None, *, names: EntityNames | None = None
) -> None:
    """Print a document; after each mention stand its label and the name of its entity."""
    from rich.console import Console
    from rich.text import Text

    printer = Console() if console is None else console
    if doc.id is not None:
        printer.print(Text(visible(doc.id), style="dim"))
    printer.print(document_text(doc, names=names))


def document_text(doc: Document, *, names: EntityNames | None = None) -> "Text":
    """The document as rich text."""
    from rich.text import Text

    text, last = Text(), 0
    inside: list[Mention] = []  # the mentions that are open, the innermost last
    for edge in nested_edges(doc.mentions):
        style = _style(inside[-1]) if inside else ""
        text.append(visible(doc.text[last : edge.at]), style=style)
        last = edge.at
        if edge.is_opening:
            inside.append(edge.mention)
            continue
        inside.pop()
        if edge.is_last:
            text.append(_label_and_link(edge.mention, names), style=f"{_style(edge.mention)} bold")
    text.append(visible(doc.text[last:]))
    return text


def _style(mention: Mention) -> str:
    hue = label_hue(mention.label)
    return f"{DARK.ink.hex(hue)} on {DARK.ground.hex(hue)}"


def _label_and_link(mention: Mention, names: EntityNames | None) -> str:
    link = entity_name(mention.entity, names)
    parts = [mention.label or "", f"→ {link}" if link else ""]
    words = " ".join(part for part in parts if part)
    return visible(f" {words} ") if words else ""
