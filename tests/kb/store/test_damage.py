"""Bases with damaged bytes: whatever is done with one, an error is for people."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from nerlink.data import Document, Entity, Mention
from nerlink.errors import KnowledgeBaseError, NerlinkError
from nerlink.kb import (
    BuildOptions,
    InDocument,
    KnowledgeBase,
    available_generators,
    knowledge_base,
    make_chain,
)
from nerlink.kb.store import guarded
from nerlink.kb.store.edit import count_training, names_of_training
from tests.kb.conftest import ENTITIES

SURFACES = ("Paris", "PARIS", "WHO", "Health", "Pariss", "City of Light", "Town 3")


def read_everything(path: Path) -> None:
    """Everything that reading a base can be asked for."""
    with KnowledgeBase.open(path) as kb:
        _ = len(kb), kb.version, kb.n_rows, kb.content_hash, list(kb.entities()), list(kb.texts())
        _ = "Q90" in kb, kb.name_of("Q90"), kb.changed_since(1), names_of_training(kb.connection)
        ids = [entity for entity in kb if entity in kb]
        kb.attributes(kb.rows(ids))
        for name in available_generators(kb):
            generator = make_chain(kb, [name])
            generator.candidates_of(SURFACES)
        doc = Document(text="Paris", mentions=(Mention(start=0, end=5),))
        InDocument(make_chain(kb, ["normalised"])).in_document(doc)


def change_it(path: Path) -> None:
    """Every change of a base."""
    with KnowledgeBase.open(path, read_only=False) as kb:
        kb.connection.execute("PRAGMA synchronous = OFF")  # no disk has to keep these
        kb.add(Entity(id="new", name="New Town", aliases={"Newton": 1}))
        assert kb["new"].name == "New Town"
        kb.rename("Q90", "Lutetia")
        kb.count_mentions([("Paris", "Q830149")])
        with kb.change() as connection:
            if "Q830149" in kb:
                count_training(connection, {("Paris", "Q830149"): 2})
        kb.merge("Q830149", "Q90")
        kb.remove("Q7817")
        kb.index_fuzzy()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with everything that a base may have."""
    path = tmp_path_factory.mktemp("whole") / "kb.sqlite"
    towns = [Entity(id=f"T{n}", name=f"Town {n}", description="a town " * 9) for n in range(40)]
    options = BuildOptions(fuzzy=True)
    with (
        KnowledgeBase.create(path, [*ENTITIES, *towns], options=options) as kb,
        kb.change() as connection,
    ):
        count_training(connection, {("Paname", "Q90"): 2})
    return path


def damaged(whole: Path, seed: int) -> bytes:
    """The bytes of a base with some of them changed, or cut off."""
    rng = random.Random(seed)  # noqa: S311
    content = bytearray(whole.read_bytes())
    if seed % 8 == 7:
        return bytes(content[: rng.randrange(len(content))])
    for _ in range(rng.choice((1, 4, 30))):
        content[rng.randrange(len(content))] = rng.choice((0, 255, rng.randrange(256)))
    return bytes(content)


@pytest.mark.parametrize("act", [read_everything, change_it])
def test_damaged_bytes_are_an_error_for_people_or_do_no_harm(
    whole: Path, tmp_path: Path, act: Callable[[Path], None]
) -> None:
    path = tmp_path / "kb.sqlite"
    refused = 0
    for seed in range(240):
        path.write_bytes(damaged(whole, seed))
        try:
            act(path)
        except NerlinkError as error:
            refused += 1
            assert "kb.sqlite" in str(error) or "no entity" in str(error) or "row" in str(error)
        for journal in tmp_path.glob("*-journal"):
            journal.unlink()
    assert refused > 60


VALUES = {
    "a name of bytes": "UPDATE entity SET name = x'ff'",
    "an id of bytes": "UPDATE entity SET id = x'01' WHERE id = 'Q90'",
    "a type of bytes": "UPDATE entity SET type = x'01'",
    "a description of bytes": "UPDATE entity SET description = x'01'",
    "an endless popularity": "UPDATE entity SET popularity = 9e999",
    "a popularity of text": "UPDATE entity SET popularity = 'much'",
    "a negative popularity": "UPDATE entity SET popularity = -1",
    "a popularity for no feature": "UPDATE entity SET popularity = 1e40",
    "a name that is no UTF-8": "UPDATE entity SET name = CAST(x'ff' AS TEXT)",
    "a count of text": "UPDATE alias SET count = 'often'",
    "a negative count": "UPDATE alias SET count = -1",
    "a broken count": "UPDATE alias SET count = 0.5",
    "an alias of bytes": "UPDATE alias SET surface = x'01' WHERE row = 0",
    "a version of text": "UPDATE meta SET value = 'first' WHERE key = 'version'",
    "no version": "DELETE FROM meta WHERE key = 'version'",
    "rows without number": "UPDATE meta SET value = 1 << 62 WHERE key = 'n_rows'",
    "more rows than bytes": "UPDATE meta SET value = 1 << 21 WHERE key = 'n_rows'",
    "no version after it": "UPDATE meta SET value = (1 << 63) - 1 WHERE key = 'version'",
    "a count of which none is the double": "UPDATE alias SET count = 1 << 62",
    "fewer rows than entities": "UPDATE meta SET value = 1 WHERE key = 'n_rows'",
    "a negative row": "UPDATE entity SET row = -1 WHERE row = 0",
    "a hash of bytes": "INSERT INTO meta VALUES ('content_hash', x'01')",
    "a count of training of text": "UPDATE trained SET count = x'01'",
    "a count of trigrams of text": "UPDATE trigram SET n_keys = 'few'",
}
"""Values of a kind that no base has."""


@pytest.mark.parametrize("statement", VALUES.values(), ids=VALUES)
def test_a_value_of_another_kind_is_damage(whole: Path, tmp_path: Path, statement: str) -> None:
    path = Path(shutil.copy(whole, tmp_path))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)
    with pytest.raises(KnowledgeBaseError, match=r"kb.sqlite: .*(damaged|cannot be read).*[Bb]ase"):
        read_everything(path)
    try:  # a change may meet none of these values
        change_it(path)
    except KnowledgeBaseError as error:
        assert "kb.sqlite" in str(error)


def without_end(content: bytes, root: int, n_levels: int = 8) -> bytes:
    """A file whose table at a root is a tree, all of whose branches are one."""
    size = int.from_bytes(content[16:18])
    pages = [content[i : i + size] for i in range(0, len(content), size)]
    pages.append(pages[root - 1])
    for _ in range(n_levels):
        child = len(pages).to_bytes(4)
        starts = range(size - 9 * 100, size, 9)
        cells = b"".join(
            child + (0x80 + n // 128).to_bytes() + bytes([n % 128, 0, 0, 0]) for n in range(100)
        )
        head = bytes([5, 0, 0]) + (100).to_bytes(2) + starts[0].to_bytes(2) + b"\0" + child
        page = head + b"".join(at.to_bytes(2) for at in starts)
        pages.append(page.ljust(size - len(cells), b"\0") + cells)
    pages[root - 1] = pages.pop()
    first = bytearray(b"".join(pages))
    first[28:32] = len(pages).to_bytes(4)
    first[92:96] = first[24:28]  # so that SQLite believes the number of pages
    return bytes(first)


READS: dict[str, Callable[[KnowledgeBase], object]] = {
    "entities": lambda kb: list(kb.entities()),
    "changes": lambda kb: kb.connection.execute("SELECT max(popularity) FROM entity").fetchone(),
    "texts": lambda kb: list(kb.texts()),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_tree_without_end_is_cut_off(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[..., object]
) -> None:
    monkeypatch.setattr(guarded, "_TICK", 1000)
    monkeypatch.setattr(guarded, "_FREE_TICKS", 0)
    path = Path(shutil.copy(whole, tmp_path))
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'entity'"
        (root,) = connection.execute(query).fetchone()
        connection.execute("DELETE FROM meta WHERE key = 'content_hash'")
        connection.commit()
    path.write_bytes(without_end(path.read_bytes(), root))
    with KnowledgeBase.open(path) as kb, pytest.raises(KnowledgeBaseError, match=r"no end|damaged"):
        read(kb)


def test_entities_that_damage_hides_are_told(tmp_path, monkeypatch):
    KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "a"}, {"id": "b"}]).close()
    real = knowledge_base.read_entities
    monkeypatch.setattr(knowledge_base, "read_entities", lambda *part: list(real(*part))[1:])
    with (
        KnowledgeBase.open(tmp_path / "kb.sqlite") as kb,
        pytest.raises(KnowledgeBaseError, match="damaged, 1 entities cannot be read"),
    ):
        list(kb.entities())


def test_an_entity_that_is_added_and_not_found_is_told_and_taken_back(tmp_path, monkeypatch):
    KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "a"}]).close()
    with KnowledgeBase.open(tmp_path / "kb.sqlite", read_only=False) as kb:
        monkeypatch.setattr(knowledge_base, "find_rows", lambda *_: {})
        with pytest.raises(KnowledgeBaseError, match="damaged, 'b' is added, but is not found"):
            kb.add({"id": "b"})
        monkeypatch.undo()
        assert list(kb) == ["a"]
