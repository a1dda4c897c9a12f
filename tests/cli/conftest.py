import io
import json
import re
import shutil
from typing import NamedTuple

import pytest

from nerlink.cli import main
from nerlink.corpora import find_corpus


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(capfdbinary, monkeypatch):
    """Runs the command line as a shell would: exit code, standard output, standard error."""

    def run(*arguments, stdin: str = "") -> Result:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf8"))
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return Result(exit_.value.code or 0, out.decode(), err.decode())

    return run


GOLD = {
    "id": "doc-1",
    "text": "Ada Lovelace met Babbage in London.",
    "mentions": [
        {"start": 0, "end": 12, "label": "PER", "entity": "Q7259"},
        {"start": 17, "end": 24, "label": "PER", "entity": "NIL"},
        {"start": 28, "end": 34, "label": "LOC", "entity": "Q84"},
    ],
}
PREDICTED = {
    **GOLD,
    "mentions": [*GOLD["mentions"][:2], {**GOLD["mentions"][2], "entity": "Q92561"}],
}


@pytest.fixture
def gold(tmp_path):
    return write_lines(tmp_path / "gold.jsonl", GOLD)


@pytest.fixture
def predicted(tmp_path):
    return write_lines(tmp_path / "predicted.jsonl", PREDICTED)


@pytest.fixture
def towns(tmp_path):
    """A table of entities."""
    path = tmp_path / "towns.csv"
    path.write_text(
        "id,name,description,popularity\n"
        "Q84,London,capital of the United Kingdom,900\n"
        "Q92561,London,city in Ontario,30\n",
        encoding="utf8",
    )
    return path


@pytest.fixture
def short_demo(encoder_dir, tmp_path, monkeypatch):
    """The demo with a small random encoder, which has the name of the default, and one epoch."""
    place = tmp_path / "models" / "sentence-transformers"
    place.mkdir(parents=True)
    (place / "all-MiniLM-L6-v2").symlink_to(encoder_dir)
    monkeypatch.setenv("NERLINK_MODELS", str(tmp_path / "models"))
    corpus = shutil.copytree(find_corpus("tiny-news"), tmp_path / "news")
    config = corpus / "config.toml"
    shorter = re.sub(r"epochs = \d+", "epochs = 1", config.read_text(encoding="utf8"))
    config.write_text(shorter, encoding="utf8")
    monkeypatch.setattr("nerlink.cli.demo.CORPUS", str(corpus))


def write_lines(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf8")
    return path
