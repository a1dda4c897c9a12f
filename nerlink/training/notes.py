"""What to know of the documents before training begins, in lines for people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from nerlink.checks import labels_alike, text_key
from nerlink.config import DataConfig, KnowledgeBaseConfig
from nerlink.data import NIL, Document
from nerlink.kb import CandidateGenerator, InDocument, KnowledgeBase
from nerlink.kb.candidates.recall import CandidateRecall, report_candidates
from nerlink.training.data import TrainingSet, links_outside, without_links
from nerlink.training.reporting import AGREEMENT
from nerlink.words import number_of

__all__ = ["has_links", "notes_on", "outside_note", "reach"]

_SHOWN = 3
"""Ids that a line names."""


def notes_on(
    parts: Iterable[tuple[Sequence[Document], DataConfig]],
    dev: Sequence[Document],
    data: TrainingSet,
    *,
    batch_tokens: int,
    lost: Counter[str] | None = None,
) -> list[str]:
    """What may be wrong with the documents, a line each; nothing where nothing is.

    Args:
        parts: Training documents, each list with the entry of the configuration it comes from.
        dev: Development documents.
        data: The training documents as examples.
        batch_tokens: Tokens in a step.
        lost: Candidates of ambiguous mentions that the base lacks, with the number of mentions.
    """
    parts = list(parts)
    train = [doc for documents, _ in parts for doc in documents]
    lines: Iterator[str | None] = chain(
        (_bare(documents, _name_of(entry)) for documents, entry in parts),
        [_bare(dev, "dev"), _common(train, dev), _only_nil(train), _namesakes(data)],
        [_long(data, batch_tokens), _lost(lost), _agreeing(dev)],
    )
    return [line for line in lines if line]


def outside_note(dev: Sequence[Document], kb: KnowledgeBase) -> list[str]:
    """A line on links of development documents to entities that a knowledge base lacks."""
    outside = links_outside(dev, kb)
    if not outside:
        return []
    n_links = sum(m.entity not in (None, NIL) for doc in dev for m in doc.mentions)
    return [
        f"dev: the knowledge base lacks the entities of {outside.total():,} of "
        f"{number_of(n_links, 'links')}, which count as missed: {_first(outside)}"
    ]


def has_links(documents: Iterable[Document]) -> bool:
    """Whether any mention is linked to an entity."""
    return any(m.entity not in (None, NIL) for doc in documents for m in doc.mentions)


def reach(
    documents: Iterable[Document],
    kb: KnowledgeBase,
    generator: CandidateGenerator,
    config: KnowledgeBaseConfig,
) -> CandidateRecall:
    """How well candidates cover the links of documents to entities of a knowledge base.

    Args:
        documents: With gold mentions; links to entities that the base lacks do not count.
        kb: The knowledge base.
        generator: Finds candidates in the knowledge base.
        config: Says whether fuller names in a document lend their candidates.
    """
    inside = without_links(documents, kb)
    finder = InDocument(generator) if config.in_document else generator
    return report_candidates(finder, inside).linked


def _bare(documents: Sequence[Document], name: str) -> str | None:
    """Documents without a mention: of a class of documents, or left out by a reader."""
    bare = [(n, doc) for n, doc in enumerate(documents, start=1) if not doc.mentions]
    if bare and len(bare) == len(documents):
        return f"{name}: none of the {number_of(len(documents), 'documents')} has a mention"
    taught = [doc.id or f"document {n}" for n, doc in bare if doc.complete]
    if not taught:
        return None
    return (
        f"{name}: {len(taught):,} of {number_of(len(documents), 'documents')} without a mention, "
        f"taken to name nothing: {_first(taught)}"
    )


def _common(train: Sequence[Document], dev: Sequence[Document]) -> str | None:
    """Development documents that training shows the model."""
    learnt = {text_key(doc.text) for doc in train} - {None}
    texts = ((doc.id or f"document {n}", text_key(doc.text)) for n, doc in enumerate(dev, start=1))
    known = [name for name, key in texts if key in learnt]
    if not known:
        return None
    return (
        f"dev: {len(known):,} of {number_of(len(dev), 'documents')} with the text of a training "
        f"document, so scores are too good: {_first(known)}"
    )


def _only_nil(train: Sequence[Document]) -> str | None:
    n_nil = sum(mention.entity == NIL for doc in train for mention in doc.mentions)
    if not n_nil or has_links(train):
        return None
    return f"train: every link is NIL ({n_nil:,}), so the model learns to link nothing"


def _namesakes(data: TrainingSet) -> str | None:
    """Labels that differ in their case alone."""
    alike = [" and ".join(map(repr, labels)) for labels in labels_alike(data.labels)]
    if not alike:
        return None
    return f"labels that differ in case alone are learnt as different ones: {', '.join(alike)}"


def _long(data: TrainingSet, batch_tokens: int) -> str | None:
    """Sentences that fill more than a step, since documents are cut between sentences."""
    lengths = [len(example.passage.tokens.words) for example in data.examples]
    long = [length for length in lengths if length > batch_tokens]
    if not long:
        return None
    return (
        f"train: {number_of(len(long), 'sentences')} of more tokens than training.batch_tokens "
        f"({batch_tokens:,}), at most {max(long):,}; each is learnt whole, in a step of its own"
    )


def _lost(lost: Counter[str] | None) -> str | None:
    """Candidates that nothing can be linked to."""
    if not lost:
        return None
    return (
        f"train: the knowledge base lacks {number_of(len(lost), 'candidates')} of ambiguous "
        f"mentions, which are left out: {_first(lost)}"
    )


def _agreeing(dev: Sequence[Document]) -> str | None:
    """Development documents that a dictionary marked."""
    n_incomplete = sum(not doc.complete for doc in dev)
    if not n_incomplete:
        return None
    return (
        f"dev: {n_incomplete:,} of {number_of(len(dev), 'documents')} incomplete, so scores are "
        f"no more than {AGREEMENT}"
    )


def _name_of(entry: DataConfig) -> str:
    return str(entry.train or entry.corpus or "train")


def _first(ids: Iterable[str] | Counter[str]) -> str:
    ids = list(ids)
    return ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
