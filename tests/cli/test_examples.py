"""The example at the end of each help text works as it stands there."""

import shlex
import shutil
from pathlib import Path

import pytest

from nerlink.data import Entity
from nerlink.kb import KnowledgeBase
from nerlink.sources import write
from tests.cli.test_app import LEAVES
from tests.world import DOCUMENTS, ENTITIES

CONFIG = """
[[data]]
train = "train.jsonl"

[kb]
tables = ["towns.csv"]

[training]
device = "cpu"
"""

SERVES = {"serve": "nerlink.serving.run.serve", "review": "nerlink.serving.review.run.review"}
"""What would serve until it is told to end, by the command that calls it."""


@pytest.fixture
def folder(short_demo, joint_folder, tmp_path, monkeypatch) -> Path:
    """A folder with every file that the examples read."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(joint_folder, "model")
    for name in ("gold", "tagged", "dev", "train", "news", "ask"):
        write(DOCUMENTS, f"{name}.jsonl")
    Path("train.conll").write_text("Ada I-PER\nmet O\n", encoding="utf8")
    Path("config.toml").write_text(CONFIG, encoding="utf8")
    table = "".join(f"{entity.id},{entity.name}\n" for entity in ENTITIES)
    Path("towns.csv").write_text(f"id,name\n{table}", encoding="utf8")
    named = {"Q90": "Paris", "Q90-copy": "Paris, France", "Q84": "London"}
    entities = [Entity(id=id_, name=name) for id_, name in named.items()]
    KnowledgeBase.create("towns.sqlite", entities).close()
    return tmp_path


@pytest.mark.parametrize("command", LEAVES)
def test_the_example_of_a_command_works(run, folder, command, monkeypatch):
    program, *arguments = shlex.split(LEAVES[command].removeprefix("Example: "))
    assert program == "nerlink"
    if command == "kb build":
        Path("towns.sqlite").unlink()
    if command == "corpus fetch":  # there is no network here
        monkeypatch.setattr("nerlink.corpora.downloads._fetch_file", lambda *_: None)
    if command in ("serve", "review"):  # they would serve until they are told to end
        monkeypatch.setattr(SERVES[command], lambda *_, **__: None)
    result = run(*arguments)
    assert result.code == 0, result.err
    if "--output" in arguments and command != "corpus fetch":
        assert Path(arguments[arguments.index("--output") + 1]).exists()
