"""Many entities at once: rows of ids, columns of rows, whole entities, texts."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nerlink.data import Entity
from nerlink.errors import KnowledgeBaseError

__all__ = ["Attributes", "find_rows", "read_attributes", "read_entities", "read_texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What features need to know of entities, as columns in the order of the rows asked for.

    Args:
        ids: (n_rows).
        names: (n_rows).
        types: (n_rows); `None` where unknown.
        popularities: (n_rows).
    """

    ids: list[str]
    names: list[str]
    types: list[str | None]
    popularities: list[float]


def find_rows(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, int]:
    """The row of each id; ids that the base lacks are left out."""
    query = "SELECT entity.id, row FROM json_each(?) CROSS JOIN entity ON entity.id = value"
    return dict(connection.execute(query, (json.dumps(list(ids)),)).fetchall())


def read_attributes(connection: sqlite3.Connection, rows: Sequence[int]) -> Attributes:
    """Columns of the entities on some rows, which may repeat.

    Raises:
        KnowledgeBaseError: A row without an entity.
    """
    query = (
        "SELECT row, entity.id, name, entity.type, popularity FROM json_each(?) "
        "CROSS JOIN entity ON row = value"
    )
    distinct = json.dumps([int(row) for row in dict.fromkeys(rows)])
    found = {row: values for row, *values in connection.execute(query, (distinct,))}
    try:
        records = [found[row] for row in rows]
    except KeyError as error:
        raise KnowledgeBaseError(
            f"row {error} has no entity: it was removed, or the row is of another base."
        ) from error
    return Attributes(
        ids=[record[0] for record in records],
        names=[record[1] for record in records],
        types=[record[2] for record in records],
        popularities=[record[3] for record in records],
    )


def read_entities(connection: sqlite3.Connection, first: int, last: int) -> Iterator[Entity]:
    """Entities on rows `first` to `last`, both counted, in order."""
    aliases: dict[int, dict[str, int]] = {}
    for row, surface, count in connection.execute(
        "SELECT row, surface, count FROM alias WHERE row BETWEEN ? AND ? ORDER BY row, surface",
        (first, last),
    ):
        aliases.setdefault(row, {})[surface] = count
    for row, id_, name, description, type_, popularity in connection.execute(
        "SELECT row, id, name, description, type, popularity FROM entity "
        "WHERE row BETWEEN ? AND ? ORDER BY row",
        (first, last),
    ).fetchall():
        counts = aliases.get(row, {})
        yield Entity(
            id=id_,
            name=name,
            description=description,
            type=type_,
            popularity=popularity,
            aliases={alias: n for alias, n in counts.items() if n or alias != name},
        )


def read_texts(connection: sqlite3.Connection, rows: Sequence[int]) -> list[tuple[int, str]]:
    """Row and `name; description; type` of the entities on some rows; empty parts left out."""
    query = (
        "SELECT row, name, description, entity.type FROM json_each(?) "
        "CROSS JOIN entity ON row = value ORDER BY key"
    )
    records = connection.execute(query, (json.dumps([int(row) for row in rows]),)).fetchall()
    return [(row, "; ".join(part for part in parts if part)) for row, *parts in records]
