import hashlib
import json
import shutil

import pytest

from nerlink.corpora import build_corpus, find_corpus, load_split, read_card
from nerlink.errors import DataError

RAW = "Ada I-PER\nmet O\n\nBea I-PER\n"
ENTITIES = (
    '{"id": "Q7259", "label": "Ada Lovelace", "in_links": 9, "aliases": ["Ada"], "page": 1}\n'
)
ALIASES = '{"alias": "Ada", "entities": ["Q7259", "Q1"]}\n'
CARD = f"""
title = "Letters"
language = "en"
licence = "CC0-1.0"
source = "written for a test"
labels = ["PER"]
format = "conll"

[options]
scheme = "iob1"
documents = "sentences"

[splits.dev]
file = "raw.txt"
sha256 = "{hashlib.sha256(RAW.encode()).hexdigest()}"
documents = 2
tokens = 3
mentions = 2

[kb.entities]
file = "e.jsonl"
count = 1
columns = {{ name = "label", popularity = "in_links" }}

[kb.aliases]
file = "a.jsonl"
count = 1
"""


@pytest.fixture
def card(tmp_path, monkeypatch):
    monkeypatch.setenv("NERLINK_CORPORA", str(tmp_path / "built"))
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "card.toml").write_text(CARD)
    return folder


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    for name, text in (("raw.txt", RAW), ("e.jsonl", ENTITIES), ("a.jsonl", ALIASES)):
        (folder / name).write_text(text)
    return folder


def test_public_files_become_a_corpus_that_is_found(card, raw, tmp_path):
    folder = build_corpus(card, source=raw)
    assert folder == tmp_path / "built" / "letters" == find_corpus("letters")
    docs = load_split("letters", "dev")
    assert [(doc.id, doc.text) for doc in docs] == [("dev-1", "Ada met"), ("dev-2", "Bea")]


def test_card_of_the_built_corpus_says_what_was_counted(card, raw, tmp_path):
    built = read_card(build_corpus(card, source=raw, output=tmp_path / "out"))
    split = built.splits["dev"]
    assert (built.format, split.file, split.documents, split.mentions) == (
        "jsonl",
        "dev.jsonl",
        2,
        2,
    )
    content = (tmp_path / "out" / "dev.jsonl").read_bytes()
    assert split.sha256 == hashlib.sha256(content).hexdigest()


def test_tables_are_brought_into_nerlinks_columns(card, raw, tmp_path):
    folder = build_corpus(card, source=raw, output=tmp_path / "out")
    assert json.loads((folder / "entities.jsonl").read_text()) == {
        "id": "Q7259",
        "name": "Ada Lovelace",
        "popularity": 9.0,
        "aliases": {"Ada": 0},
        "page": 1,
    }
    aliases = [json.loads(line) for line in (folder / "aliases.jsonl").read_text().splitlines()]
    assert aliases == [{"alias": "Ada", "entity": e, "count": 0} for e in ("Q7259", "Q1")]


def test_build_replaces_an_earlier_one(card, raw, tmp_path):
    first = build_corpus(card, source=raw, output=tmp_path / "out")
    (first / "left over").write_text("")
    build_corpus(card, source=raw, output=first)
    assert not (first / "left over").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"letters", "raw", "out"}


CHANGES = {
    "another file": ("raw.txt", RAW + "x O\n", "is not the file that the card means: its SHA-256"),
    "missing": ("raw.txt", None, "raw.txt: no such file"),
    "rows": ("a.jsonl", ALIASES * 2, "a.jsonl has 2 rows, not 1"),
    "table": ("e.jsonl", "{}\n", "e.jsonl:1: column 'id' is missing"),
}


@pytest.mark.parametrize(("name", "text", "message"), CHANGES.values(), ids=CHANGES)
def test_wrong_file_is_refused_and_nothing_is_left(card, raw, tmp_path, name, text, message):
    (raw / name).unlink()
    if text is not None:
        (raw / name).write_text(text)
    with pytest.raises(DataError, match=message):
        build_corpus(card, source=raw, output=tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"letters", "raw"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mentions = 2", "mentions = 3", "raw.txt: the number of mentions is 2, not 3"),
        ('["PER"]', '["LOC"]', "raw.txt has labels the card does not name: PER"),
    ],
)
def test_other_counts_or_labels_are_refused_unless_told_otherwise(
    card, raw, tmp_path, caplog, old, new, message
):
    (card / "card.toml").write_text(CARD.replace(old, new))
    with pytest.raises(DataError, match=message):
        build_corpus(card, source=raw, output=tmp_path / "out")
    build_corpus(card, source=raw, output=tmp_path / "out", verify=False)
    assert message in caplog.text


def test_folder_with_other_things_is_not_replaced(card, raw, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty and holds no corpus"):
        build_corpus(card, source=raw, output=tmp_path / "out")
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("inside", [".", "raw"])
def test_what_a_corpus_is_made_of_is_never_replaced(card, raw, tmp_path, inside):
    mine = tmp_path / "mine"
    shutil.copytree(raw, mine / inside, dirs_exist_ok=True)
    shutil.copy(card / "card.toml", mine)
    before = sorted(mine.rglob("*"))
    with pytest.raises(DataError, match="would be replaced by what is made of it"):
        build_corpus(card, source=mine / inside, output=mine, verify=False)
    with pytest.raises(DataError, match="would be replaced by what is made of it"):
        build_corpus(mine, source=raw, output=mine, verify=False)
    assert sorted(mine.rglob("*")) == before


def test_a_file_is_no_folder_to_build_in(card, raw, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataError, match="is a file; name a folder"):
        build_corpus(card, source=raw, output=tmp_path / "file", verify=False)
