"""Long texts in blocks, because browsers slow down on one endless paragraph."""

from collections.abc import Iterator
from dataclasses import dataclass

from nerlink.data import Document, Mention

__all__ = ["Block", "blocks"]

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
