"""Many entities at once: rows of ids, columns of rows, whole entities, texts."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from nerlink.data import Entity
from nerlink.errors import KnowledgeBaseError
from nerlink.kb.store.guarded import BaseConnection

__all__ = [
    "RECORD",
    "Attributes",
    "EntityRecord",
    "check_record",
    "find_ids",
    "find_keys",
    "find_rows",
    "read_entities",
    "read_records",
    "read_texts",
    "sound_count",
    "sound_text",
]


EntityRecord: TypeAlias = tuple[str, str, str | None, float]
"""Id, name, type and popularity of an entity."""

RECORD: Final = "entity.id, name, entity.type, popularity"
"""The columns of an `EntityRecord`."""


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

    @classmethod
    def of(cls, records: Sequence[EntityRecord]) -> Self:
        """The columns of some entities."""
        ids, names, types, popularities = zip(*records, strict=True) if records else ((),) * 4
        return cls(
            ids=list(ids), names=list(names), types=list(types), popularities=list(popularities)
        )


_TOO_MANY: Final = 1 << 53
"""No count that can be given is as large; one more than the largest of SQLite is none of SQLite."""

_MOST_POPULAR: Final = 3e38
"""What a feature, a number of 32 bits, can hold."""


def check_record(connection: BaseConnection, row: int, record: EntityRecord) -> EntityRecord:
    """The record of the entity on a row, of the kinds of values that it must have.

    SQLite keeps a value of any kind in any column, and reads some damage as such values.

    Raises:
        KnowledgeBaseError: A value is of another kind.
    """
    id_, name, type_, popularity = record
    is_sound = (
        type(id_) is str
        and type(name) is str
        and (type_ is None or type(type_) is str)
        and type(popularity) is float
        and 0 <= popularity <= _MOST_POPULAR
    )
    if not is_sound:
        raise connection.damaged(
            f"the entity on row {row} has id, name, type and popularity {record!r:.200}"
        )
    return record


def sound_text(connection: BaseConnection, value: object, what: str) -> str:
    """A value that the base has, which must be a text.

    Raises:
        KnowledgeBaseError: It is none.
    """
    if isinstance(value, str):
        return value
    raise connection.damaged(f"{what} is {value!r:.80}, and not a text")


def sound_count(connection: BaseConnection, value: object, what: str) -> int:
    """A value that the base has, which must be a whole number from 0 to 2**53.

    Raises:
        KnowledgeBaseError: It is none.
    """
    if isinstance(value, int) and 0 <= value < _TOO_MANY:
        return value
    raise connection.damaged(f"{what} is {value!r:.80}, and not a whole number from 0 to 2**53")


def find_rows(connection: BaseConnection, ids: Iterable[str]) -> dict[str, int]:
    """The row of each id; ids that the base lacks are left out."""
    query = "SELECT entity.id, row FROM json_each(?) CROSS JOIN entity ON entity.id = value"
    return dict(connection.execute(query, (json.dumps(list(ids)),)).fetchall())


def find_ids(connection: BaseConnection, rows: Iterable[int]) -> dict[int, str]:
    """The id of the entity on each row; rows whose entity was removed are left out."""
    query = "SELECT row, entity.id FROM json_each(?) CROSS JOIN entity ON row = value"
    found = connection.execute(query, (json.dumps(list(rows)),))
    return {row: sound_text(connection, id_, f"the id on row {row}") for row, id_ in found}


def find_keys(connection: BaseConnection, keys: Iterable[str]) -> set[str]:
    """Those of some normalised surfaces that are aliases."""
    query = "SELECT DISTINCT alias.key FROM json_each(?) CROSS JOIN alias ON alias.key = value"
    return {key for (key,) in connection.execute(query, (json.dumps(list(keys)),))}


def read_records(connection: BaseConnection, rows: Sequence[int]) -> dict[int, EntityRecord]:
    """What is known of the entities on some rows.

    Raises:
        KnowledgeBaseError: A row without an entity.
    """
    query = f"SELECT row, {RECORD} FROM json_each(?) CROSS JOIN entity ON row = value"
    wanted = json.dumps([int(row) for row in rows])
    found = {
        row: check_record(connection, row, tuple(values))
        for row, *values in connection.execute(query, (wanted,))
    }
    for row in rows:
        if row not in found:
            raise KnowledgeBaseError(
                f"row {row} has no entity: it was removed, or the row is of another base."
            )
    return found


def read_entities(connection: BaseConnection, first: int, last: int) -> Iterator[Entity]:
    """Entities on rows `first` to `last`, both counted, in order."""
    aliases: dict[int, dict[str, int]] = {}
    for row, surface, count in connection.execute(
        "SELECT row, surface, count FROM alias WHERE row BETWEEN ? AND ? ORDER BY row, surface",
        (first, last),
    ):
        aliases.setdefault(row, {})[sound_text(connection, surface, "an alias")] = sound_count(
            connection, count, "the count of an alias"
        )
    for row, id_, name, description, type_, popularity in connection.execute(
        "SELECT row, id, name, description, type, popularity FROM entity "
        "WHERE row BETWEEN ? AND ? ORDER BY row",
        (first, last),
    ).fetchall():
        check_record(connection, row, (id_, name, type_, popularity))
        sound_text(connection, description, f"the description of {id_!r}")
        counts = aliases.get(row, {})
        yield Entity(
            id=id_,
            name=name,
            description=description,
            type=type_,
            popularity=popularity,
            aliases={alias: n for alias, n in counts.items() if n or alias != name},
        )


def read_texts(connection: BaseConnection, rows: Sequence[int]) -> list[tuple[int, str]]:
    """Row and `name; description; type` of the entities on some rows; empty parts left out."""
    query = (
        "SELECT row, name, description, entity.type FROM json_each(?) "
        "CROSS JOIN entity ON row = value ORDER BY key"
    )
    records = connection.execute(query, (json.dumps([int(row) for row in rows]),)).fetchall()
    return [
        (row, "; ".join(sound_text(connection, part, f"row {row}") for part in parts if part))
        for row, *parts in records
    ]
