"""Entities and alias counts from the rows of tables, checked value by value."""

import difflib
import json
import logging
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from nerlink.data import NIL, Entity
from nerlink.errors import DataError
from nerlink.tables import Row, Table, read_rows

__all__ = ["Columns", "read_aliases", "read_entity", "read_entity_table", "read_text"]

log = logging.getLogger(__name__)

_ENTITY: Final = ("id", "name", "description", "type", "popularity", "aliases")
_ALIAS: Final = ("alias", "entity", "entities", "count")
_ALIKE: Final = 0.75
"""How alike two columns are, from 0 to 1, if one may be a misspelling of the other."""

_MAX_COUNT: Final = 2**53
_BROKEN: Final = re.compile("[\0\ud800-\udfff]")


class Columns:
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
        for name in self.names:
            if name not in _ENTITY + _ALIAS:
                raise DataError(
                    f"columns: {name!r} is not a value that a knowledge base keeps"
                    f"{_nearest(name, _ENTITY + _ALIAS)} "
                    f"Values are {', '.join(_ENTITY + _ALIAS)}."
                )

    def get(self, row: Row, name: str) -> Any:
        """The value of that name, or `None`."""
        column = self.names.get(name, name)
        return row.values.get(column) if isinstance(row.values, Mapping) else None

    def require(self, row: Row, name: str) -> Any:
        """The value of that name.

        Raises:
            DataError: The row has no such column.
        """
        column = self.names.get(name, name)
        if isinstance(row.values, Mapping) and column in row.values:
            return row.values[column]
        there = list(row.values) if isinstance(row.values, Mapping) else []
        raise DataError(
            f"{row.where}: no column {column!r} for {name!r}{_nearest(column, there)} "
            f"Columns there: {', '.join(map(repr, there))}. "
            f"Name the right one with columns={{{name!r}: ...}}."
        )

    def meet(self, row: Row) -> None:
        """Remember the columns of a row."""
        if isinstance(row.values, Mapping):
            self._met.update(row.values)

    def check(self) -> None:
        """Refuse columns that were named but never met; warn of names that seem to be missing.

        Raises:
            DataError: With the nearest column that was.
        """
        for name, column in self.names.items():
            if self._met and column not in self._met:
                raise DataError(
                    f"columns: no table has the column {column!r} given for {name!r}"
                    f"{_nearest(column, self._met)} "
                    f"Columns there: {', '.join(sorted(map(repr, self._met)))}."
                )
        others = self._met - {self.names.get(name, name) for name in (*_ENTITY, *_ALIAS)}
        self._warn_of_lookalikes(others)
        if (
            others
            and self.names.get("name", "name") not in self._met
            and self.names.get("id", "id") in self._met
        ):
            log.warning(
                "No column has the names of entities, so they are called by their ids. "
                "Name it with columns={'name': ...} (--column name=...); there are %s.",
                ", ".join(sorted(map(repr, others))),
            )

    def _warn_of_lookalikes(self, others: Iterable[str]) -> None:
        """Name columns that are left out, though they look like one that no table has."""
        tables = (values for values in (_ENTITY, _ALIAS) if self._column(values[0]) in self._met)
        missing = [v for values in tables for v in values if self._column(v) not in self._met]
        for column in sorted(others):
            if near := difflib.get_close_matches(column, missing, n=1, cutoff=_ALIKE):
                log.warning(
                    "The column %r is left out. Did you mean %r? Then name it so, or say "
                    "columns={%r: %r} (--column %s=%s).",
                    column,
                    near[0],
                    near[0],
                    column,
                    near[0],
                    column,
                )

    def _column(self, name: str) -> str:
        return self.names.get(name, name)


def read_entity_table(table: Table) -> list[Entity]:
    """The entities in a table, or in several.

    Raises:
        DataError: A table, row or value that cannot be used.
    """
    columns = Columns()
    entities = [read_entity(row, columns) for row in read_rows(table)]
    columns.check()
    return entities


def read_entity(row: Row, columns: Columns) -> Entity:
    """The entity in a row; a missing name is the id, other missing values are empty.

    Raises:
        DataError: A value that cannot be used.
    """
    if isinstance(row.values, Entity):
        given = row.values
        id_, popularity, aliases = given.id, given.popularity, given.aliases
        name, description, type_ = given.name, given.description, given.type
    else:
        columns.meet(row)
        id_ = columns.require(row, "id")
        name, description = columns.get(row, "name"), columns.get(row, "description")
        type_, popularity = columns.get(row, "type"), columns.get(row, "popularity")
        aliases = columns.get(row, "aliases")
    id_ = read_text(row, "id", id_)
    if not id_ or id_ == NIL:
        raise DataError(
            f"{row.where}: column 'id' is {id_!r}. Every entity needs an id other than {NIL!r}."
        )
    return Entity(
        id=id_,
        name=read_text(row, "name", name) or id_,
        description=read_text(row, "description", description),
        type=read_text(row, "type", type_) or None,
        popularity=_number(row, "popularity", popularity),
        aliases=_alias_counts(row, aliases),
    )


def read_aliases(row: Row, columns: Columns) -> Iterator[tuple[str, str, int]]:
    """Surface, entity id and count for each entity in a row of an alias table.

    Raises:
        DataError: A value that cannot be used.
    """
    columns.meet(row)
    values = row.values if isinstance(row.values, Mapping) else {}
    is_surface = "surface" in values and "alias" not in columns.names and "alias" not in values
    surface = values["surface"] if is_surface else columns.require(row, "alias")
    surface = read_text(row, "alias", surface)
    if not surface:
        raise DataError(f"{row.where}: column 'alias' is empty. Every alias needs a surface.")
    entities = columns.get(row, "entities")
    count = _count(row, columns.get(row, "count"))
    if entities is None:
        entities = [columns.require(row, "entity")]
    for entity in _items(row, "entities", entities):
        yield surface, read_text(row, "entity", entity), count


def _alias_counts(row: Row, value: object) -> dict[str, int]:
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        value = _json(value)
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[object, object]] = value.items()
    else:
        pairs = ((alias, 0) for alias in _items(row, "aliases", value))
    counts: dict[str, int] = {}
    for alias, count in pairs:
        if surface := read_text(row, "aliases", alias):
            counts[surface] = counts.get(surface, 0) + _count(row, count)
    return counts


def _json(value: str) -> object:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value.split("|")


def _items(row: Row, name: str, value: Any) -> Iterable[object]:
    """A list as it is, `a|b|c` split, nothing as no items."""
    if _is_missing(value):
        return ()
    if isinstance(value, str):
        return value.split("|")
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple | set | frozenset):
        return value
    raise DataError(
        f"{row.where}: column {name!r} is {value!r}, which is no list. "
        "Write ['a', 'b'], or 'a|b' in a text file."
    )


def read_text(row: Row, name: str, value: object) -> str:
    """A value as text, empty where it is missing.

    Raises:
        DataError: It holds a NUL or half a surrogate pair.
    """
    if _is_missing(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas turns integer ids into floats where some are missing
    text = str(value).strip()
    if _BROKEN.search(text):
        raise DataError(
            f"{row.where}: column {name!r} is {text!r}, with a NUL or half a surrogate pair. "
            "Clean the text first."
        )
    return text


def _number(row: Row, name: str, value: Any) -> float:
    if _is_missing(value) or value == "":
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise DataError(
            f"{row.where}: column {name!r} is {value!r}. It must be a number, 0 or more."
        )
    return number


def _count(row: Row, value: object) -> int:
    number = _number(row, "count", value)
    if not number.is_integer() or number > _MAX_COUNT:
        raise DataError(f"{row.where}: column 'count' is {value!r}. It must be a whole number.")
    return int(number)


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _nearest(name: str, names: Iterable[str]) -> str:
    by_lower = {one.lower(): one for one in names}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else "."
