"""Mentions of several pieces, as brat and BioC have them; nerlink's are one stretch of text."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.losses import Losses
from nerlink.words import shown

__all__ = ["FRAGMENTS", "Rule", "check_surface", "chosen_stretch", "fragments_of"]

Rule = Literal["cover", "longest", "leave-out"]
"""What becomes of a mention of several pieces: all from the first character to the last, its
longest piece, or nothing."""

FRAGMENTS: Final = "fragments"
"""The mention column that has the pieces of a mention of several, as `[start, end]`."""


def chosen_stretch(
    fragments: Sequence[tuple[int, int]], rule: Rule, losses: Losses
) -> tuple[int, int] | None:
    """The one stretch of text that stands for some pieces; several are counted.

    Args:
        fragments: Starts and ends.
        rule: What stands for them.
        losses: The counts.
    """
    if len(fragments) == 1:
        return fragments[0]
    said = {"cover": "read from end to end", "longest": "of which the longest piece is read"}
    losses.add(f"mentions of several pieces, {said.get(rule, 'left out')}")
    if rule == "leave-out":
        return None
    if rule == "longest":
        return max(fragments, key=lambda piece: piece[1] - piece[0])
    return min(start for start, _ in fragments), max(end for _, end in fragments)


def check_surface(
    text: str, fragments: Sequence[tuple[int, int]], surface: str | None, *, where: str
) -> None:
    """Refuse several pieces that are not the text that stands beside them.

    Raises:
        DataError: With what is in the text.
    """
    found = " ".join(text[max(start, 0) : max(end, 0)] for start, end in fragments)
    if surface is not None and found.split() != surface.split():
        raise DataError(
            f"{where}: the pieces {shown(list(fragments))} are {shown(found)} in the text, but the "
            f"mention says {shown(surface)}. Offsets count characters from 0; end is one past the "
            "last.",
            reason="another text at the offsets",
        )


def fragments_of(doc: Document, number: int, more: Mapping[str, Any]) -> Sequence[tuple[int, int]]:
    """The pieces of a mention: those that it had in its file, if they still are its own."""
    mention = doc.mentions[number]
    given = more.get(FRAGMENTS)
    if isinstance(given, list | tuple) and len(given) > 1:
        pieces = [tuple(piece) for piece in given if isinstance(piece, list | tuple)]
        are_pairs = all([type(offset) for offset in piece] == [int, int] for piece in pieces)
        if are_pairs and len(pieces) == len(given):
            ends = min(piece[0] for piece in pieces), max(piece[1] for piece in pieces)
            if ends == (mention.start, mention.end):
                return [(piece[0], piece[1]) for piece in pieces]
    return [(mention.start, mention.end)]
