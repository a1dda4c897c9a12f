"""The tables of a knowledge base in SQLite, and what tells its file from other SQLite files."""

import hashlib
import re
import sqlite3
from typing import Final, TypeAlias

from nerlink.errors import KnowledgeBaseError
from nerlink.kb.store.guarded import BaseConnection
from nerlink.kb.store.rows import sound_count

__all__ = [
    "FUZZY",
    "INDICES",
    "SCHEMA_VERSION",
    "TABLES",
    "TRAINED",
    "check_schema",
    "has_fuzzy",
    "has_trained",
    "hash_content",
    "read_identity",
    "read_meta",
]

SCHEMA_VERSION: Final = 2
APPLICATION_ID: Final = 0x6E6C6B62
"""What `PRAGMA application_id` says: "nlkb"."""

TABLES: Final = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE entity (
    row INTEGER PRIMARY KEY,  -- place of its vectors; never given to another entity
    id TEXT NOT NULL UNIQUE,
    popularity REAL NOT NULL,
    name TEXT NOT NULL,
    type TEXT,
    acronym TEXT,
    description TEXT NOT NULL,
    changed INTEGER NOT NULL DEFAULT 1  -- the version in which its text last changed
);
CREATE TABLE alias (
    key TEXT NOT NULL,  -- the surface as `normalise` makes it
    row INTEGER NOT NULL,
    surface TEXT NOT NULL,
    count INTEGER NOT NULL,  -- how often the surface was seen to mean the entity
    PRIMARY KEY (key, row, surface)
) WITHOUT ROWID;
CREATE TABLE word (  -- the words of each name, for candidates by a part of it
    word TEXT NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (word, row)
) WITHOUT ROWID;
"""

INDICES: Final = """
CREATE INDEX alias_of_entity ON alias (row);
CREATE INDEX entity_acronym ON entity (acronym) WHERE acronym IS NOT NULL;
CREATE INDEX entity_changed ON entity (changed) WHERE changed > 1;
"""

FUZZY: Final = """
CREATE VIRTUAL TABLE spelling USING fts5 (key, tokenize = 'trigram', detail = none, columnsize = 0);
INSERT INTO spelling (key) SELECT ' ' || key || ' ' FROM (SELECT DISTINCT key FROM alias);
CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, spelling, row);
CREATE TABLE trigram (term TEXT PRIMARY KEY, n_keys INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO trigram SELECT term, doc FROM temp.vocabulary;
DROP TABLE temp.vocabulary;
"""
"""Keys by their trigrams, and how many keys have each trigram, as rare trigrams are asked first.

A key has a blank at both ends, so that its first and last letters have trigrams of their own."""


TRAINED: Final = """
CREATE TABLE IF NOT EXISTS trained (  -- what training has counted into the aliases
    key TEXT NOT NULL,
    row INTEGER NOT NULL,
    surface TEXT NOT NULL,
    count INTEGER NOT NULL,
    is_new INTEGER NOT NULL,  -- whether the base knew no alias of this key and row before
    PRIMARY KEY (key, row, surface)
) WITHOUT ROWID
"""


_SHADOWS: Final = """
CREATE TABLE 'spelling_data'(id INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE 'spelling_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE 'spelling_content'(id INTEGER PRIMARY KEY, c0);
CREATE TABLE 'spelling_config'(k PRIMARY KEY, v) WITHOUT ROWID;
"""
"""Tables that SQLite makes for `spelling`."""

_STATISTICS: Final = """
CREATE TABLE sqlite_stat1(tbl,idx,stat);
CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample);
"""
"""Tables that SQLite makes where somebody calls ANALYZE."""

_CREATE: Final = re.compile(
    r"CREATE (?:VIRTUAL )?(?P<type>TABLE|INDEX) '?(?P<name>\w+)'?(?: ON (?P<table>\w+))?"
)
_Part: TypeAlias = tuple[object, object, object, object]
"""A row of `sqlite_master`: type, name, table, and the statement that makes it."""


def _plain(statement: str) -> str:
    """A statement without comments and line breaks, in which versions of nerlink differ."""
    # A quotation mark that opens before what looks like a comment stays, and nerlink's own
    # statements have none there. Arguments of a virtual table are not SQLite's to read.
    is_virtual = statement.startswith("CREATE VIRTUAL")
    plain = " ".join((statement if is_virtual else re.sub("--.*", "", statement)).split())
    return plain.replace("IF NOT EXISTS ", "").replace("( ", "(").replace(" )", ")")


def _parts_of(script: str) -> set[_Part]:
    """What the statements of a script put into `sqlite_master`."""
    statements = [one.strip() for one in _plain(script).split(";")]
    found = [(match, one) for one in statements if (match := _CREATE.match(one))]
    return {(m["type"].lower(), m["name"], m["table"] or m["name"], one) for m, one in found}


_FREE_ROWS: Final = 2**20
"""Rows that any base may have had. More rows than bytes of the file are none: each had a hundred,
and a table of vectors with a place for each row would take all memory."""

_NEEDED: Final = _parts_of(TABLES + INDICES)
_KNOWN: Final = {
    *_NEEDED,
    *_parts_of(";".join((FUZZY, TRAINED, _SHADOWS, _STATISTICS))),
    ("index", "sqlite_autoindex_entity_1", "entity", None),
}


def check_schema(connection: BaseConnection) -> None:
    """Refuse a file that is no knowledge base of nerlink, or that holds more than one.

    A trigger, a view or a table made otherwise runs as soon as the base is read or changed.

    Raises:
        KnowledgeBaseError: With the reason.
    """
    path = connection.path
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise KnowledgeBaseError(
            f"{path}: a SQLite file, but not a knowledge base of nerlink. "
            "Make one with KnowledgeBase.create(path, table) or nerlink kb build TABLE -o PATH."
        )
    if version != SCHEMA_VERSION:
        is_old = version < SCHEMA_VERSION
        age, remedy = ("an older", "") if is_old else ("a newer", "Upgrade nerlink, or else: ")
        raise KnowledgeBaseError(
            f"{path}: written by {age} nerlink (schema {version}, this reads {SCHEMA_VERSION}). "
            f"{remedy}Build the base again from its tables, or train the model again."
        )
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master"
    there: set[_Part] = set()
    for type_, name, table, statement in connection.execute(query):
        part = type_, name, table, _plain(statement) if isinstance(statement, str) else statement
        if part not in _KNOWN:
            raise KnowledgeBaseError(
                f"{path}: holds the {type_!s:.20} {name!r:.80}, which nerlink does not make so. It "
                "might run when the base is used. If you made it, drop it; if the file is from "
                "somebody else, do not trust it, and build the base again from its tables."
            )
        there.add(part)
    if missing := sorted(str(name) for _, name, _, _ in _NEEDED - there):
        raise connection.damaged(f"without {', '.join(missing)}")
    # Rows are places in tables of vectors, so they must be small and from 0 on.
    least, most = connection.execute(
        "SELECT (SELECT min(row) FROM entity), (SELECT max(row) FROM entity)"
    ).fetchone()
    n_rows = read_meta(connection, "n_rows")
    (n_bytes,) = connection.execute(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    ).fetchone()
    is_outside = least is not None and not 0 <= least <= most < n_rows
    if is_outside or n_rows > max(_FREE_ROWS, n_bytes):
        raise connection.damaged(f"rows {least} to {most} of {n_rows}")


def hash_content(connection: sqlite3.Connection) -> str:
    """SHA-256 of all entities, with their rows, and all aliases, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for query in (
        "SELECT row, id, name, description, type, popularity FROM entity ORDER BY row",
        "SELECT key, row, surface, count FROM alias ORDER BY key, row, surface",
    ):
        cursor = connection.execute(query)
        while rows := cursor.fetchmany(1000):
            digest.update(repr(rows).encode())
        digest.update(b";")
    return digest.hexdigest()


def has_fuzzy(connection: sqlite3.Connection) -> bool:
    """Whether the trigram index is there."""
    query = "SELECT 1 FROM sqlite_master WHERE name = 'spelling'"
    return connection.execute(query).fetchone() is not None


def has_trained(connection: sqlite3.Connection) -> bool:
    """Whether training has counted anything."""
    query = "SELECT 1 FROM sqlite_master WHERE name = 'trained'"
    return connection.execute(query).fetchone() is not None


def read_identity(connection: sqlite3.Connection) -> str | None:
    """The mark that a base shares with its copies alone; `None` in an old file."""
    found = connection.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
    return str(found[0]) if found else None


def read_meta(connection: BaseConnection, key: str) -> int:
    """A number that the base keeps about itself.

    Raises:
        KnowledgeBaseError: It is not there, or no whole number from 0 on.
    """
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return sound_count(connection, found and found[0], f"its {key!r}")
