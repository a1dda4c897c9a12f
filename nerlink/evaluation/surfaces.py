"""How a mention's words relate to an entity's name."""

import re
from collections.abc import Callable, Sequence
from itertools import takewhile

__all__ = ["EntityNames", "are_named_alike", "is_partial_name"]

EntityNames = Callable[[str], str]
"""The name of an entity, by its id."""

# "Paris (mythology)" and "Paris, Texas" are both named Paris; the rest tells them apart.
DISAMBIGUATION = re.compile(r"\s*\(.*?\)|,.*$")


def is_partial_name(surface: str, name: str) -> bool:
    """Whether the surface's words stand side by side in the name, and are not all of it.

    >>> is_partial_name("Lovelace", "Ada Lovelace (mathematician)")
    True
    """
    part, whole = _words(surface), _words(name)
    starts = range(len(whole) - len(part) + 1)
    return 0 < len(part) < len(whole) and any(whole[n : n + len(part)] == part for n in starts)


def are_named_alike(first: str, second: str) -> bool:
    """Whether one name goes on where the other ends, or one's first word is bent from the other.

    Bent words share all but at most the last letter of the shorter one, and at least four.

    >>> are_named_alike("Japan", "Japan national football team")
    True
    >>> are_named_alike("Germany", "German language")
    True
    >>> are_named_alike("Paris", "Paris, Texas")
    False
    """
    short, long = sorted((_words(first), _words(second)), key=len)
    if not short or short == long:
        return False
    return long[: len(short)] == short or (len(short) == 1 and _is_bent(short[0], long[0]))


def _is_bent(first: str, second: str) -> bool:
    if first == second or not (first.isalpha() and second.isalpha()):
        return False
    letters = zip(first, second, strict=False)
    n_shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], letters))
    return n_shared >= max(4, min(len(first), len(second)) - 1)


def _words(name: str) -> Sequence[str]:
    return re.findall(r"\w+", DISAMBIGUATION.sub("", name).casefold())
