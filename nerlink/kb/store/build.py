"""A new knowledge base from tables: loaded unsorted, sorted once, indexed last, shown whole."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import Final, TypeAlias
from uuid import uuid4

from nerlink.data import Entity
from nerlink.errors import DataError, KnowledgeBaseError
from nerlink.kb.entities import EntityTables, aliases_in_row, entity_in_row
from nerlink.kb.normalise import acronym, normalise, without_parenthesis
from nerlink.kb.store.connections import remove_journals
from nerlink.kb.store.schema import FUZZY, INDICES, TABLES, hash_content
from nerlink.tables import AnyTable, Delimited, Row

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
"""Called now and then with what is being done and how many are done."""

EntityValues: TypeAlias = tuple[int, str, float, str, str | None, str | None, str]

INSERT_ENTITY: Final = (
    "INSERT INTO entity (row, id, popularity, name, type, acronym, description) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)

_BATCH: Final = 10_000
_FAST: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -128000;
CREATE TEMP TABLE staging (key TEXT, row INTEGER, surface TEXT, count INTEGER);
CREATE TEMP TABLE staged_word (word TEXT, row INTEGER);
"""
"""Safe here only, where the file is thrown away if anything goes wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How a knowledge base is made.

    Args:
        parentheses: Also find `Jordan (country)` by `Jordan`.
        fuzzy: Index aliases by trigrams, which `Fuzzy` needs; can be done later.
        text: How the tables in CSV and TSV files are laid out.
        progress: Called with what is being done and how many are done.
    """

    parentheses: bool = True
    fuzzy: bool = False
    text: Delimited | None = None
    progress: Progress | None = None

    def report(self, stage: str, n_done: int = 0) -> None:
        """Tell whoever wants to know."""
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
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".part")
        os.close(handle)
    except OSError as error:
        raise _not_writable(path, error) from error
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as connection:
            _fill(connection, entities, aliases, EntityTables(columns, options.text), options)
        Path(part).chmod(0o644)
        remove_journals(path)
        Path(part).replace(path)
    except (sqlite3.OperationalError, OSError) as error:
        raise _not_writable(path, error) from error
    finally:
        Path(part).unlink(missing_ok=True)


def _not_writable(path: Path, error: Exception) -> KnowledgeBaseError:
    return KnowledgeBaseError(
        f"{path}: cannot be written ({error}). Name a file in a folder of yours, with room for it."
    )


def entity_values(row: int, entity: Entity) -> EntityValues:
    """What `INSERT_ENTITY` takes."""
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
    """What the index of words holds of a name."""
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
    alias_rows = chain.from_iterable(map(tables.rows, [*of_aliases, aliases]))
    n_entities = _load_entities(connection, entity_rows, options)
    _load_aliases(connection, alias_rows, options)
    tables.check()
    options.report("sorting aliases")
    connection.execute(
        "INSERT INTO alias SELECT key, row, surface, sum(count) FROM staging "
        "GROUP BY key, row, surface ORDER BY key, row, surface"
    )
    connection.execute("INSERT INTO word SELECT word, row FROM staged_word ORDER BY word, row")
    connection.execute("COMMIT")
    connection.executescript(INDICES)
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
    connection: sqlite3.Connection, rows: Iterator[Row], options: BuildOptions
) -> int:
    n_loaded = 0
    while batch := [(row, entity_in_row(row)) for row in islice(rows, _BATCH)]:
        _insert_entities(connection, n_loaded, batch)
        _stage(
            connection,
            (
                (surface, number, n)
                for number, (_, entity) in enumerate(batch, n_loaded)
                for surface, n in aliases_of(entity, parentheses=options.parentheses)
            ),
        )
        connection.executemany(
            "INSERT INTO staged_word VALUES (?, ?)",
            (
                pair
                for number, (_, entity) in enumerate(batch, n_loaded)
                for pair in words_of(number, entity.name)
            ),
        )
        n_loaded += len(batch)
        options.report("entities", n_loaded)
    return n_loaded


def _insert_entities(
    connection: sqlite3.Connection, first: int, batch: list[tuple[Row, Entity]]
) -> None:
    numbers = count(first)
    values = (
        entity_values(number, entity) for number, (_, entity) in zip(numbers, batch, strict=False)
    )
    try:
        connection.executemany(INSERT_ENTITY, values)
    except sqlite3.IntegrityError as error:
        row, entity = batch[next(numbers) - 1 - first]  # the last one that was drawn
        raise DataError(
            f"{row.where}: column 'id' is {entity.id!r}, which an earlier row has too. "
            "Ids must be unique; give one row an id of its own or merge the rows."
        ) from error


def _load_aliases(
    connection: sqlite3.Connection, rows: Iterator[Row], options: BuildOptions
) -> None:
    n_loaded = 0
    while batch := list(islice(rows, _BATCH)):
        _stage(
            connection,
            (
                (found.alias, _row_of(connection, found.entity, row), found.count)
                for row in batch
                for found in aliases_in_row(row)
            ),
        )
        n_loaded += len(batch)
        options.report("alias rows", n_loaded)


def _row_of(connection: sqlite3.Connection, entity: str, row: Row) -> int:
    found = connection.execute("SELECT row FROM entity WHERE id = ?", (entity,)).fetchone()
    if found is None:
        raise DataError(
            f"{row.where}: entity {entity!r} is not in the tables of entities. "
            "Add it there, or drop the alias."
        )
    number: int = found[0]
    return number


def _stage(connection: sqlite3.Connection, aliases: Iterable[tuple[str, int, int]]) -> None:
    connection.executemany(
        "INSERT INTO staging VALUES (?, ?, ?, ?)",
        ((normalise(surface), row, surface, n) for surface, row, n in aliases),
    )
