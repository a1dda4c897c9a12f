"""Bulk jobs without a model: a pipeline that finds the first word of every text."""

import dataclasses
import json
from pathlib import Path

import pytest

from nerlink.bulk.models import ModelKey
from nerlink.data import Mention


class FirstWords:
    """Finds the first word; texts that begin with `poison` cannot be tagged in any group."""

    def stream(self, documents, *, link_only=False):
        group = []
        for doc in documents:
            group.append(doc)
            if len(group) == 3:
                yield from self._tag(group)
                group = []
        yield from self._tag(group)

    def _tag(self, group):
        if any(doc.text.startswith("poison") for doc in group):
            raise RuntimeError("the model chokes")
        for doc in group:
            found = Mention(start=0, end=len(doc.text.split()[0]), label="PER")
            yield dataclasses.replace(doc, mentions=(found,))


@pytest.fixture
def key(monkeypatch):
    """What the model is known by: a list of one, which a test may change."""
    keys = [ModelKey("model-1", "base-1")]
    monkeypatch.setattr("nerlink.bulk.run.key_of", lambda _: keys[0])
    monkeypatch.setattr("nerlink.bulk.tagging.key_of", lambda _: keys[0])
    monkeypatch.setattr("nerlink.bulk.run.check_tasks", lambda *_, **__: None)
    return keys


@pytest.fixture
def stub(key, monkeypatch):
    """Jobs of this process tag with `FirstWords`."""
    monkeypatch.setattr("nerlink.bulk.tagging._load", lambda *_: FirstWords())
    return key


def write_lines(path: Path, texts, **columns) -> Path:
    records = [{"id": f"{path.stem}-{n}", "text": text, **columns} for n, text in enumerate(texts)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf8")
    return path


def rows_of(output) -> list[dict]:
    """The rows of all JSON lines that count, in order."""
    from nerlink.bulk import outputs_of

    files = (Path(path).read_text(encoding="utf8") for path in outputs_of(output))
    return [json.loads(line) for text in files for line in text.splitlines()]
