"""Rows with the id of an earlier row: one entity where they agree."""

import logging
import sqlite3
from typing import Final

from nerlink.data import Entity
from nerlink.errors import DataError
from nerlink.kb.normalise import acronym
from nerlink.words import number_of

__all__ = ["Repeats"]

log = logging.getLogger(__name__)

_COMPARED: Final = ("name", "description", "type", "popularity")


class Repeats:
    """Merges rows of one id, and counts them.

    Rows agree where what both say of name, description, type and popularity is equal. Their aliases
    are united, and counts of an alias are added.

    Args:
        skip: Leave out rows that do not agree.
    """

    def __init__(self, *, skip: bool) -> None:
        self.skip = skip
        self.n_merged = 0
        self.n_skipped = 0
        self._places: dict[int, str] = {}

    def note(self, row: int, where: str) -> None:
        """Remember the place of an entity's first row."""
        self._places[row] = where

    def store(self, connection: sqlite3.Connection) -> None:
        """Move the places that are remembered from memory to a temporary table."""
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS place (row INTEGER PRIMARY KEY, place TEXT)"
        )
        connection.executemany("INSERT INTO place VALUES (?, ?)", self._places.items())
        self._places.clear()

    def merge(self, connection: sqlite3.Connection, entity: Entity, where: str) -> int | None:
        """The row of the entity with this id, which gets what it lacks; `None` if left out.

        Args:
            connection: To the base, which has an entity of this id.
            entity: What another row says of it.
            where: The place of that row.

        Raises:
            DataError: The rows do not agree, with both places.
        """
        query = "SELECT row, name, description, type, popularity FROM entity WHERE id = ?"
        row, *stored = connection.execute(query, (entity.id,)).fetchone()
        both = {
            # An entity without a name is called by its id.
            name: (None if before == entity.id else before, None if now == entity.id else now)
            for name, before in zip(_COMPARED, stored, strict=True)
            for now in (getattr(entity, name),)
        }
        unlike = [name for name, (before, now) in both.items() if before and now and before != now]
        if unlike and not self.skip:
            before, now = both[unlike[0]]
            raise DataError(
                f"{where}: {unlike[0]} of {entity.id!r} is {now!r:.80}, but {before!r:.80} at "
                f"{self._place_of(connection, row)}. Rows of one id are one entity: mend one, or "
                "leave such rows out: skip_duplicates=True (nerlink kb build --skip-duplicates)."
            )
        if unlike:
            self.n_skipped += 1
            return None
        self.n_merged += 1
        if any(now and not before for before, now in both.values()):
            name, *others = (before or now for before, now in both.values())
            connection.execute(
                "UPDATE entity SET name = ?, acronym = ?, description = ?, type = ?, "
                "popularity = ? WHERE row = ?",
                (name or entity.id, acronym(name or entity.id), *others, row),
            )
        return int(row)

    def tell(self) -> None:
        """Say how many rows were merged, and how many left out."""
        if self.n_merged:
            log.warning(
                "%s with the id of an earlier one, and nothing else said of it: merged, aliases "
                "united and counts added.",
                number_of(self.n_merged, "rows"),
            )
        if self.n_skipped:
            log.warning(
                "%s left out: an earlier one has the same id and says something else of it.",
                number_of(self.n_skipped, "rows"),
            )

    def _place_of(self, connection: sqlite3.Connection, row: int) -> str:
        if row in self._places:
            return self._places[row]
        (place,) = connection.execute("SELECT place FROM place WHERE row = ?", (row,)).fetchone()
        return str(place)
