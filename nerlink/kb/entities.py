"""Entities and alias counts from the rows of tables, under whichever names columns have.

A thesaurus or an ontology is a table of entities, too.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeGuard

from nerlink.data import NIL, Entity
from nerlink.errors import DataError
from nerlink.kb.cells import Cells, cleaned, number, whole_number
from nerlink.kb.thesauri.concepts import is_thesaurus, read_concepts
from nerlink.kb.thesauri.options import ThesaurusOptions
from nerlink.kb.thesauri.results import SparqlResults, is_result
from nerlink.lookalikes import MISSPELT, did_you_mean, missing_column, nearest
from nerlink.rows import Row, wrong_way_round
from nerlink.tables import (
    AnyTable,
    Delimited,
    is_frame,
    open_delimited,
    open_frame,
    open_parquet,
    read_rows,
)

__all__ = ["AliasCount", "EntityTables", "Kind"]

log = logging.getLogger(__name__)

Kind: TypeAlias = Literal["entities", "aliases"]
"""What a row of a table is: an entity, or an alias."""

_ENTITY: Final = tuple(field.name for field in fields(Entity))
_ALIAS: Final = ("alias", "entity", "entities", "count")

_KNOWN: Final[Mapping[Kind, tuple[str, ...]]] = {"entities": (*_ENTITY, "alias"), "aliases": _ALIAS}
"""Values in the rows of a table. An entity may have an alias in each of several rows."""

_IDS: Final = "entity id|qid|wikidata|wikidata id|item|uri|iri|entity uri|cui|concept id|identifier"

_OTHER_NAMES: Final[Mapping[Kind, Mapping[str, str]]] = {
    "entities": {
        "id": _IDS,
        "name": "label|title|entity name|entity label|item label|pref label|rdfs label|"
        "preferred name|preferred label|preferred term|canonical name|display name|skos pref label",
        "description": "desc|descr|item description|entity description|short description|"
        "definition|summary|schema description",
        "type": "entity type|ner type|semantic type",
        "popularity": "popularity",
        "aliases": "synonyms|alt labels|alt label|item alt label|alternative names|alt names|"
        "alternate names|alternative labels|also known as|aka|surface forms|skos alt label",
        "alias": "synonym|alternative name|surface form",
    },
    "aliases": {
        "alias": "surface|surface form|mention|anchor|anchor text|synonym|alternative name",
        "entity": f"{_IDS}|id",
        "entities": "candidates|entity ids|qids",
        "count": "counts|freq|frequency",
    },
}
"""What other programs call a value where that can only mean one thing; as `_folded`."""

_OF_THESAURI: Final = ("id", "name", "description", "type", "aliases")
"""What the rows of a thesaurus hold."""

_PRIORS: Final = ("prior", "priors", "probability", "probabilities")


def _folded(column: str) -> str:
    """A column's name without case, blanks and punctuation: `entityId` is `Entity ID`."""
    return re.sub(r"[\W_]+", "", column).lower()


_MEANT: Final[Mapping[Kind, Mapping[str, str]]] = {
    kind: {
        _folded(one): name for name, more in names.items() for one in f"{name}|{more}".split("|")
    }
    for kind, names in _OTHER_NAMES.items()
}


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

    Columns that other programs call otherwise (`qid`, `label`, `itemLabel`) are read where they
    can only mean one thing, which is told.

    Args:
        columns: What nerlink calls a value (`popularity`) to the column it is in (`in_links`).
            Values without an entry are in a column of their own name.
        text: How the CSV and TSV files among the tables are laid out.
        alias_separator: What stands between two aliases in a cell of text; `|` if `None`.
        thesauri: How thesauri, ontologies and results of SPARQL become entities.
        report: Called now and then with the stage of the work on a thesaurus and how much is done.

    Raises:
        DataError: A name that is none of nerlink's.
    """

    def __init__(
        self,
        columns: Mapping[str, str] | None = None,
        text: Delimited | None = None,
        *,
        alias_separator: str | None = None,
        thesauri: ThesaurusOptions | None = None,
        report: Callable[[str, int], None] | None = None,
    ) -> None:
        self.columns = dict(columns or {})
        self.text = text
        self.thesauri = thesauri or ThesaurusOptions()
        self.report = report or (lambda _stage, _n_done: None)
        self._results = SparqlResults(self.thesauri, splits=alias_separator is None)
        self.cells = Cells(alias_separator)
        self._met: set[str] = set()
        self._columns_met: set[str] = set()
        self._has_concepts = False
        self._left_out: dict[Kind, set[str]] = {"entities": set(), "aliases": set()}
        known = (*_ENTITY, *_ALIAS)
        for name, column in self.columns.items():
            if name not in known and column in known:
                raise wrong_way_round(self.columns, where="a knowledge base")
            if name not in known:
                raise DataError(
                    f"columns: {name!r} is not a value that a knowledge base keeps. "
                    f"Values are {', '.join(known)}.{did_you_mean(name, known)}"
                )

    def rows(self, table: AnyTable, kind: Kind = "entities") -> Iterator[Row]:
        """The rows of a table, or of several, under nerlink's names.

        Raises:
            DataError: A table or row that cannot be read, or columns of which several may be one.
        """
        for one in _each(table):
            if _is_thesaurus(one) and kind == "entities":
                self._met |= {*_OF_THESAURI}
                self._has_concepts = True
                yield from read_concepts(Path(one), self.thesauri, self._results.ids, self.report)
                continue
            # JSON lines need not have the same keys in each row.
            readings: dict[tuple[str, ...], Mapping[str, str]] = {}
            told = {("surface", "alias")}  # the other name that the documentation gives
            n_rows = 0
            for n_rows, row in enumerate(self._read(one), 1):  # noqa: B007 - counts them
                keys = tuple(row.values)
                if keys not in readings:
                    readings[keys] = self._reading(keys, kind, where=row.where)
                    self._tell_reading(readings[keys], told, one)
                reading = readings[keys]
                values = {reading.get(column, column): v for column, v in row.values.items()}
                read = Row(row.where, values) if reading else row
                if is_result(keys, reading):
                    self._has_concepts, read = True, self._results.shortened(read)
                yield read
            if not n_rows and (isinstance(one, str | PathLike) or is_frame(one)):
                log.warning("%s: no rows, so nothing comes of this table.", _called(one))
                if columns := _columns_of(one, self.text):
                    named = Row("", dict.fromkeys(columns)).under(self.columns)
                    self._reading(tuple(named.values), kind, where=_called(one))

    def split(self, table: AnyTable) -> tuple[list[AnyTable], list[AnyTable]]:
        """Tables of entities, and tables of aliases.

        A file or a DataFrame of aliases has a column `alias` or `surface`, and no column `id` or
        nothing else of an entity. Records are always entities.
        """
        tables = list(table) if isinstance(table, list | tuple) else [table]
        if not all(isinstance(item, str | PathLike) or is_frame(item) for item in tables):
            return [table], []
        firsts = [None if _is_thesaurus(item) else next(self._read(item), None) for item in tables]
        kinds = [
            first is not None and _is_of_alias(tuple(first.values), is_only=len(tables) == 1)
            for first in firsts
        ]
        pairs = list(zip(tables, kinds, strict=True))
        return [item for item, yes in pairs if not yes], [item for item, yes in pairs if yes]

    def entities(self, table: AnyTable) -> Iterator[tuple[str, Entity]]:
        """Place and entity of each row in a table, or in several, and then `check`."""
        for row in self.rows(table):
            yield row.where, self.entity(row)
        self.check()

    def aliases(self, table: AnyTable) -> Iterator[AliasCount]:
        """The alias counts in a table, or in several, and then `check`."""
        for row in self.rows(table, "aliases"):
            yield from self.alias_counts(row)
        self.check()

    def entity(self, row: Row) -> Entity:
        """The entity in a row; a missing name is the id, other missing values are empty.

        Raises:
            DataError: A value that cannot be used.
        """
        values, where, text = row.values, row.where, self.cells.text
        id_ = cleaned(_require(row, "id"), "id", where=where)
        if not id_ or id_ == NIL:
            raise DataError(
                f"{where}: column 'id' is {id_!r}. Every entity needs an id other than {NIL!r}."
            )
        where = f"{where}: entity {id_!r:.80}"
        aliases = self.cells.alias_counts(values.get("aliases"), "aliases", where=where)
        if "alias" in values:
            count = whole_number(values.get("count"), where=where)
            one = self.cells.alias_counts(values["alias"], "alias", where=where)
            aliases |= {alias: aliases.get(alias, 0) + count for alias in one}
        return Entity(
            id=id_,
            name=text(values.get("name"), "name", where=where) or id_,
            description=text(values.get("description"), "description", where=where),
            type=text(values.get("type"), "type", where=where) or None,
            popularity=number(values.get("popularity"), "popularity", where=where),
            aliases=aliases,
        )

    def alias_counts(self, row: Row) -> Iterator[AliasCount]:
        """The count for each entity in a row of an alias table.

        Raises:
            DataError: A value that cannot be used.
        """
        values, where = row.values, row.where
        found = self.cells.alias_counts(_require(row, "alias"), "alias", where=where)
        if not found:
            raise DataError(f"{where}: column 'alias' is empty. Every alias needs a surface.")
        count = whole_number(values.get("count"), where=where)
        entities = values.get("entities")
        if entities is None:
            entities = [_require(row, "entity")]
        for entity in self.cells.items(entities, "entities", where=where):
            for alias in found:
                yield AliasCount(alias, cleaned(entity, "entity", where=where), count)

    def check(self) -> None:
        """Refuse columns that were named but never met; tell what was left out or converted.

        Raises:
            DataError: With the nearest column that was met.
        """
        for name, column in self.columns.items():
            # Rows come with nerlink's names for the columns that were named, and only for these.
            if self._met and name not in self._columns_met:
                there = ", ".join(sorted(map(repr, self._columns_met)))
                there = f"there are {there}" if there else "thesauri have labels and no columns"
                raise DataError(
                    f"columns: no table has the column {column!r} given for {name!r} (--column); "
                    f"{there}.{did_you_mean(column, self._columns_met)}"
                )
        if self._met and not self._columns_met and not self._results.splits:
            log.warning(
                "Thesauri have labels and no cells, so the separator of aliases is not used."
            )
        if self._met and not self._has_concepts and self.thesauri != ThesaurusOptions():
            log.warning(
                "None of the tables is a thesaurus, an ontology or a result of SPARQL, so options "
                "of these, such as language and type_from, change nothing."
            )
        for kind, columns in self._left_out.items():
            self._tell_left_out(kind, sorted(columns))
        others = self._left_out["entities"] | ({"alias"} & self._met)
        if "id" in self._met and "name" not in self._met and others:
            log.warning(
                "No column has the names of entities, so they are called by their ids. "
                "Name it with columns={'name': ...} (--column name=...); there are %s.",
                ", ".join(map(repr, sorted(others))),
            )
        for note in (*self.cells.notes(), *self._results.notes()):
            log.warning(note)

    def _read(self, table: AnyTable) -> Iterator[Row]:
        return read_rows(table, names=self.columns, text=self.text)

    def _reading(self, columns: tuple[str, ...], kind: Kind, *, where: str) -> Mapping[str, str]:
        """Columns to nerlink's names, where these are others."""
        meant = _meant(columns, kind)
        for name, several in meant.items():
            if len(several) > 1:
                raise DataError(
                    f"{where}: columns {' and '.join(map(repr, several))} may each be {name!r}. "
                    f"Say which with columns={{{name!r}: {several[0]!r}}} "
                    f"(--column {name}={several[0]})."
                )
        reading = {several[0]: name for name, several in meant.items()}
        there = {reading.get(column, column) for column in columns}
        known = {*_KNOWN[kind], *(("count",) if "alias" in there else ())}
        self._met |= there
        self._columns_met |= {*columns}
        self._left_out[kind] |= there - known
        return reading

    def _tell_reading(
        self, reading: Mapping[str, str], told: set[tuple[str, str]], one: Any
    ) -> None:
        """Say which columns of a table are read under other names, each once."""
        if new := [pair for pair in reading.items() if pair not in told]:
            told.update(new)
            pairs = ", ".join(f"{column!r} as {name!r}" for column, name in new)
            log.warning(
                f"{_called(one)}: reads column {pairs}. If another is meant, say it with "
                f"columns={{{new[0][1]!r}: ...}} (--column {new[0][1]}=...)."
            )

    def _tell_left_out(self, kind: Kind, columns: Sequence[str]) -> None:
        """Say which columns are not read, and which of nerlink's they may be."""
        missing = [value for value in _KNOWN[kind] if value not in self._met]
        others = []
        for column in columns:
            if near := nearest(column, missing, alike=MISSPELT):
                log.warning(
                    f"The column {column!r} is left out. Did you mean {near!r}? Then name it so, "
                    f"or say columns={{{near!r}: {column!r}}} (--column {near}={column})."
                )
            else:
                others.append(repr(column))
        if others:
            log.warning(
                f"Left out of the tables of {kind}: {', '.join(others)}. "
                f"Columns that are read: {', '.join(_KNOWN[kind])}."
            )
        if priors := [column for column in columns if _folded(column) in _PRIORS]:
            log.warning(
                f"A knowledge base counts and takes no {priors[0]!r}: give 'count', how often an "
                "alias was seen to mean the entity, and it computes the rest."
            )


def _each(table: AnyTable) -> Iterator[AnyTable]:
    """The tables of a list, one by one; records that are no tables stay together."""
    items = table if isinstance(table, list | tuple) else ()
    if items and all(isinstance(one, str | PathLike) or is_frame(one) for one in items):
        yield from items
    elif any(map(_is_thesaurus, items)):
        yield from (one if _is_thesaurus(one) else [one] for one in items)
    else:
        yield table


def _is_thesaurus(table: Any) -> TypeGuard[str | PathLike[str]]:
    return isinstance(table, str | PathLike) and is_thesaurus(str(table))


def _columns_of(table: Any, text: Delimited | None) -> Sequence[str]:
    """The columns of a table without rows, where it says them."""
    if is_frame(table):
        return open_frame(table).columns
    ending = Path(str(table).lower().removesuffix(".gz")).suffix
    if ending == ".parquet":
        return open_parquet(table).columns
    if ending in (".csv", ".tsv"):
        return open_delimited(table, text or Delimited()).columns
    return ()


def _called(table: Any) -> str:
    if isinstance(table, str | PathLike):
        return str(table)
    return "frame" if is_frame(table) else "records"


def _meant(columns: Sequence[str], kind: Kind) -> dict[str, list[str]]:
    """Names of values that are no columns, each with the columns that may be it."""
    meant: dict[str, list[str]] = {}
    there = set(columns)
    for column in columns:
        name = _MEANT[kind].get(_folded(column))
        if name and name not in there:
            meant.setdefault(name, []).append(column)
    variables = [c for c in columns if f"{c}Label" in there and _folded(c) not in _MEANT[kind]]
    if kind == "entities" and "id" not in {*columns, *meant} and len(variables) == 1:
        # SPARQL names the columns after a variable: ?town gives town, townLabel, townDescription.
        (stem,) = variables
        endings = {"": "id", "Label": "name", "Description": "description", "AltLabel": "aliases"}
        for ending, name in endings.items():
            if stem + ending in columns and name not in columns:
                meant[name] = [stem + ending]
    return meant


def _is_of_alias(columns: Sequence[str], *, is_only: bool) -> bool:
    """Whether the rows of a table with these columns are aliases."""
    if "alias" not in {*columns, *_meant(columns, "aliases")}:
        return False
    says_more = bool({*columns, *_meant(columns, "entities")} & {*_ENTITY} - {"id"})
    refers = bool({"entity", "entities"} & set(columns))
    if "id" in columns:
        return not says_more and (refers or not is_only)
    return refers or not says_more


def _require(row: Row, name: str) -> Any:
    if name in row.values:
        return row.values[name]
    error = missing_column(name, row.values, where=row.where)
    option = f"columns={{{name!r}: ...}} (--column {name}=...)"
    raise DataError(f"{error} Name the right one with {option}.")
