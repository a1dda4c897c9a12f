"""What was just read of entities, so that whoever found a candidate need not ask for it again."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from nerlink.kb.rows import Attributes, EntityRecord, find_rows, read_records

__all__ = ["Memory"]

_MAX_ROWS: Final = 200_000
"""Ids whose rows are remembered."""

_MAX_RECORDS: Final = 20_000
"""Entities of which more is remembered: enough between finding candidates and describing them."""


class Memory:
    """Rows of ids, and names, types and popularities of rows, of a base as it was at a version.

    Args:
        version: Of the base; a change of the base calls for a new memory.
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self._rows: dict[str, int] = {}
        self._records: dict[int, EntityRecord] = {}

    @property
    def is_full(self) -> bool:
        """Whether a new memory should take its place."""
        return len(self._rows) > _MAX_ROWS

    def rows(self, connection: sqlite3.Connection, ids: Sequence[str]) -> Mapping[str, int]:
        """At least the rows of these ids, asked for in one query at most; unknown ids lack one."""
        if missing := {entity for entity in ids if entity not in self._rows}:
            self._rows.update(find_rows(connection, missing))
        return self._rows

    def attributes(self, connection: sqlite3.Connection, rows: Sequence[int]) -> Attributes:
        """Columns of the entities on some rows, which may repeat, in one query at most.

        Raises:
            KnowledgeBaseError: A row without an entity.
        """
        records = self._records
        if missing := [row for row in dict.fromkeys(rows) if row not in records]:
            records = {row: records[row] for row in rows if row in records}
            records |= read_records(connection, missing)
        return Attributes.of([records[row] for row in rows])

    def found(
        self, connection: sqlite3.Connection, query: str, asked: Sequence[object]
    ) -> list[list[tuple[str, float, int]]]:
        """Id, popularity and count of the entities found for each value asked for.

        Counts of an entity that a value finds several times are added. What else the query says
        of the entities is remembered.

        Args:
            connection: Of the base.
            query: Takes a JSON array of the values, and selects the place in it, the columns of
                an `EntityRecord`, a row and a count.
            asked: Values for which entities are looked up.
        """
        if len(self._records) > _MAX_RECORDS:
            self._records = {}
        records, known = self._records, self._rows
        found: list[dict[int, tuple[str, float, int]]] = [{} for _ in asked]
        for place, id_, name, type_, popularity, row, count in connection.execute(
            query, (json.dumps(asked),)
        ):
            records[row] = id_, name, type_, popularity
            known[id_] = row
            before = found[place].get(row)
            found[place][row] = id_, popularity, count + before[2] if before else count
        return [list(entities.values()) for entities in found]
