"""Files that are damaged at random, always at the same places: documents come out, or errors."""

import gzip
import json
import random

import pytest

from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.errors import NerlinkError
from nerlink.sources import READERS, WRITERS, read, stream, write
from nerlink.sources.reading import FOLDERS

N_MUTATIONS = 100
MENTIONS = (
    Mention(start=0, end=3, label="PER", entity="Q7259", candidates=(Candidate(entity="Q1"),)),
    Mention(start=9, end=14, label="LOC", entity=NIL, score=0.5),
)
DOCS = [
    Document(
        id="a", text="Ada — in\tParis 👩\n“so” she\r\nsaid", mentions=MENTIONS, meta={"y": 1.5}
    ),
    Document(id="b", text="Ünder nothing.", meta={"y": 2.5, "z": {"k": [1, "x"]}}),
]
FOREIGN = {
    "aida": {
        "doc": None,
        "sentences": [["Ada", "met"], ["Bob"]],
        "mentions": [{"sent": 0, "start": 0, "end": 1, "type": "PER", "title": "Ada"}],
    },
    "zelda": {
        "id": None,
        "text": "Ada met Bob",
        "index": [[0, 3]],
        "wikipedia_ids": [7],
        "wikipedia_titles": ["Ada"],
    },
}
PARTS = [b"", b"\0", b"\xff", b'"', b"{", b"[", b"]", b"}", b",", b"\n", b"\t", b"-1", b"9" * 5000]
PARTS += [
    b"null",
    b"1e999",
    b"\\ud800",
    b"[" * 3000,
    b'{"a":' * 2000,
    b"\r",
    b"<",
    b"#",
    b"=",
    b"|",
]


def original(name, folder, **options):
    path = folder / f"whole.{name}"
    if name in FOLDERS:
        write(DOCS[:1], folder / "whole", format=name)
        (file,) = (folder / "whole").glob("a.ann" if name == "brat" else "a.xmi")
        if name == "brat":
            (folder / "damaged.txt").write_bytes(file.with_suffix(".txt").read_bytes())
        path.write_bytes(file.read_bytes())
        path.with_suffix(".txt").write_bytes(DOCS[0].text.encode())
        return path.read_bytes()
    if name in WRITERS:
        write(DOCS[:1] if name == "text" else DOCS, path, format=name, **options)
    else:
        path.write_text("".join(json.dumps(FOREIGN[name]) + "\n" for _ in range(2)))
    return path.read_bytes()


def mutated(content, rng, *, is_binary=False):
    """The content with one to three changes; of binary files, half have one other byte."""
    if is_binary and rng.random() < 0.5:
        at = rng.randrange(len(content))
        return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
    for _ in range(rng.randint(1, 3)):
        at, to = sorted(rng.randrange(len(content) + 1) for _ in range(2))
        lines = content.split(b"\n")
        kind = rng.randrange(6)
        if kind == 0:
            content = content[:at]
        elif kind == 1:
            content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
        elif kind == 2:
            content = content[:at] + rng.choice(PARTS) + content[at:]
        elif kind == 3:
            content = content[:at] + content[to:]
        elif kind == 4:
            rng.shuffle(lines)
            content = b"\n".join(lines)
        else:
            content = b"\n".join([*lines, rng.choice(lines)])
    return content


def documents_or_errors(path, name, **options):
    """Whether documents came out; an error of another kind than nerlink's own goes through."""
    try:
        docs = list(stream(path, format=name, on_error="skip", **options))
    except NerlinkError as error:
        assert str(path) in str(error) or str(path.name) in str(error), "names no file"
        assert "\n" not in str(error)
        return False
    assert all(isinstance(doc, Document) for doc in docs)
    return True


STRICT = {"bioc", "spacy", "xmi"}
"""Formats that most changes make unreadable."""

KINDS = [(name, {}) for name in sorted(READERS)]
KINDS += [(name, {"shape": s}) for name in ("csv", "parquet") for s in ("mention", "token")]


@pytest.mark.parametrize(("name", "options"), KINDS, ids=str)
def test_damaged_file_gives_documents_or_an_error(tmp_path, name, options):
    if name == "spacy":
        pytest.importorskip("spacy")
    content = original(name, tmp_path, **options)
    assert read(tmp_path / f"whole.{name}", format=name, **options)
    rng = random.Random(name + str(options))  # noqa: S311
    n_read = 0
    for _ in range(N_MUTATIONS):
        path = tmp_path / "damaged"
        path.write_bytes(mutated(content, rng, is_binary=name in ("parquet", "spacy")))
        n_read += documents_or_errors(path, name, **options)
    if name not in STRICT:
        assert n_read, "nothing was read: the changes are too coarse to show anything"


@pytest.mark.parametrize("name", ["jsonl", "parquet"])
def test_damaged_packed_file_gives_documents_or_an_error(tmp_path, name):
    content = gzip.compress(original(name, tmp_path), mtime=0)
    rng = random.Random(name)  # noqa: S311
    for _ in range(N_MUTATIONS):
        path = tmp_path / "damaged.gz"
        path.write_bytes(mutated(content, rng, is_binary=True))
        documents_or_errors(path, name)
