from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from nerlink.config import EncoderConfig
from nerlink.data import Document
from nerlink.kb import KnowledgeBase
from nerlink.models.annotate import example_of
from nerlink.models.build import build_model
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.joint import JointModel
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.linker.linker import Linker
from nerlink.models.passages import Example
from tests.world import DOCUMENTS, ENTITIES, tiny_config


@pytest.fixture(scope="session")
def encoder(encoder_dir: Path) -> WindowEmbeddings:
    """The small encoder alone, with windows of 16 subtokens."""
    config = EncoderConfig(model=str(encoder_dir), window=16, shape="off")
    return WindowEmbeddings(config).eval()


@pytest.fixture(scope="session")
def kb(kb_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(kb_path) as kb:
        yield kb


@pytest.fixture
def model(encoder_dir: Path, kb: KnowledgeBase) -> JointModel:
    """A joint model with random heads; training linked to every entity but `texas`."""
    torch.manual_seed(0)
    config = tiny_config(encoder_dir)
    model = build_model(
        config,
        WindowEmbeddings(config.encoder),
        labels=["LOC", "ORG", "PER"],
        kb=kb,
        counts=TrainingCounts(
            links=dict.fromkeys(
                kb.rows(["paris", "paris-texas", "jordan", "player", "ada", "acme"]), 2
            ),
            nil={"otto nix": 2},
        ),
    )
    torch.nn.init.normal_(model.linker.prototypes.memory.weight[1:])
    model.linker.texts.write()
    return model.eval()


@pytest.fixture
def linker(model: JointModel, tmp_path: Path) -> Iterator[Linker]:
    """A linker with a knowledge base of its own, to change."""
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES) as kb:
        model.linker.lookup.kb = model.linker.texts.kb = kb
        model.linker.texts.write()
        yield model.linker


def examples(*documents: Document) -> list[Example]:
    return [example_of(doc, ("ner", "nel"))[0] for doc in documents or DOCUMENTS]
