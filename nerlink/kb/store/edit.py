"""Changes to a knowledge base, each inside a transaction that the caller has opened."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping

from nerlink.data import NIL, Entity, is_one_line
from nerlink.errors import KnowledgeBaseError
from nerlink.kb.cells import check_storable, cleaned
from nerlink.kb.normalise import acronym, normalise
from nerlink.kb.store.build import INSERT_ENTITY, aliases_of, entity_values, words_of
from nerlink.kb.store.guarded import BaseConnection
from nerlink.kb.store.repeats import Repeats
from nerlink.kb.store.rows import find_rows, sound_count, sound_text
from nerlink.kb.store.schema import FUZZY, TRAINED, has_fuzzy, has_trained, read_meta
from nerlink.words import number_of

__all__ = [
    "add_entities",
    "count_mentions",
    "count_training",
    "index_fuzzy",
    "links_of_training",
    "mark_change",
    "merge_entities",
    "names_of_training",
    "remove_entity",
    "rename_entity",
]

log = logging.getLogger(__name__)


def mark_change(connection: BaseConnection) -> None:
    """Raise the version, which tells readers that what they remember is old."""
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'version'")
    connection.execute("DELETE FROM meta WHERE key = 'content_hash'")


def add_entities(
    connection: BaseConnection,
    entities: Iterable[tuple[str, Entity]],
    *,
    skip_duplicates: bool = False,
) -> None:
    """Add entities on rows of their own; those of one id that agree are one.

    Args:
        connection: To the base.
        entities: Place and entity of each row of a table.
        skip_duplicates: Leave out an entity whose id is taken.

    Raises:
        KnowledgeBaseError: An id that is taken.
        DataError: Two entities of one id that do not agree.
    """
    first = row = read_meta(connection, "n_rows")
    repeats, n_taken = Repeats(skip=skip_duplicates), 0
    for where, entity in entities:
        taken = find_rows(connection, [entity.id]).get(entity.id)
        if taken is None:
            connection.execute(INSERT_ENTITY, entity_values(row, entity))
            repeats.note(row, where)
            taken = row
            row += 1
        elif taken >= first:
            taken = repeats.merge(connection, entity, where)
        elif skip_duplicates:
            n_taken, taken = n_taken + 1, None
        else:
            raise KnowledgeBaseError(
                f"{where}: entity {entity.id!r} is in the knowledge base already. Rename or remove "
                "the one there, choose another id, or leave out what is there with "
                "skip_duplicates=True (--skip-duplicates)."
            )
        if taken is not None:
            _add_names(connection, taken, entity)
    repeats.tell()
    if n_taken:
        log.warning("%s left out: the base has their ids.", number_of(n_taken, "entities"))
    connection.execute("UPDATE meta SET value = ? WHERE key = 'n_rows'", (row,))
    changed = read_meta(connection, "version") + 1
    connection.execute("UPDATE entity SET changed = ? WHERE row >= ?", (changed, first))


def rename_entity(connection: BaseConnection, row: int, name: str) -> None:
    """Give the entity on a row another name; the old one stays an alias.

    Raises:
        DataError: The name holds what no file can.
        KnowledgeBaseError: It is empty.
    """
    if not (visible := cleaned(name, "name", where="rename")):
        raise KnowledgeBaseError(f"{name!r} is no name. Give the entity a visible one.")
    _drop_words(connection, row)
    changed = read_meta(connection, "version") + 1
    connection.execute(
        "UPDATE entity SET name = ?, acronym = ?, changed = ? WHERE row = ?",
        (visible, acronym(visible), changed, row),
    )
    _add_names(connection, row, Entity(id="", name=visible))


def merge_entities(connection: BaseConnection, source: int, target: int) -> None:
    """Move aliases, counts and popularity from one row to another and remove the first."""
    aliases = connection.execute(
        "SELECT surface, count FROM alias WHERE row = ?", (source,)
    ).fetchall()
    for surface, count in aliases:
        surface = sound_text(connection, surface, "an alias")
        count = sound_count(connection, count, f"the count of the alias {surface!r}")
        _add_alias(connection, surface, target, count)
    connection.execute(
        "UPDATE entity SET popularity = popularity + "
        "(SELECT popularity FROM entity WHERE row = ?) WHERE row = ?",
        (source, target),
    )
    if has_trained(connection):
        # `trained` must go with the aliases, or training again would count their links twice.
        connection.execute(
            "INSERT INTO trained SELECT key, ?, surface, count, is_new FROM trained WHERE row = ? "
            "ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (target, source),
        )
    remove_entity(connection, source)


def remove_entity(connection: BaseConnection, row: int) -> None:
    """Remove an entity and its aliases; its row is never used again."""
    connection.execute("DELETE FROM alias WHERE row = ?", (row,))
    if has_trained(connection):
        connection.execute("DELETE FROM trained WHERE row = ?", (row,))
    _drop_words(connection, row)
    connection.execute("DELETE FROM entity WHERE row = ?", (row,))


def count_mentions(connection: BaseConnection, pairs: Iterable[tuple[str, str]]) -> Counter[str]:
    """Add each surface seen to mean an entity to the counts.

    Returns:
        Ids that the base lacks (`NIL` left out) and how often they were met.
    """
    unknown: Counter[str] = Counter()
    counts = Counter((_in_one_line(surface), entity) for surface, entity in pairs)
    rows = find_rows(connection, {entity for _, entity in counts})
    for (surface, entity), count in counts.items():
        if entity in rows:
            _add_alias(connection, surface, rows[entity], count)
        elif entity != NIL:
            unknown[entity] += count
    return unknown


def count_training(connection: BaseConnection, links: Mapping[tuple[str, str], int]) -> None:
    """Add the links of training documents to the counts; what earlier training counted stays once.

    Args:
        connection: To the base.
        links: How often each (surface, entity) occurs; the base has all the entities.
    """
    connection.execute(TRAINED)
    counts: Counter[tuple[str, str]] = Counter()
    for (surface, entity), n in links.items():
        counts[_in_one_line(surface), entity] += n
    links = counts
    rows = find_rows(connection, {entity for _, entity in links})
    pairs = [(normalise(surface), rows[entity]) for surface, entity in links]
    # All at once and first: what is added below would make later surfaces of a key known.
    known = [_is_known(connection, *pair) for pair in pairs]
    for (surface, _), n, (key, row), is_known in zip(
        links, links.values(), pairs, known, strict=True
    ):
        place = (key, row, surface)
        found = connection.execute(
            "SELECT count FROM trained WHERE key = ? AND row = ? AND surface = ?", place
        ).fetchone()
        before = sound_count(connection, found[0], "a count of training") if found else 0
        # Training again on the same documents must not count their links twice.
        _add_alias(connection, surface, row, max(0, n - before))
        connection.execute(
            "INSERT OR REPLACE INTO trained VALUES (?, ?, ?, ?, ?)",
            (*place, max(n, before), not is_known),
        )


def names_of_training(connection: BaseConnection) -> dict[tuple[str, int], int]:
    """How often training counted each key and row that the base knows from training alone."""
    if not has_trained(connection):
        return {}
    query = "SELECT key, row, sum(count) FROM trained WHERE is_new GROUP BY key, row"
    return {
        (key, row): sound_count(connection, n, "a count of training")
        for key, row, n in connection.execute(query)
    }


def links_of_training(connection: BaseConnection) -> Counter[tuple[str, str]]:
    """How often training counted each (surface, entity) of the entities that are still there."""
    if not has_trained(connection):
        return Counter()
    query = (
        "SELECT surface, entity.id, sum(count) FROM trained JOIN entity USING (row) "
        "GROUP BY surface, entity.id"
    )
    return Counter(
        {
            (sound_text(connection, surface, "a surface"), sound_text(connection, id_, "an id")): (
                sound_count(connection, n, "a count of training")
            )
            for surface, id_, n in connection.execute(query)
        }
    )


def index_fuzzy(connection: BaseConnection) -> None:
    """Make the trigram index anew, from the aliases as they are now."""
    connection.execute("DROP TABLE IF EXISTS spelling")
    connection.execute("DROP TABLE IF EXISTS trigram")
    for statement in FUZZY.split(";"):
        connection.execute(statement)


def _in_one_line(surface: str) -> str:
    """A surface as an alias has it: a text may be wrapped inside a name."""
    check_storable(surface, "alias", where="a mention")
    return surface if is_one_line(surface) else " ".join(surface.split())


def _add_alias(connection: BaseConnection, surface: str, row: int, count: int) -> None:
    """Add to the count of an alias that may be new; index its key if it is the first."""
    key = normalise(surface)
    is_known = "SELECT 1 FROM alias WHERE key = ?"
    if has_fuzzy(connection) and not connection.execute(is_known, (key,)).fetchone():
        # The trigram index holds each key once, with a blank at both ends.
        connection.execute("INSERT INTO spelling VALUES (?)", (f" {key} ",))
    connection.execute(
        "INSERT INTO alias VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET count = count + excluded.count",
        (key, row, surface, count),
    )


def _is_known(connection: BaseConnection, key: str, row: int) -> bool:
    """Whether an entity has a name of this key that is not from training."""
    query = (
        "SELECT 1 FROM alias WHERE key = ?1 AND row = ?2 AND NOT EXISTS "
        "(SELECT 1 FROM trained WHERE key = ?1 AND row = ?2 AND is_new)"
    )
    return connection.execute(query, (key, row)).fetchone() is not None


def _drop_words(connection: BaseConnection, row: int) -> None:
    """Take the name on a row out of the index of words."""
    found = connection.execute("SELECT name FROM entity WHERE row = ?", (row,)).fetchone()
    name = sound_text(connection, found and found[0], f"the name on row {row}")
    connection.executemany("DELETE FROM word WHERE word = ? AND row = ?", words_of(row, name))


def _add_names(connection: BaseConnection, row: int, entity: Entity) -> None:
    """Index the words of an entity's name, and add the surfaces by which it is found."""
    words = words_of(row, entity.name)
    connection.executemany("INSERT OR IGNORE INTO word VALUES (?, ?)", words)
    parentheses = bool(read_meta(connection, "parentheses"))
    for surface, count in aliases_of(entity, parentheses=parentheses):
        _add_alias(connection, surface, row, count)
