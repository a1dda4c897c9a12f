"""The tables of a knowledge base in SQLite, and what tells its file from other SQLite files."""

import hashlib
import sqlite3
from pathlib import Path
from typing import Final

from nerlink.errors import KnowledgeBaseError

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


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no knowledge base, or one that this version cannot read.

    Raises:
        KnowledgeBaseError: With the reason.
    """
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


def read_meta(connection: sqlite3.Connection, key: str) -> int:
    """A number that the base keeps about itself."""
    (value,) = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return int(value)
