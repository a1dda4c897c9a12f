"""Attacks on readers and writers of documents, tables and configurations."""

import gzip
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final

from experiments.robustness.attacks import Broken, World, mutated, one_of, strange_text
from experiments.robustness.people import INPUTS, VARIANTS, right_values
from nerlink import Document, Mention, evaluate, read, write
from nerlink.config import load_config
from nerlink.data import NIL
from nerlink.errors import NerlinkError
from nerlink.kb import KnowledgeBase
from tests.world import DOCUMENTS, ENTITIES

__all__ = ["broken_documents", "configurations", "cut_documents", "people", "tables", "written"]

ENDINGS: Final[Mapping[str, str]] = {
    "bioc": ".xml",
    "conll": ".conll",
    "conllu": ".conllu",
    "csv": ".csv",
    "doccano": ".jsonl",
    "elevant": ".jsonl",
    "hipe": ".tsv",
    "json": ".json",
    "jsonl": ".jsonl",
    "label-studio": ".json",
    "nif": ".ttl",
    "parquet": ".parquet",
    "prodigy": ".jsonl",
    "pubtator": ".pubtator",
    "text": ".txt",
    "tsv": ".tsv",
}
AIDA: Final = (
    b"-DOCSTART- (1 EU)\nEU\tB\tEU\t--NME--\nrejects\nGerman\tB\tGerman\tGermany\t"
    b"http://en.wikipedia.org/wiki/Germany\t11867\t/m/0345h\ncall\n\n-DOCSTART- (2 x)\nOslo\tB\t"
    b"Oslo\tOslo\thttp://en.wikipedia.org/wiki/Oslo\t22309\t/m/05l64\n\n"
)
ZELDA: Final = (
    b'{"id": 1, "text": "Ada saw Oslo.", "index": [[0, 3], [8, 12]], '
    b'"wikipedia_titles": ["Ada", "Oslo"], "wikipedia_ids": ["1", "2"]}\n'
)
FAITHFUL: Final = ("conll", "csv", "json", "jsonl", "nif", "parquet", "text", "tsv")
"""Formats that hold all of a document; what those of other tools hold is for their own tests."""
MARKED: Final = ("json", "jsonl", "parquet")
"""Formats in which a file, or a document of it, says where it ends."""


def _seed(world: World, name: str) -> bytes:
    """A good file of a format."""
    if name in ("aida", "zelda"):
        return AIDA if name == "aida" else ZELDA
    path = world.folder / f"seed-{name}{ENDINGS[name]}"
    if not path.exists():
        write(DOCUMENTS, path, format=name)
    return path.read_bytes()


def _packed(data: bytes, rng: Random) -> tuple[bytes, str]:
    """The bytes as they are, or packed, or packed and damaged; and the further ending."""
    kind = rng.randrange(6)
    if kind > 1:
        return data, ""
    packed = gzip.compress(data)
    return (mutated(packed, rng) if kind else packed), ".gz"


def broken_documents(world: World, rng: Random, folder: Path) -> None:
    """A mutated file for a reader: what it accepts is sound, can be written, and comes back."""
    name = rng.choice(sorted({"aida", "zelda", *ENDINGS}))
    data, packed = _packed(mutated(_seed(world, name), rng), rng)
    path = folder / f"in{ENDINGS.get(name, '.dat')}{packed}"
    path.write_bytes(data)
    documents = read(path, format=name, on_error=one_of(rng, "raise", "skip"))
    write(documents, folder / "out.jsonl")
    if _plain(read(folder / "out.jsonl")) != _plain(documents):
        raise Broken(f"{name}: what was read is not what comes back")
    if documents:
        report = evaluate(documents, documents)
        if not all(math.isfinite(score) for score in report.scores.values()):
            raise Broken(f"{name}: a score is no number")


def cut_documents(world: World, rng: Random, folder: Path) -> None:
    """The begin of a file that says where it ends: no document of it may be another one."""
    name = rng.choice(MARKED)
    data = _seed(world, name)
    path = folder / f"in{ENDINGS[name]}"
    if is_packed := rng.random() < 0.5:
        path, data = Path(f"{path}.gz"), gzip.compress(data)
    n = rng.randrange(len(data))
    path.write_bytes(data[:n])
    whole, found = _plain(DOCUMENTS), _plain(read(path))
    # The file may end between two lines, or miss the last line's end only.
    if found != whole[: len(found)] or (is_packed and found != whole):
        raise Broken(f"{path.name}: {n} of {len(data)} bytes gave other documents")


def _plain(documents: Sequence[Document]) -> list[Any]:
    return [
        (d.text, d.id, [(m.start, m.end, m.label, m.entity) for m in d.mentions]) for d in documents
    ]


def written(_world: World, rng: Random, folder: Path) -> None:
    """Documents of strange texts: what a format says it carries comes back from it."""
    documents = [_strange_document(rng, n) for n in range(rng.randint(1, 4))]
    name = rng.choice(FAITHFUL)
    path = folder / f"out{ENDINGS[name]}{one_of(rng, '', '.gz')}"
    report = write(documents, path)
    found = read(path)
    if report.lost:
        return
    wanted = documents if name != "text" else documents[:1]
    if _plain(found) != _plain(wanted) or [d.meta for d in found] != [d.meta for d in wanted]:
        raise Broken(f"{name}: nothing lost, and other documents come back: {documents!r:.500}")


def _strange_document(rng: Random, number: int) -> Document:
    text = strange_text(rng, 20)
    ends = sorted(rng.sample(range(len(text) + 1), k=min(4, len(text) + 1) // 2 * 2))
    label: Callable[[], str] = lambda: str(one_of(rng, "PER", "a-b", "=X", "ü", "-"))  # noqa: E731
    entity = one_of(rng, None, NIL, "Q1", "http://a/b", "+1", "São_Paulo")
    mentions = tuple(
        Mention(start=a, end=b, label=label(), entity=entity)
        for a, b in zip(ends[::2], ends[1::2], strict=True)
    )
    doc = Document(text=text, id=f"d{number}", mentions=mentions)
    if rng.random() < 0.4:
        values = (strange_text(rng, 3), 1.5, 2**70, True, None, ["a", 1], {"a": None}, float("nan"))
        doc = replace(doc, meta={str(one_of(rng, "note", "=x", "label")): one_of(rng, *values)})
    return doc


def people(_world: World, rng: Random, folder: Path) -> None:
    """A file of a real tool, written in another way that means the same: the same comes out."""
    name = rng.choice(sorted(INPUTS))
    variant = rng.choice(sorted(VARIANTS))
    path = VARIANTS[variant](INPUTS[name], rng, folder)
    try:
        found = right_values(read(path, **INPUTS[name].options))
    except NerlinkError as error:
        if variant == "as it is":
            raise Broken(f"{name}: refused, though it is right: {error}") from error
        raise
    if found != INPUTS[name].right:
        raise Broken(f"{name}, {variant}: {found} instead of {INPUTS[name].right}")


def tables(_world: World, rng: Random, folder: Path) -> None:
    """A mutated table of entities."""
    ending = rng.choice((".csv", ".tsv", ".jsonl", ".json"))
    rows = [(e.id, e.name, e.description, e.type or "", str(e.popularity or "")) for e in ENTITIES]
    heads = ("id", "name", "description", "type", "popularity")
    if ending in (".csv", ".tsv"):
        separator = "," if ending == ".csv" else "\t"
        text = "\n".join(separator.join(row) for row in (heads, *rows))
    else:
        import json

        records = [dict(zip(heads, row, strict=True)) for row in rows]
        text = json.dumps(records) if ending == ".json" else "\n".join(map(json.dumps, records))
    data, packed = _packed(mutated(text.encode(), rng), rng)
    path = folder / f"entities{ending}{packed}"
    path.write_bytes(data)
    with KnowledgeBase.create(folder / "kb.sqlite", path) as kb:
        entities = list(kb.entities())
        if len(entities) != len(kb):
            raise Broken(f"{len(kb)} entities, and {len(entities)} are listed")
        for entity in entities:
            if not any(found.id == entity.id for found in kb.search(entity.name, limit=10**6)):
                raise Broken(f"{entity!r} is not found by its name")


def configurations(_world: World, rng: Random, folder: Path) -> None:
    """A mutated configuration."""
    text = (Path(__file__).parents[2] / "corpora/tiny-news/config.toml").read_bytes()
    path = folder / "config.toml"
    path.write_bytes(mutated(text, rng))
    load_config(path)
