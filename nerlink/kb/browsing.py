"""What people see of a base who do not know its names yet: beginnings of names, and types."""

from typing import Final

from nerlink.data import Entity
from nerlink.kb.knowledge_base import KnowledgeBase
from nerlink.kb.normalise import normalise

__all__ = ["suggest_entities", "types_of"]

_MOST_NAMES: Final = 2000
"""Names with the same beginning that are looked through; a letter may open a million."""

_LAST: Final = chr(0x10FFFF)


def types_of(kb: KnowledgeBase, *, limit: int) -> list[str]:
    """The types of entities, the most frequent first; all entities are read."""
    query = (
        "SELECT type FROM entity WHERE type IS NOT NULL AND type != '' "
        "GROUP BY type ORDER BY count(row) DESC, type LIMIT ?"
    )
    return [str(type_) for (type_,) in kb.connection.execute(query, (limit,))]


def suggest_entities(
    kb: KnowledgeBase, start: str, *, limit: int = 10, skip: int = 0
) -> list[Entity]:
    """The entities that somebody may mean who has typed so far: an id, or the start of a name.

    The entity of that id comes first, then those with that very name, then the popular ones with
    a name that begins so, then those of which it is a part of the name.

    Args:
        kb: The base.
        start: The start of a name, or an id.
        limit: Return at most so many.
        skip: Leave out so many.
    """
    key, most = normalise(start), skip + limit
    if not key:
        return []
    found = [start] if start in kb else []
    query = (
        "SELECT entity.id FROM (SELECT row, max(key = ?) AS is_whole FROM "
        "(SELECT row, key FROM alias WHERE key >= ? AND key < ? LIMIT ?) GROUP BY row) "
        "CROSS JOIN entity USING (row) "
        "ORDER BY is_whole DESC, popularity DESC, length(name), entity.id LIMIT ?"
    )
    rows = kb.connection.execute(query, (key, key, key + _LAST, _MOST_NAMES, most))
    found += [str(id_) for (id_,) in rows]
    if len(set(found)) < most:
        found += [candidate.entity for candidate in kb.candidates(start, limit=most)]
    page = list(dict.fromkeys(found))[skip:most]
    return [entity for one in page if (entity := kb.get(one)) is not None]
