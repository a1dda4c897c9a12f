"""Words of messages: numbers with their nouns, and strangers' texts made harmless."""

import re
from typing import Final

__all__ = ["UNSHOWABLE", "number_of", "shown", "visible"]

UNSHOWABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab, line feed and carriage return; surrogates."""


def number_of(number: int, things: str) -> str:
    """A number with its noun: `2,000 documents`, `1 document`, `1 mention without label`.

    Args:
        number: How many there are.
        things: The noun in the plural; for 1, its first word in `s` is put in the singular.
    """
    if number == 1:
        things = re.sub(r"(ie)?s\b", lambda end: "y" if end[1] else "", things, count=1)
    return f"{number:,} {things}"


def visible(text: str) -> str:
    """The text with characters that cannot be shown as U+FFFD.

    A terminal obeys some of them: a label of a file from elsewhere could clear the screen, change
    the title of the window or write into the clipboard.
    """
    return UNSHOWABLE.sub("\ufffd", text)


def shown(value: object, width: int = 80) -> str:
    """The start of a value as Python writes it, or its type where Python cannot write it.

    Args:
        value: Anything that a file or a person gave.
        width: Characters of it to show.
    """
    try:
        return repr(value)[:width]
    except (ValueError, RecursionError):  # an integer of thousands of digits, lists in lists
        return f"a value of type {type(value).__name__} that is too large to show"
