"""Attacks on knowledge bases: damaged pages, and tables that do what nobody asked for."""

import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

from experiments.robustness.attacks import TOKENS, Broken, World, one_of
from nerlink.data import Entity
from nerlink.kb import KnowledgeBase

__all__ = ["base_values", "damaged_base", "hostile_base"]

NEW: Final = Entity(id="new", name="Brand New", aliases={"bn": 3})


def _use(path: Path) -> None:
    """Read all of a base, ask it, add to it; what it says it has done must be done."""
    with KnowledgeBase.open(path, read_only=False) as kb:
        before = len(kb)
        entities = list(kb.entities())
        if len(entities) != before:
            raise Broken(f"{before} entities, and {len(entities)} are listed")
        for surface in ("Paris", "Jordan", "nothing", *(e.name for e in entities[:3])):
            kb.candidates(surface)
        list(kb.texts())
        kb.add(NEW)
        if len(kb) != before + 1 or "new" not in kb:
            raise Broken(f"{before} entities and one more are {len(kb)}")
    with KnowledgeBase.open(path) as kb:
        if len(list(kb.entities())) != before + 1:
            raise Broken("an entity was lost on closing")


def damaged_base(world: World, rng: Random, folder: Path) -> None:
    """Bytes overwritten, zeroed or cut off."""
    path = Path(shutil.copy(world.base, folder / "kb.sqlite"))
    data = bytearray(path.read_bytes())
    match rng.randrange(4):
        case 0:
            del data[rng.randrange(len(data)) :]
        case 1:
            start = rng.randrange(len(data))
            data[start : start + 4096] = bytes(min(4096, len(data) - start))
        case _:
            for _ in range(rng.randint(1, 30)):
                data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)
    _use(path)


ENDLESS: Final = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"


def hostile_base(world: World, rng: Random, folder: Path) -> None:
    """A trigger, a view, a table or an index that nerlink has not made."""
    path = Path(shutil.copy(world.base, folder / "kb.sqlite"))
    connection = sqlite3.connect(path, isolation_level=None)
    kinds = connection.execute("SELECT type, name FROM sqlite_master WHERE sql NOT NULL").fetchall()
    tables = [name for kind, name in kinds if kind == "table"]
    table, other = rng.choice(tables), rng.choice(tables)
    event = one_of(rng, "INSERT", "UPDATE", "DELETE")
    statement = str(
        one_of(
            rng,
            f"CREATE TRIGGER t AFTER {event} ON {table} BEGIN DELETE FROM {other}; END",
            f"CREATE TRIGGER t BEFORE {event} ON {table} BEGIN SELECT RAISE(IGNORE); END",
            f"CREATE VIEW v AS {ENDLESS} SELECT i FROM n",
            f"ALTER TABLE {table} RENAME TO gone; CREATE VIEW {table} AS SELECT * FROM gone",
            f"ALTER TABLE {table} RENAME TO gone; "
            f"CREATE VIEW {table} AS {ENDLESS} SELECT i AS id FROM n",
            f"ALTER TABLE {table} ADD COLUMN extra TEXT DEFAULT 0 CHECK (extra = 0)",
            f"DROP TABLE {table}",
            f"DELETE FROM {table}",
            "CREATE TABLE more (x)",
            "PRAGMA user_version = 99",
        )
    )
    with connection:
        connection.executescript(statement)
    connection.close()
    _use(path)


def base_values(world: World, rng: Random, folder: Path) -> None:
    """Values of other types in a column of a table."""
    path = Path(shutil.copy(world.base, folder / "kb.sqlite"))
    connection = sqlite3.connect(path, isolation_level=None)
    tables = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    table = rng.choice(tables)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    token = rng.choice(TOKENS)
    value = one_of(
        rng, None, -1, 2**62, 1.5, float("inf"), "", token, token.decode("utf8", "ignore")
    )
    places = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    with suppress(sqlite3.DatabaseError):  # the table itself may refuse the value
        connection.execute(
            f"UPDATE {table} SET {rng.choice(columns)} = ? WHERE rowid IN "
            f"(SELECT rowid FROM {table} LIMIT 1 OFFSET {rng.randrange(places or 1)})",
            (value,),
        )
    connection.close()
    _use(path)
