r"""The white space between tokens, as UDPipe notes it in CoNLL-U's column `misc`.

`SpaceAfter=No`, `SpacesAfter=\s\n`, `SpacesBefore=\t` (first token only); anything else means
what is usual: a blank, a line feed after a sentence, nothing at the end.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

__all__ = ["USUAL", "notes_from_text", "usual_gaps", "white_space"]

USUAL: Final = "_"
"""The note of a token that is surrounded by the usual white space."""

_PLAIN: Final = {"\\\\": "\\", "\\s": " ", "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\p": "|"}
_ESCAPES: Final = {ord(character): escape for escape, character in _PLAIN.items()}


def usual_gaps(sentences: Sequence[int], join: str) -> Iterator[str]:
    """What follows each token where nothing else is said."""
    between = (join if one == other else "\n" for one, other in pairwise(sentences))
    return chain(between, [""] if sentences else [])


def white_space(note: str, gap: str) -> tuple[str, str]:
    """What stands before and after a token with this note, where `gap` is usual after it."""
    before = ""
    if note == USUAL:
        return before, gap
    for entry in note.split("|"):
        key, _, value = entry.partition("=")
        if key == "SpacesBefore":
            before = _unescape(value)
        elif key == "SpacesAfter":
            gap = _unescape(value)
        elif entry in ("SpaceAfter=No", "NoSpaceAfter", "-"):  # CoNLL-U, HIPE, Flair
            gap = ""
    return before, gap


def _unescape(value: str) -> str:
    # From left to right: "\\s" is a backslash and an s, not a backslash and a blank.
    return re.sub(r"\\[\\strnp]", lambda match: _PLAIN[match[0]], value)


def notes_from_text(
    text: str, ranges: Sequence[tuple[int, int]], sentences: Sequence[int]
) -> list[str]:
    """The note of each token of a text, (n_tokens)."""
    if not ranges:
        return []
    notes, before = [], text[: ranges[0][0]]
    nexts = [start for start, _ in ranges[1:]] + [len(text)]
    for (_, end), following, gap in zip(ranges, nexts, usual_gaps(sentences, " "), strict=True):
        notes.append(_note_of_gap(before, text[end:following], gap))
        before = ""
    return notes


def _note_of_gap(before: str, after: str, gap: str) -> str:
    entries = []
    if before:
        entries.append("SpacesBefore=" + before.translate(_ESCAPES))
    if after != gap:
        entries.append(f"SpacesAfter={after.translate(_ESCAPES)}" if after else "SpaceAfter=No")
    return "|".join(entries) or USUAL
