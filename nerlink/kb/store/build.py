"""A new knowledge base from tables: loaded unsorted, sorted once, indexed last, shown whole."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final, TypeAlias
from uuid import uuid4

from nerlink.data import Entity
from nerlink.errors import DataError, KnowledgeBaseError
from nerlink.files import replaced_whole
from nerlink.kb.entities import AliasCount, EntityTables
from nerlink.kb.normalise import acronym, normalise, without_parenthesis
from nerlink.kb.store.connections import remove_journals
from nerlink.kb.store.repeats import Repeats
from nerlink.kb.store.schema import FUZZY, INDICES, TABLES, hash_content
from nerlink.kb.thesauri.options import ThesaurusOptions
from nerlink.tables import AnyTable, Delimited

__all__ = [
    "INSERT_ENTITY",
    "BuildOptions",
    "Progress",
    "aliases_of",
    "build",
    "entity_values",
    "words_of",
]

Progress: TypeAlias = Callable[[str, int], None]
"""Called now and then with the stage of the work and how many rows are done in it."""

EntityValues: TypeAlias = tuple[int, str, float, str, str | None, str | None, str]

INSERT_ENTITY: Final = (
    "INSERT INTO entity (row, id, popularity, name, type, acronym, description) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)

_BATCH: Final = 10_000
"""Rows that are in memory at once, and between two reports of progress."""

_FAST: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -128000;
CREATE TEMP TABLE staging (key TEXT, row INTEGER, surface TEXT, count INTEGER);
CREATE TEMP TABLE staged_word (word TEXT, row INTEGER);
"""
"""Settings for a file that is thrown away if anything goes wrong; nowhere else are they safe.

Aliases and words are staged: written as they come, and sorted once at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How a knowledge base is made.

    Args:
        parentheses: Also find `Jordan (country)` by `Jordan`.
        fuzzy: Index aliases by trigrams, which `Fuzzy` needs; can be done later.
        text: How the tables in CSV and TSV files are laid out.
        alias_separator: What stands between two aliases in a cell of text; `|` if `None`.
        skip_duplicates: Leave out a row that has the id of an earlier one and says something else
            of the entity. Rows that agree are one entity in any case.
        thesauri: How thesauri, ontologies and results of SPARQL become entities.
        progress: Called now and then with the stage of the work and how many rows are done.
    """

    parentheses: bool = True
    fuzzy: bool = False
    text: Delimited | None = None
    alias_separator: str | None = None
    skip_duplicates: bool = False
    thesauri: ThesaurusOptions = field(default_factory=ThesaurusOptions)
    progress: Progress | None = None

    def tables(self, columns: Mapping[str, str] | None) -> EntityTables:
        """What reads the tables.

        Args:
            columns: nerlink's names of columns to those of the tables.

        Raises:
            DataError: A name that is none of nerlink's.
        """
        return EntityTables(
            columns,
            self.text,
            alias_separator=self.alias_separator,
            thesauri=self.thesauri,
            report=self.report,
        )

    def report(self, stage: str, n_done: int = 0) -> None:
        """Call `progress`, if there is one."""
        if self.progress is not None:
            self.progress(stage, n_done)


def build(
    path: Path,
    entities: AnyTable,
    *,
    aliases: AnyTable = (),
    columns: Mapping[str, str] | None = None,
    options: BuildOptions,
) -> None:
    """Write a knowledge base to `path`, whole or not at all; an existing file is replaced.

    Raises:
        DataError: A table, row or value that cannot be used.
        KnowledgeBaseError: The file cannot be written.
    """
    tables = options.tables(columns)
    try:
        with replaced_whole(path) as part:
            with closing(sqlite3.connect(part, isolation_level=None)) as connection:
                _fill(connection, entities, aliases, tables, options)
            remove_journals(path)
    except (sqlite3.Error, OSError) as error:
        raise KnowledgeBaseError(
            f"{path}: cannot be written ({error}). "
            "Name a file in a folder of yours, with room for it."
        ) from error


def entity_values(row: int, entity: Entity) -> EntityValues:
    """The values of an entity that `INSERT_ENTITY` takes, in its order."""
    return (
        row,
        entity.id,
        entity.popularity,
        entity.name,
        entity.type,
        acronym(entity.name),
        entity.description,
    )


def aliases_of(entity: Entity, *, parentheses: bool) -> Iterator[tuple[str, int]]:
    """Surfaces by which an entity is found, with counts: its name, perhaps cut, and its aliases."""
    yield entity.name, 0
    if parentheses:
        yield without_parenthesis(entity.name), 0
    yield from entity.aliases.items()


def words_of(row: int, name: str) -> list[tuple[str, int]]:
    """The distinct words of a name, each with the row of its entity, in order."""
    return [(word, row) for word in sorted(set(normalise(name).split()))]


def _fill(
    connection: sqlite3.Connection,
    entities: AnyTable,
    aliases: AnyTable,
    tables: EntityTables,
    options: BuildOptions,
) -> None:
    connection.executescript(_FAST + TABLES)
    connection.execute("BEGIN")
    of_entities, of_aliases = tables.split(entities)
    entity_rows = chain.from_iterable(map(tables.rows, of_entities))
    alias_rows = chain.from_iterable(tables.rows(one, "aliases") for one in [*of_aliases, aliases])
    found = ((row.where, tables.entity(row)) for row in entity_rows)
    n_entities = _load_entities(connection, found, options)
    _load_aliases(
        connection,
        ((row.where, one) for row in alias_rows for one in tables.alias_counts(row)),
        options,
    )
    tables.check()
    options.report("sorting aliases")
    # Keys that come in order fill the pages of a table one after the other; a table that is filled
    # out of order is read and written again and again once it outgrows the cache.
    connection.execute(
        "INSERT INTO alias SELECT key, row, surface, CAST(total(count) AS INTEGER) FROM staging "
        "GROUP BY key, row, surface ORDER BY key, row, surface"
    )
    query = "SELECT surface, count FROM alias WHERE count >= 1 << 53 LIMIT 1"
    for surface, count in connection.execute(query):
        raise DataError(
            f"the counts of {surface!r:.80} add up to {count:,}. Mend those of its rows."
        )
    connection.execute(
        "INSERT INTO word SELECT DISTINCT word, row FROM staged_word ORDER BY word, row"
    )
    connection.execute("COMMIT")
    connection.executescript(INDICES)  # after the rows: one sort is quicker than many inserts
    if options.fuzzy:
        options.report("indexing trigrams")
        connection.executescript(FUZZY)
    options.report("hashing")
    meta = {
        "identity": uuid4().hex,
        "version": 1,
        "n_rows": n_entities,
        "parentheses": int(options.parentheses),
        "content_hash": hash_content(connection),
    }
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


def _load_entities(
    connection: sqlite3.Connection, found: Iterator[tuple[str, Entity]], options: BuildOptions
) -> int:
    """Insert entities, and stage their surfaces and words; how many rows they take.

    Args:
        connection: To the new base.
        found: Place and entity of each row of the tables.
        options: How the base is made.
    """
    repeats = Repeats(skip=options.skip_duplicates)
    n_rows = n_read = 0
    while batch := list(islice(found, _BATCH)):
        loaded: list[tuple[int, Entity]] = []
        for where, entity in batch:
            try:
                connection.execute(INSERT_ENTITY, entity_values(n_rows, entity))
            except sqlite3.IntegrityError:
                row = repeats.merge(connection, entity, where)
            else:
                row = n_rows
                repeats.note(row, where)
                n_rows += 1
            if row is not None:
                loaded.append((row, entity))
        repeats.store(connection)
        # All surfaces of a batch at once: a statement for each entity takes a quarter longer.
        surfaces = (
            (surface, row, count)
            for row, entity in loaded
            for surface, count in aliases_of(entity, parentheses=options.parentheses)
        )
        words = (pair for row, entity in loaded for pair in words_of(row, entity.name))
        _stage(connection, surfaces)
        connection.executemany("INSERT INTO staged_word VALUES (?, ?)", words)
        n_read += len(batch)
        options.report("entities", n_read)
    repeats.tell()
    return n_rows


def _load_aliases(
    connection: sqlite3.Connection, found: Iterator[tuple[str, AliasCount]], options: BuildOptions
) -> None:
    """Stage aliases, which have the places of their rows."""
    n_loaded = 0
    while batch := list(islice(found, _BATCH)):
        _stage(
            connection,
            (
                (one.alias, _row_of(connection, one.entity, where), one.count)
                for where, one in batch
            ),
        )
        n_loaded += len(batch)
        options.report("aliases", n_loaded)


def _row_of(connection: sqlite3.Connection, entity: str, where: str) -> int:
    found = connection.execute("SELECT row FROM entity WHERE id = ?", (entity,)).fetchone()
    if found is None:
        raise DataError(
            f"{where}: entity {entity!r} is not in the tables of entities. "
            "Add it there, or drop the alias."
        )
    number: int = found[0]
    return number


def _stage(connection: sqlite3.Connection, aliases: Iterable[tuple[str, int, int]]) -> None:
    connection.executemany(
        "INSERT INTO staging VALUES (?, ?, ?, ?)",
        ((normalise(surface), row, surface, n) for surface, row, n in aliases),
    )
