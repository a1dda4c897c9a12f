"""How a surface compares to an entity's name."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from nerlink.kb import normalise

__all__ = ["NAME_FEATURES", "compare_names"]

NAME_FEATURES: Final = (
    "name is exact",
    "name is equal but for its qualifier",
    "share of the name in the surface",
    "share of the surface in the name",
    "surface is the name's acronym",
    "letters in common",
)

_CACHE_SIZE: Final = 4096
"""Names whose parts are remembered, two kilobytes each."""

QUALIFIER: Final = re.compile(r"\s*\(.*?\)\s*$|,.*$")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A name normalised, without its qualifier, as words, as triples of letters; its initials."""

    whole: str
    base: str
    words: frozenset[str]
    triples: frozenset[str]
    initials: str


@lru_cache(maxsize=_CACHE_SIZE)
def _parts(name: str) -> _Parts:
    whole = normalise(name)
    base = normalise(QUALIFIER.sub("", name))
    initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper())
    padded = f" {base} "
    triples = frozenset(padded[i : i + 3] for i in range(len(padded) - 2))
    return _Parts(whole, base, frozenset(whole.split()), triples, initials.lower())


def compare_names(surface: str, name: str) -> tuple[float, ...]:
    """The features in `NAME_FEATURES`, each between 0 and 1."""
    mention, entity = _parts(surface), _parts(name)
    common = len(mention.words & entity.words)
    letters = mention.whole.replace(" ", "")
    n_triples = len(mention.triples) + len(entity.triples)
    return (
        float(mention.whole == entity.whole),
        float(mention.whole == entity.base),
        common / max(1, len(entity.words)),
        common / max(1, len(mention.words)),
        float(1 < len(letters) <= 6 and letters == entity.initials),
        2 * len(mention.triples & entity.triples) / max(1, n_triples),
    )
