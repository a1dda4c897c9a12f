"""Invented words."""

from collections.abc import Iterator
from itertools import product

__all__ = ["syllable_words"]


def syllable_words() -> Iterator[str]:
    """Words nobody wrote, short ones first, without end in practice."""
    syllables = [a + b for a, b in product("bdfgklmnprstvz", "aeiou")]
    for length in (1, 2, 3, 4):
        yield from map("".join, product(syllables, repeat=length))
