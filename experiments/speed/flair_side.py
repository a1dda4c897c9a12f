"""Flair's side: its own joint model, of the same encoder, on the same names and candidates."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import flair
import torch
from flair.data import Dictionary, Sentence
from flair.embeddings import TransformerWordEmbeddings
from flair.models import MultitaskModel, SequenceTagger, SpanClassifier
from flair.models.entity_linker_model import CandidateGenerator
from flair.nn import PrototypicalDecoder
from flair.splitter import SegtokSentenceSplitter

from experiments.speed.invented import LABELS, World
from experiments.speed.nerlink_side import N_STEPS
from nerlink import Document, to_sentences
from nerlink.schemes import tags_from_spans

__all__ = ["FlairSide", "FoundMention", "make_flair"]

FoundMention = tuple[int, int, str, float, str | None, float | None]
"""Start, end, label, its score, entity, its score."""


class FlairSide:
    """Stock Flair, from texts to plain results, as its documentation has it.

    Args:
        model: Its tasks are `ner` and `nel`.
    """

    def __init__(self, model: MultitaskModel) -> None:
        self.model = model
        self.splitter = SegtokSentenceSplitter()

    def __call__(self, texts: Iterable[str]) -> list[list[FoundMention]]:
        """What Flair finds in texts. Each goes alone, since one call over all of them would
        give a text the context of another, and takes longer.
        """
        return [self._tag(text) for text in texts]

    def _tag(self, text: str) -> list[FoundMention]:
        sentences = self.splitter.split(text)
        self.model.predict(sentences)  # type: ignore[no-untyped-call]
        return [found for sentence in sentences for found in _mentions(sentence)]


def make_flair(
    world: World, n_entities: int, *, encoder: Path, documents: Sequence[Document]
) -> FlairSide:
    """Flair's joint model, which finds the names of the world.

    Args:
        world: The names and what they may mean.
        n_entities: Entities it knows.
        encoder: Folder of the encoder.
        documents: What the tagger learns from.
    """
    flair.device = torch.device("cpu")
    torch.manual_seed(0)
    embeddings = TransformerWordEmbeddings(
        str(encoder), layers="-1", subtoken_pooling="first", fine_tune=True, use_context=True
    )
    tagger = _make_tagger(embeddings)
    _fit(tagger, documents)
    linker = _make_linker(embeddings, world, n_entities)
    model = MultitaskModel([tagger, linker], task_ids=["ner", "nel"], use_all_tasks=True)
    model.eval()
    return FlairSide(model)


def _make_tagger(embeddings: TransformerWordEmbeddings) -> SequenceTagger:
    labels = Dictionary(add_unk=False)
    labels.span_labels = True
    for label in LABELS:
        labels.add_item(label)
    return SequenceTagger(
        embeddings, labels, "ner", use_rnn=False, use_crf=False, reproject_embeddings=False
    )


def _make_linker(
    embeddings: TransformerWordEmbeddings, world: World, n_entities: int
) -> SpanClassifier:
    entities = Dictionary(add_unk=True)
    for entity in range(n_entities):
        entities.add_item(f"E{entity}")
    candidates = {
        name: world.meanings(number, n_entities) for number, name in enumerate(world.names)
    }
    return SpanClassifier(
        embeddings,
        entities,
        label_type="nel",
        span_label_type="ner",
        candidates=CandidateGenerator(candidates),
        decoder=PrototypicalDecoder(
            len(entities),
            2 * embeddings.embedding_length,
            distance_function="dot_product",
            normal_distributed_initial_prototypes=True,
        ),
    )


def _fit(tagger: SequenceTagger, documents: Sequence[Document]) -> None:
    sentences = [sentence for doc in documents for sentence in to_sentences(doc)]
    tagger.eval()
    for first in range(0, len(sentences), 32):
        batch = sentences[first : first + 32]
        with torch.no_grad():
            tagger.embeddings.embed(batch)
    vectors = torch.stack([token.get_embedding() for s in sentences for token in s]).detach()
    tags = [tag for sentence in sentences for tag in _tags(sentence)]
    target = torch.tensor([tagger.label_dictionary.get_idx_for_item(tag) for tag in tags])
    optimiser = torch.optim.AdamW(tagger.linear.parameters(), lr=1e-2)
    for _ in range(2 * N_STEPS):
        loss = torch.nn.functional.cross_entropy(tagger.linear(vectors), target)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def _tags(sentence: Sentence) -> list[str]:
    spans = [
        (span.tokens[0].idx - 1, span.tokens[-1].idx, span.get_label("ner").value)
        for span in sentence.get_spans("ner")
    ]
    return tags_from_spans(spans, len(sentence), scheme="bioes")


def _mentions(sentence: Sentence) -> list[FoundMention]:
    begin = sentence.start_position
    found: list[FoundMention] = []
    for span in sentence.get_spans("ner"):
        ner, nel = span.get_label("ner"), span.get_label("nel")
        start, end = begin + span.start_position, begin + span.end_position
        found.append((start, end, ner.value, ner.score, nel.value, nel.score))
    return found
