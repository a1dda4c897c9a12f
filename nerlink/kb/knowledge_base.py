"""The knowledge base: entities and aliases in one SQLite file, read by many, changed safely."""

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Final, NamedTuple, Self

from nerlink.data import Candidate, Entity
from nerlink.errors import KnowledgeBaseError
from nerlink.kb.candidates.chains import make_filled
from nerlink.kb.export import export_entities
from nerlink.kb.store import edit
from nerlink.kb.store.build import BuildOptions, build
from nerlink.kb.store.connections import Connections
from nerlink.kb.store.guarded import BaseConnection
from nerlink.kb.store.rows import (
    Attributes,
    EntityRecord,
    check_record,
    find_rows,
    read_entities,
    read_records,
    read_texts,
    sound_count,
    sound_text,
)
from nerlink.kb.store.schema import hash_content, read_meta
from nerlink.tables import AnyTable

__all__ = ["MODEL_BASE", "KnowledgeBase"]

MODEL_BASE: Final = "kb.sqlite"
"""The file of the knowledge base in the folder of a model."""

_PAGE: Final = 1000
"""Entities that an iterator fetches at once, so that no iterator keeps the file locked."""

_RECENT: Final = 0.02
"""Seconds for which a version counts as recent."""

_MAX_ROWS: Final = 200_000
"""Ids whose rows are remembered."""

_MAX_RECORDS: Final = 20_000
"""Entities whose record is remembered: enough between finding candidates and describing them."""


class _Recent(NamedTuple):
    """What was read of a base at one version.

    Args:
        version: The version of the base.
        rows: The row of an entity by its id.
        records: What is known of an entity by its row.
    """

    version: int
    rows: dict[str, int]
    records: dict[int, EntityRecord]


class KnowledgeBase:
    """Entities with names, aliases and counts in one SQLite file.

        with KnowledgeBase.create("towns.sqlite", [{"id": "Q90", "name": "Paris"}]) as kb:
            kb["Q90"].name  # 'Paris'

    Any number of threads and processes may read while one writes. `version` grows with every
    change, and all of them see it, so that answers of an older version can be forgotten.
    """

    def __init__(self, connections: Connections) -> None:
        """Use `create` or `open`."""
        self._connections = connections
        self.path = connections.path
        self.read_only = connections.read_only
        self._recent = _Recent(0, {}, {})
        self._recent_version = (0, -math.inf)

    @classmethod
    def create(
        cls,
        path: str | PathLike[str],
        entities: AnyTable,
        *,
        aliases: AnyTable = (),
        columns: Mapping[str, str] | None = None,
        overwrite: bool = False,
        options: BuildOptions | None = None,
    ) -> Self:
        """A new base, open for reading and writing; the file appears whole or not at all.

        Args:
            path: The SQLite file to write.
            entities: Records, entities, a DataFrame, a file, or a list of these. A file may be a
                thesaurus or an ontology: `.ttl`, `.nt`, `.rdf`, `.owl`, `.obo`. Columns: `id`,
                and optionally `name`, `description`, `type`, `popularity`, `aliases` (a list,
                a mapping to counts, or `a|b` in a text file), or `alias` and `count` with a row
                for each alias: rows of one id that agree are one entity. Files with `alias` and
                no `id` are taken for alias tables.
            aliases: More tables, one row an alias: `alias`, `entity` or a list `entities`,
                and optionally `count`.
            columns: Names of values as above to the names of columns in the tables, such as
                `{"popularity": "in_links"}`. What other columns are read as, or that they are
                left out, is told.
            overwrite: Replace an existing file.
            options: How the base is made.

        Raises:
            DataError: A table, row or value that cannot be used.
            KnowledgeBaseError: The file exists or cannot be written.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise KnowledgeBaseError(f"{path} exists; overwrite=True (--overwrite) replaces it.")
        build(path, entities, aliases=aliases, columns=columns, options=options or BuildOptions())
        return cls.open(path, read_only=False)

    @classmethod
    def open(cls, path: str | PathLike[str], *, read_only: bool = True) -> Self:
        """An existing base.

        Args:
            path: The SQLite file, or the folder of a model, which has one.
            read_only: Refuse changes.

        Raises:
            KnowledgeBaseError: The file is missing, damaged, no knowledge base, of another version,
            or holds what nerlink does not make, such as a trigger.
        """
        path = Path(path)
        if _is_there(path, Path.is_dir):
            folder, path = path, path / MODEL_BASE
            if not _is_there(path, Path.is_file):
                raise KnowledgeBaseError(
                    f"{folder} is a folder, and not of a model that links: it has no {MODEL_BASE}. "
                    "Name the SQLite file of a knowledge base."
                )
        if not _is_there(path, Path.is_file):
            raise KnowledgeBaseError(
                f"{path}: no such knowledge base. "
                "Make one with KnowledgeBase.create(path, table) or nerlink kb build TABLE -o PATH."
            )
        connections = Connections(path, read_only=read_only)
        connections.get()  # now, so that a file which is no knowledge base is refused here
        return cls(connections)

    def close(self) -> None:
        """Close the file in all threads of this process."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self).open, read_only=self.read_only), (self.path,)

    @property
    def connection(self) -> BaseConnection:
        """The connection of this thread, for queries of the generators; `change` is for writing."""
        return self._connections.get()

    @property
    def version(self) -> int:
        """A number that grows with every change, whichever process makes the change."""
        version = read_meta(self.connection, "version")
        self._recent_version = version, time.monotonic()
        return version

    @property
    def recent_version(self) -> int:
        """`version` as it was at most 20 ms ago, without a query for each call.

        A change made through this object is seen at once, a change by another within 20 ms.
        """
        version, asked = self._recent_version
        return self.version if time.monotonic() - asked > _RECENT else version

    @property
    def n_rows(self) -> int:
        """One more than the largest row ever given to an entity, be it removed or not."""
        return read_meta(self.connection, "n_rows")

    @property
    def content_hash(self) -> str:
        """SHA-256 of all entities, with their rows, and all aliases; computed after a change."""
        query = "SELECT value FROM meta WHERE key = 'content_hash'"
        stored = self.connection.execute(query).fetchone()
        if not stored:
            return hash_content(self.connection)
        return sound_text(self.connection, stored[0], "its content_hash")

    def __len__(self) -> int:
        # Not count(*), a single step of SQLite's machine that cannot be cut off.
        return int(self.connection.execute("SELECT count(row) FROM entity").fetchone()[0])

    def __contains__(self, entity: object) -> bool:
        return isinstance(entity, str) and bool(find_rows(self.connection, [entity]))

    def __getitem__(self, entity: str) -> Entity:
        if (found := self.get(entity)) is None:
            raise self._no_entity(entity)
        return found

    def get(self, entity: str) -> Entity | None:
        """An entity, or `None` where the base lacks it, also if somebody removes it just now."""
        for row in find_rows(self.connection, [entity]).values():
            return next(read_entities(self.connection, row, row), None)
        return None

    def __iter__(self) -> Iterator[str]:
        """The ids of all entities, as `in` and `[]` take them."""
        for page in self._pages():
            for _, id_ in page:
                yield sound_text(self.connection, id_, "an id")

    def entities(self) -> Iterator[Entity]:
        """All entities, in order of their rows.

        Raises:
            KnowledgeBaseError: The file is damaged: a value is, or entities are missing.
        """
        version, n_entities = self.version, 0
        for page in self._pages():
            for entity in read_entities(self.connection, page[0][0], page[-1][0]):
                n_entities += 1
                yield entity
        # Damaged pages may lead past entities without an error of SQLite.
        if n_entities != len(self) and version == self.version:
            raise self.connection.damaged(f"{len(self) - n_entities} entities cannot be read")

    def export(self, path: str | PathLike[str], *, format: str | None = None) -> None:  # noqa: A002
        """Write all entities as JSON lines, CSV or SKOS, as `export_entities` does.

        Raises:
            DataError: The format is not known, or the file cannot be written.
        """
        export_entities(self.entities(), Path(path), format=format)

    def row(self, entity: str) -> int:
        """The row of an entity: a small integer, its place in tables of vectors, never reused.

        Raises:
            KnowledgeBaseError: The base has no such entity.
        """
        return self.rows([entity])[0]

    def rows(self, ids: Sequence[str]) -> list[int]:
        """The rows of many entities, in one query at most.

        Raises:
            KnowledgeBaseError: The base lacks one of them.
        """
        known = self._remembered().rows
        if missing := {entity for entity in ids if entity not in known}:
            known.update(find_rows(self.connection, missing))
        for entity in ids:
            if entity not in known:
                raise self._no_entity(entity)
        return [known[entity] for entity in ids]

    def attributes(self, rows: Sequence[int]) -> Attributes:
        """Columns of the entities on some rows, which may repeat, in one query at most.

        Raises:
            KnowledgeBaseError: A row without an entity.
        """
        records = self._remembered().records
        if missing := [row for row in dict.fromkeys(rows) if row not in records]:
            # Not remembered: a table of all entities would take the place of candidates.
            records = {row: records[row] for row in rows if row in records}
            records |= read_records(self.connection, missing)
        return Attributes.of([records[row] for row in rows])

    def found(self, query: str, asked: Sequence[object]) -> list[list[tuple[str, float, int]]]:
        """Id, popularity and count of the entities that a query finds for each value asked for.

        Counts of an entity that a value finds several times are added. The rows and records of
        the entities are remembered, since candidates are described soon after they are found.

        Args:
            query: Takes a JSON array of the values, and selects the place in it, the columns of
                an `EntityRecord`, a row and a count.
            asked: Values for which entities are looked up.

        Returns:
            A list for each value, (n_asked).
        """
        recent = self._remembered()
        if len(recent.rows) > _MAX_ROWS or len(recent.records) > _MAX_RECORDS:
            # New tables, not emptied ones: another thread may be reading the old one.
            self._recent = recent = _Recent(recent.version, {}, {})
        found: list[dict[int, tuple[str, float, int]]] = [{} for _ in asked]
        connection, records = self.connection, recent.records
        for place, id_, name, type_, popularity, row, count in connection.execute(
            query, (json.dumps(asked),)
        ):
            record = id_, name, type_, popularity
            if records.get(row) != record:
                records[row] = check_record(connection, row, record)
                recent.rows[id_] = row
            if type(count) is not int or count < 0:
                sound_count(connection, count, f"the count of an alias of {id_!r}")
            before = found[place].get(row)
            found[place][row] = id_, popularity, count + before[2] if before else count
        return [list(entities.values()) for entities in found]

    def search(
        self, surface: str, *, limit: int = 10, generators: Sequence[str] | None = None
    ) -> list[Entity]:
        """The entities that a surface may mean, most likely first.

            [(entity.id, entity.description) for entity in kb.search("Paris")]

        Args:
            surface: A name or a part of one, as it stands in a text.
            limit: Return at most so many.
            generators: As in `candidates`.

        Raises:
            KnowledgeBaseError: As in `candidates`.
        """
        found = self.candidates(surface, limit=limit, generators=generators)
        return [entity for one in found if (entity := self.get(one.entity)) is not None]

    def candidates(
        self,
        surface: str,
        *,
        limit: int | None = None,
        generators: Sequence[str] | None = None,
        fill: Sequence[str] | None = None,
    ) -> tuple[Candidate, ...]:
        """What a surface may mean, by falling prior: by default, what a linker chooses from.

            kb.candidates("Pariss", generators=["normalised", "fuzzy"])

        For many surfaces, `make_filled` makes a generator that looks them up together.

        Args:
            surface: A name or a part of one, as it stands in a text.
            limit: Keep so many; `None` keeps all.
            generators: Names of the generators that are asked one after another until one has an
                answer, keys of `GENERATORS`; the default of the configuration if `None`.
            fill: Names of the generators that add candidates where those are few, likewise.

        Raises:
            KnowledgeBaseError: No generator has that name, or the base lacks an index it needs.
        """
        # Imported here so that `import nerlink.kb` does not wait for pydantic.
        from nerlink.config import KnowledgeBaseConfig

        default = KnowledgeBaseConfig()
        chain = default.candidates if generators is None else generators
        fillers = default.fill if fill is None else fill
        return make_filled(self, chain, fillers).candidates(surface, limit=limit)

    def name_of(self, entity: str) -> str:
        """The name of an entity, or its id where the base lacks it, to show to people."""
        found = self.get(entity)
        return entity if found is None else found.name

    def texts(self, rows: Iterable[int] | None = None) -> Iterator[tuple[int, str]]:
        """Row and `name; description; type` of each entity, or of those on some rows."""
        every = (row for page in self._pages() for row, _ in page) if rows is None else rows
        wanted = iter(every)
        while batch := list(islice(wanted, _PAGE)):
            yield from read_texts(self.connection, batch)

    def changed_since(self, version: int) -> list[int]:
        """Rows of the entities that were added or renamed after that version."""
        query = "SELECT row FROM entity WHERE changed > 1 AND changed > ?"
        return sorted(row for (row,) in self.connection.execute(query, (version,)))

    def add(
        self,
        *entities: Entity | AnyTable,
        columns: Mapping[str, str] | None = None,
        options: BuildOptions | None = None,
    ) -> None:
        """Add entities, records or tables as `create` takes them, all or none; found at once.

        Args:
            entities: Entities, records, or tables of entities.
            columns: As in `create`.
            options: As in `create`: how tables are read, and whether entities whose ids are taken
                are left out (`skip_duplicates`).

        Raises:
            DataError: A value that cannot be used.
            KnowledgeBaseError: An id that is taken, or the base is read-only.
        """
        options = options or BuildOptions()
        checked = list(options.tables(columns).entities(entities))
        with self.change() as connection:
            edit.add_entities(connection, checked, skip_duplicates=options.skip_duplicates)
            ids = {entity.id for _, entity in checked}
            if lost := ids - find_rows(connection, ids).keys():  # an index may be damaged
                raise self.connection.damaged(f"{min(lost)!r:.80} is added, but is not found")

    def rename(self, entity: str, name: str) -> None:
        """Give an entity another name; the old one stays an alias.

        Raises:
            KnowledgeBaseError: The base has no such entity, or is read-only.
        """
        with self.change() as connection:
            edit.rename_entity(connection, self._find(connection, entity), name)

    def merge(self, source: str, target: str) -> None:
        """Move aliases, counts and popularity of one entity to another and remove the first.

        Raises:
            KnowledgeBaseError: The base lacks one of them, they are one, or it is read-only.
        """
        if source == target:
            raise KnowledgeBaseError(f"{self.path}: {source!r} cannot merge into itself. Name two.")
        with self.change() as connection:
            rows = (self._find(connection, source), self._find(connection, target))
            edit.merge_entities(connection, *rows)

    def remove(self, entity: str) -> None:
        """Remove an entity and its aliases.

        Raises:
            KnowledgeBaseError: The base has no such entity, or is read-only.
        """
        with self.change() as connection:
            edit.remove_entity(connection, self._find(connection, entity))

    def count_mentions(self, pairs: Iterable[tuple[str, str]]) -> Counter[str]:
        """Add surfaces that were seen to mean entities, as (surface, id), to the counts.

        Returns:
            Ids that the base lacks (`NIL` left out), with how often they were met.
        """
        with self.change() as connection:
            return edit.count_mentions(connection, pairs)

    def index_fuzzy(self) -> None:
        """Make the trigram index that `Fuzzy` needs, anew if it is there."""
        with self.change() as connection:
            edit.index_fuzzy(connection)

    def _pages(self) -> Iterator[list[tuple[int, object]]]:
        """Row and id of all entities, in order of their rows, some at a time."""
        query = "SELECT row, id FROM entity WHERE row >= ? ORDER BY row LIMIT ?"
        first = 0
        while page := self.connection.execute(query, (first, _PAGE)).fetchall():
            last = page[-1][0]
            if last < first:  # or a damaged file would be read for ever
                raise self.connection.damaged(f"row {last} comes after row {first}")
            yield page
            first = last + 1

    def _remembered(self) -> _Recent:
        """What was read since the last change; callers keep it, as other threads may replace it."""
        version = self.recent_version
        if self._recent.version != version:
            self._recent = _Recent(version, {}, {})
        return self._recent

    def _find(self, connection: BaseConnection, entity: str) -> int:
        if found := find_rows(connection, [entity]):
            return found[entity]
        raise self._no_entity(entity)

    def _no_entity(self, entity: str) -> KnowledgeBaseError:
        return KnowledgeBaseError(
            f"{self.path}: no entity {entity!r:.80}. "
            "Look for its id with kb.search(name) or nerlink kb search, or add it."
        )

    @contextmanager
    def change(self) -> Iterator[BaseConnection]:
        """A transaction for one change of the base, which raises `version` when it ends."""
        with self._connections.transaction() as connection:
            yield connection
            edit.mark_change(connection)
        self._recent_version = (0, -math.inf)


def _is_there(path: Path, is_kind: Callable[[Path], bool]) -> bool:
    try:
        return is_kind(path)
    except OSError as error:  # a folder on the way that is closed, a name that is too long
        raise KnowledgeBaseError(
            f"{path}: cannot be opened as a knowledge base ({error.strerror}). Check the path."
        ) from error
