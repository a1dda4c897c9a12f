"""The aliases of a base, key by key: which are looked for, and what the base knows of them."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from nerlink.data import Candidate
from nerlink.kb import KnowledgeBase
from nerlink.kb.candidates.aliases import Normalised
from nerlink.kb.normalise import is_acronym, normalise

__all__ = ["Alias", "length_of", "read_aliases", "read_keys", "spelled_ways"]

_PAGE: Final = 20_000

_INNER_DOT: Final = re.compile(r"\w\.\w")


@dataclass(frozen=True, slots=True)
class Alias:
    """What the base knows of a key.

    Args:
        key: What `normalise` makes of a surface.
        surfaces: How the base writes it.
        candidates: The entities that it may mean, with priors, best first.
        type: The type of them all; `None` where they differ or have none.
    """

    key: str
    surfaces: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    type: str | None


def length_of(key: str) -> int:
    """Letters, digits and the marks on them, as rules count an alias."""
    return sum(map(str.isalnum, key))


def read_keys(kb: KnowledgeBase) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each key of the base with its surfaces, in order of keys; not all in memory at once."""
    rows = groupby(_rows(kb), key=itemgetter(0))
    return ((key, tuple({str(row[1]): None for row in group})) for key, group in rows)


def _rows(kb: KnowledgeBase) -> Iterator[tuple[str, str]]:
    # In pages, so that nobody who changes the base must wait for the last of a million aliases.
    query = (
        "SELECT key, surface, row FROM alias WHERE (key, row, surface) > (?, ?, ?) "
        "ORDER BY key, row, surface LIMIT ?"
    )
    key, row, surface = "", -1, ""
    while page := kb.connection.execute(query, (key, row, surface, _PAGE)).fetchall():
        yield from ((str(key), str(surface)) for key, surface, _ in page)
        key, surface, row = page[-1]


def spelled_ways(key: str, surfaces: Sequence[str]) -> Iterator[str]:
    """Texts that mean a key: without apostrophes, as the base has it, and initials with dots."""
    yield key
    for surface in surfaces:
        yield surface
        if _INNER_DOT.search(surface):  # capitals are read otherwise there: see `_is_joined`
            yield surface.upper()
        if is_acronym(surface):
            yield ".".join(surface.replace(".", ""))


def read_aliases(kb: KnowledgeBase, surfaces: Iterable[str]) -> dict[str, Alias | None]:
    """What the base knows of surfaces, all looked up together; `None` where it lacks one."""
    keys = {surface: normalise(surface) for surface in surfaces}
    distinct = list(dict.fromkeys(keys.values()))
    found = Normalised(kb).candidates_of(distinct)
    written = _surfaces_of(kb, distinct)
    ids = list({one.entity for candidates in found for one in candidates})
    types = dict(zip(ids, kb.attributes(kb.rows(ids)).types, strict=True))
    aliases: dict[str, Alias | None] = {}
    for key, candidates in zip(distinct, found, strict=True):
        of_all = {types[one.entity] for one in candidates}
        type_ = of_all.pop() if len(of_all) == 1 else None
        aliases[key] = Alias(key, written.get(key, ()), candidates, type_) if candidates else None
    return {surface: aliases[key] for surface, key in keys.items()}


def _surfaces_of(kb: KnowledgeBase, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    query = "SELECT alias.key, surface FROM json_each(?) CROSS JOIN alias ON alias.key = value"
    found: dict[str, dict[str, None]] = {}
    for key, surface in kb.connection.execute(query, (json.dumps(keys),)):
        found.setdefault(key, {})[str(surface)] = None
    return {key: tuple(surfaces) for key, surfaces in found.items()}
