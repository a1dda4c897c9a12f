"""Entities and alias counts from the rows of tables, checked value by value."""

import json
import logging
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from os import PathLike
from typing import Any, Final

from nerlink.data import NIL, Entity
from nerlink.errors import DataError
from nerlink.tables import AnyTable, Delimited, Row, is_frame, read_rows, wrong_way_round
from nerlink.words import MISSPELT, did_you_mean, missing_column, nearest

__all__ = [
    "AliasCount",
    "EntityColumns",
    "aliases_in_row",
    "aliases_in_table",
    "cleaned",
    "entities_in_table",
    "entity_in_row",
    "split_tables",
]

log = logging.getLogger(__name__)

_ENTITY: Final = tuple(field.name for field in fields(Entity))
_ALIAS: Final = ("alias", "entity", "entities", "count")
_MAX_COUNT: Final = 2**53
_BROKEN: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class AliasCount:
    """How often a surface was seen to mean an entity.

    Args:
        alias: The surface.
        entity: The id of the entity.
        count: How often.
    """

    alias: str
    entity: str
    count: int


class EntityColumns:
    """Which column of the tables holds which value; remembers which columns were met.

    Args:
        names: What nerlink calls a value (`popularity`) to the column it is in (`in_links`).
            Values without an entry are in a column of their own name.

    Raises:
        DataError: A name that is none of nerlink's.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.names = dict(names or {})
        self._met: set[str] = set()
        known = (*_ENTITY, *_ALIAS)
        for name, column in self.names.items():
            if name not in known:
                if column in known:
                    raise wrong_way_round(self.names, where="a knowledge base")
                raise DataError(
                    f"columns: {name!r} is not a value that a knowledge base keeps. "
                    f"Values are {', '.join(known)}.{did_you_mean(name, known)}"
                )

    def of(self, name: str) -> str:
        """The column that holds a value."""
        return self.names.get(name, name)

    def get(self, row: Row, name: str) -> Any:
        """The value of that name, or `None`."""
        return row.values.get(self.of(name))

    def require(self, row: Row, name: str) -> Any:
        """The value of that name.

        Raises:
            DataError: The row has no such column.
        """
        if self.of(name) in row.values:
            return self.get(row, name)
        error = missing_column(self.of(name), row.values, where=row.where)
        raise DataError(f"{error} Name the right one with columns={{{name!r}: ...}}.")

    def meet(self, row: Row) -> None:
        """Remember the columns of a row."""
        self._met.update(row.values)

    def check(self) -> None:
        """Refuse columns that were named but never met; warn of names that seem to be missing.

        Raises:
            DataError: With the nearest column that was met.
        """
        there = ", ".join(sorted(map(repr, self._met)))
        for name, column in self.names.items():
            if self._met and column not in self._met:
                raise DataError(
                    f"columns: no table has the column {column!r} given for {name!r}; "
                    f"there are {there}.{did_you_mean(column, self._met)}"
                )
        others = self._met - set(map(self.of, (*_ENTITY, *_ALIAS)))
        self._warn_of_lookalikes(others)
        if others and self.of("name") not in self._met and self.of("id") in self._met:
            log.warning(
                "No column has the names of entities, so they are called by their ids. "
                "Name it with columns={'name': ...} (--column name=...); there are %s.",
                ", ".join(sorted(map(repr, others))),
            )

    def _warn_of_lookalikes(self, others: Iterable[str]) -> None:
        """Name columns that are left out, though they look like one that no table has."""
        tables = (values for values in (_ENTITY, _ALIAS) if self.of(values[0]) in self._met)
        missing = [v for values in tables for v in values if self.of(v) not in self._met]
        for column in sorted(others):
            if near := nearest(column, missing, alike=MISSPELT):
                log.warning(
                    f"The column {column!r} is left out. Did you mean {near!r}? Then name it so, "
                    f"or say columns={{{near!r}: {column!r}}} (--column {near}={column})."
                )


def split_tables(
    table: AnyTable, columns: EntityColumns, *, text: Delimited | None = None
) -> tuple[list[AnyTable], list[AnyTable]]:
    """Files and DataFrames of entities, and those of aliases, known by their columns.

    An alias table has no `id`, but a column `alias` or `surface`. Records stay with the entities.

    Args:
        table: One or more.
        columns: Which column holds which value.
        text: How the CSV and TSV files among the tables are laid out.
    """
    tables = list(table) if isinstance(table, list | tuple) else [table]
    if not all(isinstance(item, str | PathLike) or is_frame(item) for item in tables):
        return [table], []
    kinds = [
        (item, _is_of_aliases(next(read_rows(item, text=text), None), columns)) for item in tables
    ]
    return [item for item, yes in kinds if not yes], [item for item, yes in kinds if yes]


def _is_of_aliases(first: Row | None, columns: EntityColumns) -> bool:
    there: Collection[str] = () if first is None else first.values
    has_surface = any(name in there for name in (columns.of("alias"), "alias", "surface"))
    return has_surface and columns.of("id") not in there


def entities_in_table(table: AnyTable, columns: EntityColumns | None = None) -> Iterator[Entity]:
    """The entities in a table, or in several.

    Raises:
        DataError: A table, row or value that cannot be used.
    """
    columns = columns or EntityColumns()
    for row in read_rows(table):
        yield entity_in_row(row, columns)
    columns.check()


def aliases_in_table(table: AnyTable, columns: EntityColumns) -> Iterator[AliasCount]:
    """The alias counts in a table, or in several.

    Raises:
        DataError: A table, row or value that cannot be used.
    """
    for row in read_rows(table):
        yield from aliases_in_row(row, columns)
    columns.check()


def entity_in_row(row: Row, columns: EntityColumns) -> Entity:
    """The entity in a row; a missing name is the id, other missing values are empty.

    Raises:
        DataError: A value that cannot be used.
    """
    columns.meet(row)
    id_ = cleaned(columns.require(row, "id"), "id", where=row.where)
    if not id_ or id_ == NIL:
        raise DataError(
            f"{row.where}: column 'id' is {id_!r}. Every entity needs an id other than {NIL!r}."
        )
    name, description, type_ = (
        cleaned(columns.get(row, value), value, where=row.where)
        for value in ("name", "description", "type")
    )
    return Entity(
        id=id_,
        name=name or id_,
        description=description,
        type=type_ or None,
        popularity=_number(columns.get(row, "popularity"), "popularity", where=row.where),
        aliases=_alias_counts(columns.get(row, "aliases"), where=row.where),
    )


def aliases_in_row(row: Row, columns: EntityColumns) -> Iterator[AliasCount]:
    """The count for each entity in a row of an alias table.

    Raises:
        DataError: A value that cannot be used.
    """
    columns.meet(row)
    is_surface = "surface" in row.values and "alias" not in {*columns.names, *row.values}
    surface = columns.require(row, "surface" if is_surface else "alias")
    surface = cleaned(surface, "alias", where=row.where)
    if not surface:
        raise DataError(f"{row.where}: column 'alias' is empty. Every alias needs a surface.")
    entities = columns.get(row, "entities")
    count = _count(columns.get(row, "count"), where=row.where)
    if entities is None:
        entities = [columns.require(row, "entity")]
    for entity in _items(entities, "entities", where=row.where):
        yield AliasCount(surface, cleaned(entity, "entity", where=row.where), count)


def _alias_counts(value: Any, *, where: str) -> dict[str, int]:
    """Aliases with their counts: a list, a mapping to counts, either of them as JSON, or `a|b`."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            value = value.split("|")
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[object, object]] = value.items()
    else:
        pairs = ((alias, 0) for alias in _items(value, "aliases", where=where))
    counts: dict[str, int] = {}
    for alias, count in pairs:
        if surface := cleaned(alias, "aliases", where=where):
            counts[surface] = counts.get(surface, 0) + _count(count, where=where)
    return counts


def _items(value: Any, name: str, *, where: str) -> Iterable[object]:
    """A list as it is, `a|b|c` split, nothing as no items."""
    if value is None:
        return ()
    if isinstance(value, str):
        return value.split("|")
    if isinstance(value, list | tuple | set | frozenset):
        return value
    raise DataError(
        f"{where}: column {name!r} is {value!r}, which is no list. "
        "Write ['a', 'b'], or 'a|b' in a text file."
    )


def cleaned(value: object, name: str, *, where: str) -> str:
    """A value as text without white space around it, empty where it is missing.

    Raises:
        DataError: It holds a NUL or half a surrogate pair.
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas turns integer ids into floats where some are missing
    text = str(value).strip()
    if _BROKEN.search(text):
        raise DataError(
            f"{where}: column {name!r} is {text!r}, with a NUL or half a surrogate pair. "
            "Clean the text first."
        )
    return text


def _number(value: Any, name: str, *, where: str) -> float:
    if value is None or value == "":
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise DataError(f"{where}: column {name!r} is {value!r}. It must be a number, 0 or more.")
    return number


def _count(value: Any, *, where: str) -> int:
    number = _number(value, "count", where=where)
    if not number.is_integer() or number > _MAX_COUNT:
        raise DataError(f"{where}: column 'count' is {value!r}. It must be a whole number.")
    return int(number)
