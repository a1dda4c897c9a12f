import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.kb.store.edit import count_training

HOSTILE = {
    "trigger": "CREATE TRIGGER evil AFTER INSERT ON entity BEGIN DELETE FROM entity; END",
    "view": "CREATE VIEW evil AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 2 FROM n) "
    "SELECT i FROM n",
    "table": "CREATE TABLE evil (a)",
    "counting table": "CREATE TABLE evil (a INTEGER PRIMARY KEY AUTOINCREMENT)",
    "virtual table": "CREATE VIRTUAL TABLE evil USING fts5 (key, content = 'entity')",
    "index": "CREATE INDEX evil ON entity (name)",
    "index of an expression": "CREATE INDEX evil ON entity (zeroblob(abs(popularity)))",
    "index of some rows": "CREATE INDEX evil ON entity (name) WHERE abs(popularity) > 1",
    "generated column": "ALTER TABLE entity ADD COLUMN evil AS (zeroblob(abs(popularity)))",
    "default": "ALTER TABLE entity ADD COLUMN evil DEFAULT 7",
}
"""Statements that put something into a base which nerlink does not make."""

REWRITTEN = {
    "a view in the place of a table": (
        "alias",
        "type = 'view', rootpage = 0, sql = 'CREATE VIEW alias AS SELECT 1 AS key'",
    ),
    "a check": ("word", "sql = replace(sql, 'word TEXT', 'word TEXT CHECK (likely(1))')"),
    "a default": ("entity", "sql = replace(sql, 'DEFAULT 1', 'DEFAULT (abs(1))')"),
    "an order of one's own": ("entity", "sql = replace(sql, 'id TEXT', 'id TEXT COLLATE nocase')"),
    "a comment that is none": ("entity", "sql = replace(sql, 'DEFAULT 1', 'DEFAULT ''-- 1\n''')"),
    "another part of an index": ("entity_changed", "sql = replace(sql, '> 1', '> 2')"),
    "content elsewhere": (
        "spelling",
        "sql = replace(sql, 'columnsize', 'content=meta, columnsize')",
    ),
    "a statement that is no text": ("word", "sql = CAST(sql AS BLOB)"),
}
"""What is changed of a row of `sqlite_master`, by its name."""


@pytest.fixture
def file(kb: KnowledgeBase) -> Iterator[sqlite3.Connection]:
    """The file of a base, in the hands of somebody with another tool."""
    with closing(sqlite3.connect(kb.path, isolation_level=None)) as connection:
        yield connection


@pytest.mark.parametrize("statement", HOSTILE.values(), ids=HOSTILE)
def test_what_nerlink_does_not_make_is_refused(
    kb: KnowledgeBase, file: sqlite3.Connection, statement: str
) -> None:
    file.execute(statement)
    for read_only in (True, False):
        with pytest.raises(KnowledgeBaseError, match=r"(evil|entity|sequence).*does not make so"):
            KnowledgeBase.open(kb.path, read_only=read_only)


@pytest.mark.parametrize(("name", "change"), REWRITTEN.values(), ids=REWRITTEN)
def test_a_table_that_is_made_otherwise_is_refused(
    kb: KnowledgeBase, file: sqlite3.Connection, name: str, change: str
) -> None:
    file.execute("PRAGMA writable_schema = ON")
    file.execute(f"UPDATE sqlite_master SET {change} WHERE name = ?", (name,))
    with pytest.raises(KnowledgeBaseError, match=r"does not make so|damaged"):
        KnowledgeBase.open(kb.path)


def test_a_file_that_took_the_place_of_a_base_is_looked_at_by_each_thread(
    kb: KnowledgeBase, file: sqlite3.Connection
) -> None:
    file.execute(HOSTILE["trigger"])
    with ThreadPoolExecutor(1) as pool, pytest.raises(KnowledgeBaseError, match="trigger 'evil'"):
        pool.submit(lambda: kb["Q90"]).result()


@pytest.mark.parametrize(
    "statement",
    ["VACUUM", "ANALYZE", "REINDEX", "PRAGMA journal_mode = WAL", "DROP TABLE sqlite_stat1"],
)
def test_a_base_that_an_honest_tool_touched_opens(
    kb: KnowledgeBase, file: sqlite3.Connection, statement: str
) -> None:
    with kb.change() as connection:
        count_training(connection, {("Paname", "Q90"): 2})
    kb.close()
    if statement.startswith("DROP"):
        file.execute("ANALYZE")
    file.execute(statement)
    file.close()
    with KnowledgeBase.open(kb.path, read_only=False) as again:
        again.add({"id": "Q1"})
    with KnowledgeBase.open(kb.path) as again:
        assert (len(again), again.search("Paname")[0].id) == (4, "Q90")


def test_a_base_of_an_earlier_version_differs_in_comments(
    kb: KnowledgeBase, file: sqlite3.Connection
) -> None:
    file.execute("PRAGMA writable_schema = ON")
    file.execute("UPDATE sqlite_master SET sql = replace(sql, 'of each name', 'of the name')")
    KnowledgeBase.open(kb.path).close()


def test_a_base_without_one_of_its_tables_is_damaged(
    kb: KnowledgeBase, file: sqlite3.Connection
) -> None:
    file.execute("DROP TABLE word")
    with pytest.raises(KnowledgeBaseError, match="damaged, without word"):
        KnowledgeBase.open(kb.path)
