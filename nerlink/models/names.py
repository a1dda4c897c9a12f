"""How a surface compares to an entity's name."""

import re
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
)

QUALIFIER: Final = re.compile(r"\s*\(.*?\)\s*$|,.*$")


@lru_cache(maxsize=200_000)
def _parts(name: str) -> tuple[str, str, frozenset[str], str]:
    """A name normalised, without its qualifier, as words, and its initials."""
    whole = normalise(name)
    base = normalise(QUALIFIER.sub("", name))
    initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper())
    return whole, base, frozenset(whole.split()), initials.lower()


def compare_names(surface: str, name: str) -> tuple[float, ...]:
    """The features in `NAME_FEATURES`, each between 0 and 1."""
    mention, _, mention_words, _ = _parts(surface)
    whole, base, name_words, initials = _parts(name)
    common = len(mention_words & name_words)
    letters = mention.replace(" ", "")
    return (
        float(mention == whole),
        float(mention == base),
        common / max(1, len(name_words)),
        common / max(1, len(mention_words)),
        float(1 < len(letters) <= 6 and letters == initials),
    )
