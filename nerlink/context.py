"""The text around a mention, cut between words."""

import re
from typing import Final

__all__ = ["around"]

_FIRST: Final = re.compile(r"^\S+(?=\s)")
_LAST: Final = re.compile(r"(?<=\s)\S+$")
"""A word at an end that may have been cut in two; text without spaces is cut anywhere."""


def around(text: str, start: int, end: int, *, width: int) -> tuple[str, str, str]:
    """Text before a stretch, the stretch, text after it.

    About `width` characters on either side, cut between words, with an ellipsis where cut.

    >>> around("The fair of Paris was good.", 12, 17, width=6)
    ('… of ', 'Paris', ' was …')
    """
    before, after = text[max(0, start - width) : start], text[end : end + width]
    if width and start > width:
        before = "…" + (before if text[start - width - 1].isspace() else _FIRST.sub("", before))
    if width and end + width < len(text):
        after = (after if text[end + width].isspace() else _LAST.sub("", after)) + "…"
    return before, text[start:end], after
