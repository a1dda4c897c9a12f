"""A small invented world: seven entities, ten documents about them, models trained on both."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nerlink.config import (
    Config,
    EncoderConfig,
    LinkerConfig,
    TaggerConfig,
    Task,
    TrainingConfig,
)
from nerlink.data import Candidate, Document, Entity, Mention
from nerlink.kb import KnowledgeBase

ENTITIES = (
    Entity(id="paris", name="Paris", description="capital of France", type="LOC", popularity=900),
    Entity(id="paris-texas", name="Paris", description="town in Texas", type="LOC", popularity=9),
    Entity(id="jordan", name="Jordan", description="country by the Dead Sea", type="LOC"),
    Entity(
        id="player", name="Mike Jordan", description="plays ball", type="PER", aliases={"Jordan": 1}
    ),
    Entity(id="ada", name="Ada Byron", description="counts by engine", type="PER"),
    Entity(id="acme", name="Acme", description="makes anvils", type="ORG"),
    Entity(id="texas", name="Texas", description="a state in the south", type="LOC"),
)

TEXTS = (
    "[Paris|LOC|paris] is on the river. The fair of [Paris|LOC|paris] was good.",
    "Cows walk to [Paris|LOC|paris-texas] in [Texas|LOC|texas] at dawn.",
    "The coast of [Jordan|LOC|jordan] is short. Ships from [Jordan|LOC|jordan] bring salt.",
    "[Jordan|PER|player] threw the ball. [Mike Jordan|PER|player] won.",
    "[Ada Byron|PER|ada] wrote to [Acme|ORG|acme] for gears.",
    "[Acme|ORG|acme] sells anvils in [Jordan|LOC|jordan], by the sea.",
    "Nobody came. It was late.",
    "[Otto Nix|PER|NIL] and [Ada Byron|PER|ada] met at the fair of [Paris|LOC|paris].",
    "[Jordan|PER|player] threw an anvil at [Otto Nix|PER|NIL] for [Acme|ORG|acme].",
    "From [Texas|LOC|texas] to [Paris|LOC|paris-texas] by cow.",
)


def marked(text: str, doc_id: str | None = None) -> Document:
    """A document from `[surface|label|entity]` marks; an empty label or entity is `None`."""
    plain, mentions, last = "", [], 0
    for mark in re.finditer(r"\[([^|\]]+)\|(\w*)\|([\w-]*)\]", text):
        plain += text[last : mark.start()]
        start = len(plain)
        plain += mark[1]
        mentions.append(
            Mention(start=start, end=len(plain), label=mark[2] or None, entity=mark[3] or None)
        )
        last = mark.end()
    return Document(text=plain + text[last:], id=doc_id, mentions=tuple(mentions))


DOCUMENTS = tuple(marked(text, f"doc-{number}") for number, text in enumerate(TEXTS))


def matched(doc: Document) -> Document:
    """A document as the names of the entities mark it: incomplete, namesakes left open."""
    mentions = []
    for mention in doc.mentions:
        surface = doc.surface(mention)
        named = [e for e in ENTITIES if surface == e.name or surface in e.aliases]
        labels = {entity.type for entity in named}
        if named:
            only = named[0].id if len(named) == 1 else None
            candidates = () if only else tuple(Candidate(entity=e.id, prior=0.5) for e in named)
            label = labels.pop() if len(labels) == 1 else None
            mentions.append(replace(mention, label=label, entity=only, candidates=candidates))
    return replace(doc, mentions=tuple(mentions), complete=False)


SILVER = tuple(map(matched, DOCUMENTS))


def tiny_config(encoder: Path, **sections: Any) -> Config:
    """A configuration that learns ten documents by heart in seconds; sections are updated."""
    config = Config(
        encoder=EncoderConfig(model=str(encoder), window=64, shape_dim=4),
        tagger=TaggerConfig(hidden=0, dropout=0.0),
        linker=LinkerConfig(dropout=0.0, memory_dropout=0.0),
        training=TrainingConfig(
            epochs=20, batch_tokens=60, learning_rate=2e-3, head_learning_rate=2e-2, device="cpu"
        ),
    )
    changes = {
        name: getattr(config, name).model_copy(update=value) if isinstance(value, dict) else value
        for name, value in sections.items()
    }
    return config.model_copy(update=changes)


@pytest.fixture(scope="session")
def kb_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The knowledge base of the small world; not to be changed."""
    path = tmp_path_factory.mktemp("kb") / "kb.sqlite"
    KnowledgeBase.create(path, ENTITIES).close()
    return path


@pytest.fixture(scope="session")
def trained(
    encoder_dir: Path, kb_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Folder of a model that knows the ten documents by heart, by its tasks; not to be changed."""

    from nerlink.training import train

    @cache
    def folder(*tasks: Task) -> Path:
        config = tiny_config(encoder_dir, tasks=tasks)
        output = tmp_path_factory.mktemp("-".join(tasks))
        return train(config, output, train=DOCUMENTS, kb=kb_path).folder

    return folder


@pytest.fixture(scope="session")
def joint_folder(trained: Callable[..., Path]) -> Path:
    """Folder of a model that finds and links."""
    return trained("ner", "nel")
