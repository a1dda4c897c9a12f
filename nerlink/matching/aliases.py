"""The aliases of a base, key by key: which are looked for, and what the base knows of them."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeAlias

from nerlink.data import Candidate
from nerlink.kb import KnowledgeBase
from nerlink.kb.candidates.base import rank
from nerlink.kb.normalise import is_acronym, normalise
from nerlink.kb.store.rows import RECORD, check_record, sound_count, sound_text

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
        types: The types that they have, each once; `None` among them where one has no type.
    """

    key: str
    surfaces: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    types: frozenset[str | None]


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


def read_aliases(kb: KnowledgeBase, surfaces: Iterable[str]) -> dict[str, Alias]:
    """What the base knows of surfaces, all looked up together; those that it lacks are left out.

    The candidates and their priors are those of `nerlink.kb.Normalised`; asked for by themselves,
    spellings and types would take three more queries.
    """
    keys = {surface: normalise(surface) for surface in surfaces}
    distinct = list(dict.fromkeys(keys.values()))
    found = zip(distinct, _rows_of(kb, distinct), strict=True)
    aliases = {key: _alias(key, rows) for key, rows in found if rows}
    return {surface: aliases[key] for surface, key in keys.items() if key in aliases}


_Row: TypeAlias = tuple[str, str, str | None, float, int]
"""Surface, and id, type, popularity and count of the entity."""


def _alias(key: str, rows: Sequence[_Row]) -> Alias:
    if len(rows) == 1:  # nearly always
        surface, id_, type_, popularity, count = rows[0]
        return Alias(key, (surface,), rank(((id_, popularity, count),)), frozenset((type_,)))
    counts, popularities = dict[str, int](), dict[str, float]()
    for _, id_, _, popularity, count in rows:
        counts[id_] = counts.get(id_, 0) + count
        popularities[id_] = popularity
    return Alias(
        key=key,
        surfaces=tuple(dict.fromkeys(surface for surface, *_ in rows)),
        candidates=rank([(id_, popularities[id_], count) for id_, count in counts.items()]),
        types=frozenset(type_ for _, _, type_, _, _ in rows),
    )


def _rows_of(kb: KnowledgeBase, keys: Sequence[str]) -> list[list[_Row]]:
    query = (
        f"SELECT asked.key, row, count, surface, {RECORD} FROM json_each(?) AS asked "
        "CROSS JOIN alias ON alias.key = asked.value CROSS JOIN entity USING (row)"
    )
    connection = kb.connection
    found: list[list[_Row]] = [[] for _ in keys]
    for place, row, count, surface, *record in connection.execute(query, (json.dumps(keys),)):
        id_, _, type_, popularity = check_record(connection, row, tuple(record))
        surface = sound_text(connection, surface, "an alias")
        count = sound_count(connection, count, "the count of an alias")
        found[place].append((surface, id_, type_, popularity, count))
    return found
