"""Entities and alias counts from the rows of tables, checked value by value."""

import json
import logging
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from os import PathLike
from typing import Any, Final

from nerlink.data import NIL, Entity
from nerlink.errors import DataError
from nerlink.lookalikes import MISSPELT, did_you_mean, missing_column, nearest
from nerlink.tables import AnyTable, Delimited, Row, is_frame, read_rows, wrong_way_round

__all__ = ["AliasCount", "EntityTables", "aliases_in_row", "cleaned", "entity_in_row"]

log = logging.getLogger(__name__)

_ENTITY: Final = tuple(field.name for field in fields(Entity))
_ALIAS: Final = ("alias", "entity", "entities", "count")
_MAX_COUNT: Final = 2**53
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


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


class EntityTables:
    """Reads tables of entities and of aliases, and remembers which columns were met.

    Args:
        columns: What nerlink calls a value (`popularity`) to the column it is in (`in_links`).
            Values without an entry are in a column of their own name.
        text: How the CSV and TSV files among the tables are laid out.

    Raises:
        DataError: A name that is none of nerlink's.
    """

    def __init__(
        self, columns: Mapping[str, str] | None = None, text: Delimited | None = None
    ) -> None:
        self.columns = dict(columns or {})
        self.text = text
        self._met: set[str] = set()
        known = (*_ENTITY, *_ALIAS)
        for name, column in self.columns.items():
            if name not in known and column in known:
                raise wrong_way_round(self.columns, where="a knowledge base")
            if name not in known:
                raise DataError(
                    f"columns: {name!r} is not a value that a knowledge base keeps. "
                    f"Values are {', '.join(known)}.{did_you_mean(name, known)}"
                )

    def rows(self, table: AnyTable) -> Iterator[Row]:
        """The rows of a table, or of several, under nerlink's names.

        Raises:
            DataError: A table or row that cannot be read.
        """
        for row in read_rows(table, names=self.columns, text=self.text):
            self._met.update(row.values)
            yield row

    def split(self, table: AnyTable) -> tuple[list[AnyTable], list[AnyTable]]:
        """Tables of entities, and tables of aliases.

        A file or a DataFrame of aliases has no column `id`, but a column `alias` or `surface`.
        Records are always entities.
        """
        tables = list(table) if isinstance(table, list | tuple) else [table]
        if not all(isinstance(item, str | PathLike) or is_frame(item) for item in tables):
            return [table], []
        firsts = [next(self.rows(item), None) for item in tables]
        kinds = [first is not None and _is_of_alias(first.values) for first in firsts]
        pairs = list(zip(tables, kinds, strict=True))
        return [item for item, yes in pairs if not yes], [item for item, yes in pairs if yes]

    def entities(self, table: AnyTable) -> Iterator[Entity]:
        """The entities in a table, or in several, and then `check`."""
        yield from map(entity_in_row, self.rows(table))
        self.check()

    def aliases(self, table: AnyTable) -> Iterator[AliasCount]:
        """The alias counts in a table, or in several, and then `check`."""
        for row in self.rows(table):
            yield from aliases_in_row(row)
        self.check()

    def check(self) -> None:
        """Refuse columns that were named but never met; warn of names that seem to be missing.

        Raises:
            DataError: With the nearest column that was met.
        """
        for name, column in self.columns.items():
            if self._met and name not in self._met:
                there = ", ".join(sorted(map(repr, self._met)))
                raise DataError(
                    f"columns: no table has the column {column!r} given for {name!r}; "
                    f"there are {there}.{did_you_mean(column, self._met)}"
                )
        others = sorted(self._met.difference(_ENTITY, _ALIAS))
        tables = (values for values in (_ENTITY, _ALIAS) if values[0] in self._met)
        missing = [value for values in tables for value in values if value not in self._met]
        for column in others:
            if near := nearest(column, missing, alike=MISSPELT):
                log.warning(
                    f"The column {column!r} is left out. Did you mean {near!r}? Then name it so, "
                    f"or say columns={{{near!r}: {column!r}}} (--column {near}={column})."
                )
        if others and "name" not in self._met and "id" in self._met:
            log.warning(
                "No column has the names of entities, so they are called by their ids. "
                "Name it with columns={'name': ...} (--column name=...); there are %s.",
                ", ".join(map(repr, others)),
            )


def _is_of_alias(values: Mapping[str, Any]) -> bool:
    return "id" not in values and ("alias" in values or "surface" in values)


def entity_in_row(row: Row) -> Entity:
    """The entity in a row; a missing name is the id, other missing values are empty.

    Raises:
        DataError: A value that cannot be used.
    """
    values, where = row.values, row.where
    id_ = cleaned(_require(row, "id"), "id", where=where)
    if not id_ or id_ == NIL:
        raise DataError(
            f"{where}: column 'id' is {id_!r}. Every entity needs an id other than {NIL!r}."
        )
    return Entity(
        id=id_,
        name=cleaned(values.get("name"), "name", where=where) or id_,
        description=cleaned(values.get("description"), "description", where=where),
        type=cleaned(values.get("type"), "type", where=where) or None,
        popularity=_number(values.get("popularity"), "popularity", where=where),
        aliases=_alias_counts(values.get("aliases"), where=where),
    )


def aliases_in_row(row: Row) -> Iterator[AliasCount]:
    """The count for each entity in a row of an alias table.

    Raises:
        DataError: A value that cannot be used.
    """
    values, where = row.values, row.where
    is_surface = "surface" in values and "alias" not in values
    alias = cleaned(_require(row, "surface" if is_surface else "alias"), "alias", where=where)
    if not alias:
        raise DataError(f"{where}: column 'alias' is empty. Every alias needs a surface.")
    count = _whole_number(values.get("count"), where=where)
    entities = values.get("entities")
    if entities is None:
        entities = [_require(row, "entity")]
    for entity in _items(entities, "entities", where=where):
        yield AliasCount(alias, cleaned(entity, "entity", where=where), count)


def _require(row: Row, name: str) -> Any:
    if name in row.values:
        return row.values[name]
    error = missing_column(name, row.values, where=row.where)
    raise DataError(f"{error} Name the right one with columns={{{name!r}: ...}}.")


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
            counts[surface] = counts.get(surface, 0) + _whole_number(count, where=where)
    return counts


def _items(value: Any, name: str, *, where: str) -> Iterable[object]:
    """A list as it is, `a|b|c` split, nothing as no items."""
    if _is_missing(value):
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
    if _is_missing(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas turns integer ids into floats where some are missing
    text = str(value).strip()
    if _UNSTORABLE.search(text):
        raise DataError(
            f"{where}: column {name!r} is {text!r}, with a NUL or half a surrogate pair. "
            "Clean the text first."
        )
    return text


def _is_missing(value: object) -> bool:
    return value is None or value != value  # NaN, as Python writes it in JSON lines


def _number(value: Any, name: str, *, where: str) -> float:
    if _is_missing(value) or value == "":
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise DataError(f"{where}: column {name!r} is {value!r}. It must be a number, 0 or more.")
    return number


def _whole_number(value: Any, *, where: str) -> int:
    number = _number(value, "count", where=where)
    if not number.is_integer() or number > _MAX_COUNT:
        raise DataError(f"{where}: column 'count' is {value!r}. It must be a whole number.")
    return int(number)
