"""nerlink's side: a pipeline whose tagger knows the invented names."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from experiments.speed.invented import LABELS, World
from nerlink import Document, KnowledgeBase, Pipeline
from nerlink.config import Config, EncoderConfig
from nerlink.models.annotate import example_of
from nerlink.models.build import build_model
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.encoder.fast.devices import choose_device
from nerlink.models.joint import JointModel
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.tagger.tagger import Tagger

__all__ = ["N_STEPS", "count_mentions", "make_base", "make_model", "make_pipeline"]

LOOK_WEIGHTS = (0.6, -0.2, 0.6, -0.4, 0.4, 0.7)
"""Like those of a model that was fitted on newswire; zeros would switch the second look off."""

N_STEPS = 100
"""Steps in which a tagger's head learns the names, the encoder's vectors standing still."""


def make_base(world: World, n_entities: int, folder: Path) -> KnowledgeBase:
    """A knowledge base of that size; made once."""
    path = folder / f"{n_entities}.sqlite"
    if not path.exists():
        KnowledgeBase.create(path, world.entities(n_entities)).close()
    return KnowledgeBase.open(path)


def make_model(
    kb: KnowledgeBase, encoder: Path, documents: Sequence[Document], *, config: Config | None = None
) -> JointModel:
    """A joint model with untrained heads; the text of its entities is random.

    Args:
        kb: What it links to.
        encoder: Folder of the encoder.
        documents: What the entities that have a memory are taken from.
        config: The rest of the configuration.
    """
    choose_device("cpu")
    config = (config or Config()).model_copy(update={"encoder": EncoderConfig(model=str(encoder))})
    links = Counter(m.entity for doc in documents for m in doc.mentions if m.entity)
    seen = {kb.row(entity): count for entity, count in links.items()}
    torch.manual_seed(0)
    embeddings = WindowEmbeddings(config.encoder)
    model = build_model(config, embeddings, labels=LABELS, kb=kb, counts=TrainingCounts(links=seen))
    text = torch.empty(kb.n_rows, embeddings.text_length, dtype=torch.float16).normal_(std=0.25)
    if model.linker:
        model.linker.prototypes.set_text(text, version=kb.version)
        model.linker.second_look.weights[1] = torch.tensor(LOOK_WEIGHTS)
    return model


def make_pipeline(
    world: World, n_entities: int, *, encoder: Path, documents: Sequence[Document], folder: Path
) -> Pipeline:
    """A pipeline over a base of that size, which finds the names of the world.

    Args:
        world: The names.
        n_entities: Size of the knowledge base.
        encoder: Folder of the encoder.
        documents: What the tagger learns from.
        folder: Where the knowledge base is.
    """
    model = make_model(make_base(world, n_entities, folder), encoder, documents)
    if model.tagger:
        _fit(model.tagger, model.encoder, documents)
    model.eval()
    return Pipeline(model, info={"trained_on": {}, "scores": {}}, device="cpu", precision="fp32")


def count_mentions(documents: Sequence[Document]) -> int:
    """Mentions in documents."""
    return sum(len(doc.mentions) for doc in documents)


def _fit(tagger: Tagger, encoder: WindowEmbeddings, documents: Sequence[Document]) -> None:
    examples = [example_of(doc, ["ner"])[0] for doc in documents]
    encoder.eval()
    passages = [example.passage for example in examples]
    with torch.no_grad():
        vectors: Tensor = encoder.encode([passage.tokens for passage in passages])
    optimiser = torch.optim.AdamW(tagger.linear.parameters(), lr=3e-3)
    for _ in range(N_STEPS):
        loss, n_tokens = tagger.loss(tagger.score(vectors, passages), examples)
        optimiser.zero_grad()
        (loss / n_tokens).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
