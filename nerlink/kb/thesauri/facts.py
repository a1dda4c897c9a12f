"""What a thesaurus says of its concepts, sorted by concept in a temporary file."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from enum import IntEnum
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter
from typing import Final, NamedTuple, Self, TypeAlias

__all__ = ["REPLACED", "Fact", "Facts", "Property"]


class Property(IntEnum):
    """What a fact says of its subject.

    Names come before aliases and definitions before notes, as the better of them is taken.
    """

    CONCEPT = 0
    """It is a concept or a class."""
    OTHER = 1
    """It is something else that may have a label, such as a scheme."""
    GONE = 2
    """It is deprecated or obsolete."""
    REPLACED_BY = 3
    PARENT = 4
    SCHEME = 5
    LABEL = 6
    SECOND_LABEL = 7
    EXACT = 8
    NARROW = 9
    BROAD = 10
    RELATED = 11
    DEFINITION = 12
    NOTE = 13
    COMMENT = 14
    LABEL_AT = 15
    """The address of a label; so for aliases. Labels of SKOS-XL are things of their own."""
    EXACT_AT = 16
    FORM = 17
    """The text of a label that is a thing of its own."""


class Fact(NamedTuple):
    """One thing said of a subject.

    Args:
        subject: An address or id.
        property: What is said.
        value: A text, an address, or empty where there is nothing more to say.
        language: The language of a text, in lower case; empty where none is named.
    """

    subject: str
    property: int
    value: str = ""
    language: str = ""


Report: TypeAlias = Callable[[str, int], None]

REPLACED: Final = "replaced"
"""The value of `GONE` where `move_labels` put it."""

_BATCH: Final = 10_000

_TABLES: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -32000;
CREATE TABLE staging (subject TEXT, property INTEGER, value TEXT, language TEXT);
CREATE TABLE fact (
    subject TEXT, property INTEGER, value TEXT, language TEXT,
    PRIMARY KEY (subject, property, value, language)
) WITHOUT ROWID;
CREATE TABLE moved (source TEXT, target TEXT, PRIMARY KEY (source, target)) WITHOUT ROWID;
BEGIN;
"""
"""Facts are written as they come and sorted once: a concept may be anywhere in a file, and a file
need not fit into memory."""

_NEITHER: Final = [Property.CONCEPT, Property.OTHER]
"""A scheme has labels as a concept has, but says that it is none."""

_LABELS: Final = f"{Property.LABEL:d}, {Property.SECOND_LABEL:d}"


class Facts:
    """The facts in a thesaurus, each once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use `load`."""
        self._connection = connection
        self._of = lru_cache(1 << 16)(self._read)  # parents have many children

    @classmethod
    @contextmanager
    def load(cls, facts: Iterable[Fact], report: Report) -> Iterator[Self]:
        """All facts, sorted; they are gone when the block ends.

        Args:
            facts: Any number, in any order.
            report: Called now and then with the stage of the work and how many facts are read.
        """
        with closing(sqlite3.connect("", isolation_level=None)) as connection:
            connection.executescript(_TABLES)
            facts, n_facts = iter(facts), 0
            while batch := list(islice(facts, _BATCH)):
                connection.executemany("INSERT INTO staging VALUES (?, ?, ?, ?)", batch)
                n_facts += len(batch)
                report("facts", n_facts)
            report("sorting facts", n_facts)
            columns = "subject, property, value, language"
            connection.execute(
                f"INSERT INTO fact SELECT DISTINCT {columns} FROM staging ORDER BY {columns}"
            )
            connection.execute("DROP TABLE staging")
            for at, property_ in (("LABEL_AT", "LABEL"), ("EXACT_AT", "EXACT")):
                connection.execute(
                    "INSERT OR IGNORE INTO fact SELECT it.subject, ?, form.value, form.language "
                    "FROM fact AS it JOIN fact AS form ON form.subject = it.value "
                    f"AND form.property = {Property.FORM:d} WHERE it.property = ?",
                    (Property[property_], Property[at]),
                )
            yield cls(connection)

    def of(self, subject: str, *properties: Property) -> Sequence[tuple[str, str]]:
        """Values and languages of some properties of a subject, in order."""
        return self._of(subject, properties)

    def is_said(self, subject: str, property_: Property) -> bool:
        """Whether a subject has a property."""
        return bool(self._of(subject, (property_,)))

    def concepts(self) -> Iterator[tuple[str, list[tuple[int, str, str]]]]:
        """Each concept, with property, value and language of all that is said of it."""
        query = "SELECT subject, property, value, language FROM fact ORDER BY subject, property"
        for subject, facts in groupby(self._connection.execute(query), key=itemgetter(0)):
            said = [fact[1:] for fact in facts]
            if [fact[0] for fact in said[:2]] != _NEITHER and said[0][0] == Property.CONCEPT:
                yield subject, said

    def languages(self) -> dict[str, int]:
        """How many labels and synonyms are in each language; empty stands for none."""
        query = "SELECT language, count(*) FROM fact WHERE property BETWEEN ? AND ? GROUP BY 1"
        return dict(self._connection.execute(query, (Property.LABEL, Property.RELATED)))

    def others(self) -> tuple[int, str | None]:
        """How many things have a label and are no concepts, and one of them."""
        query = (
            "SELECT count(DISTINCT subject), min(subject) FROM fact AS it "
            f"WHERE property IN ({_LABELS}) AND "
            "NOT EXISTS (SELECT 1 FROM fact WHERE subject = it.subject AND property IN "
            f"({Property.CONCEPT:d}, {Property.OTHER:d}, {Property.REPLACED_BY:d}))"
        )
        n_others, example = self._connection.execute(query).fetchone()
        return n_others, example

    def with_two_labels(self) -> Iterator[tuple[str, str, str]]:
        """Subjects with several labels, and two of them."""
        yield from self._connection.execute(
            "SELECT subject, min(value), max(value) FROM fact "
            f"WHERE property = {Property.LABEL:d} GROUP BY subject HAVING count(*) > 1"
        )

    def replacements(self) -> Iterator[tuple[str]]:
        """Subjects that something replaces."""
        query = f"SELECT DISTINCT subject FROM fact WHERE property = {Property.REPLACED_BY:d}"
        yield from self._connection.execute(query)

    def move_labels(
        self, moves: Iterable[tuple[str, str]], *, without: Callable[[str], str]
    ) -> int:
        """Make the labels of some subjects aliases of others; the first are gone then.

        Args:
            moves: Pairs of a subject that goes and the one that replaces it.
            without: Takes the words out of a label that say that it is of the past.

        Returns:
            Subjects that are gone.
        """
        self._connection.executemany("INSERT OR IGNORE INTO moved VALUES (?, ?)", moves)
        self._connection.create_function("without", 1, without, deterministic=True)
        self._connection.execute(
            f"INSERT OR IGNORE INTO fact SELECT target, {Property.EXACT:d}, without(value), "
            f"language FROM moved JOIN fact ON subject = source "
            f"WHERE property IN ({_LABELS}, {Property.EXACT:d})"
        )
        self._connection.execute(
            f"INSERT INTO fact SELECT DISTINCT source, {Property.GONE:d}, ?, '' FROM moved",
            (REPLACED,),
        )
        self._of.cache_clear()
        query = "SELECT count(DISTINCT source) FROM moved"
        return int(self._connection.execute(query).fetchone()[0])

    def _read(self, subject: str, properties: Sequence[int]) -> Sequence[tuple[str, str]]:
        query = (
            f"SELECT value, language FROM fact WHERE subject = ? AND property IN "
            f"({', '.join(map(str, map(int, properties)))}) ORDER BY property, value, language"
        )
        return self._connection.execute(query, (subject,)).fetchall()
