"""Words of messages: numbers with their nouns."""

import re

__all__ = ["number_of"]


def number_of(number: int, things: str) -> str:
    """A number with its noun: `2,000 documents`, `1 document`, `1 mention without label`.

    Args:
        number: How many there are.
        things: The noun in the plural; for 1, its first word in `s` is put in the singular.
    """
    if number == 1:
        things = re.sub(r"(ie)?s\b", lambda end: "y" if end[1] else "", things, count=1)
    return f"{number:,} {things}"
