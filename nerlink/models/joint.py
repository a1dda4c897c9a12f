"""One model for both tasks: the encoder runs once, tagger and linker read its matrix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any, Final, NamedTuple

import torch
from flair.data import Sentence
from flair.models import MultitaskModel
from torch import Tensor

from nerlink.config import Config, LinkerConfig
from nerlink.errors import ConfigError
from nerlink.models.dictionary import Dictionary
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.flair import evaluating, examples_from, gold_spans, write_links, write_spans
from nerlink.models.linker.linker import Linker
from nerlink.models.passages import (
    Example,
    Link,
    Passage,
    TokenSpan,
    first_rows,
    locate,
    runs_of,
)
from nerlink.models.tagger.tagger import Tagger

__all__ = ["Annotation", "JointLoss", "JointModel", "Reading"]

HELD_PACKED: Final = 2048
"""Tokens whose vectors are held at once, unless one document alone has more tokens."""

HELD_PADDED: Final = 16_384
"""Tokens held at once where batches are padded: enough to batch windows of like length."""


class Annotation(NamedTuple):
    """A mention that the model found or linked: the span, its probability, and its link."""

    span: TokenSpan
    score: float | None
    link: Link | None


class Reading(NamedTuple):
    """What the heads read of a batch.

    Attributes:
        vectors: Token vectors, (n_tokens, embedding_length).
        scores: Logits of tags, (n_tokens, n_tags), `None` without a tagger.
        labels: The label distribution, (n_tokens, 1 + n_labels), `None` without a tagger.
    """

    vectors: Tensor
    scores: Tensor | None
    labels: Tensor | None


@dataclass(frozen=True, slots=True)
class JointLoss:
    """Summed losses of a batch and the numbers of summed terms.

    Args:
        ner: Cross-entropy of tags, a scalar.
        nel: Cross-entropy of links, a scalar.
        n_tokens: Tokens with a gold tag.
        n_mentions: Mentions with a gold link.
    """

    ner: Tensor
    nel: Tensor
    n_tokens: int
    n_mentions: int


class JointModel(MultitaskModel):
    """A Flair multitask model with one pass of the shared encoder.

    Args:
        encoder: The encoder that the heads share.
        tagger: Finds mentions; `None` for a model that links given mentions only.
        linker: Links mentions; `None` for a model that finds mentions only.
        config: The whole configuration.
        dictionary: Finds mentions by the names of the base, where there is no tagger.
    """

    def __init__(
        self,
        encoder: WindowEmbeddings,
        *,
        tagger: Tagger | None = None,
        linker: Linker | None = None,
        config: Config,
        dictionary: Dictionary | None = None,
    ) -> None:
        heads: list[Any] = [head for head in (tagger, linker) if head is not None]
        factors = {"ner": config.tagger.loss_weight, "nel": config.linker.loss_weight}
        super().__init__(
            heads,
            task_ids=[head.task for head in heads],
            loss_factors=[factors[head.task] for head in heads],
            use_all_tasks=True,
        )
        self.config = config
        self.encoder = encoder
        self.tagger = tagger
        self.linker = linker
        self.dictionary = dictionary

    @property
    def finds(self) -> bool:
        """Whether the model finds mentions itself, by a tagger or by names."""
        return self.tagger is not None or self.dictionary is not None

    def forward(  # type: ignore[override]
        self, examples: Sequence[Example], rng: Random | None = None
    ) -> JointLoss:
        """Losses of a batch of examples, from one encoding."""
        # The encoder has an autocast of its own; heads and losses in half precision learn badly.
        with torch.autocast(self.encoder.device.type, enabled=False):
            vectors = self.encoder.encode([e.passage.tokens for e in examples], rng=rng)
            ner = nel = vectors.new_zeros(())
            n_tokens = n_mentions = 0
            labels = None
            if self.tagger:
                scores = self.tagger.score(vectors, [example.passage for example in examples])
                ner, n_tokens = self.tagger.loss(scores, examples)
                if self.linker:
                    # Detached: the loss of links would otherwise teach the tagger the labels that
                    # make linking easy.
                    labels = self.tagger.label_distribution(scores.detach())
            if self.linker:
                nel, n_mentions = self.linker.loss(vectors, labels, examples)
        return JointLoss(ner, nel, n_tokens, n_mentions)

    def mean_loss(self, loss: JointLoss, *, n_tokens: int, n_mentions: int) -> Tensor:
        """The weighted sum of the mean losses of both tasks, a scalar.

        Args:
            loss: The summed losses.
            n_tokens: Tokens to divide the loss of `ner` by.
            n_mentions: Mentions to divide the loss of `nel` by.
        """
        factors = self.loss_factors
        ner = factors.get("ner", 0.0) * loss.ner / max(1, n_tokens)
        return ner + factors.get("nel", 0.0) * loss.nel / max(1, n_mentions)

    def configure_linker(self, config: LinkerConfig) -> None:
        """Give the linker another configuration, which is saved with the model.

        Raises:
            ConfigError: The model does not link.
        """
        if self.linker is None:
            raise ConfigError("this model finds mentions only: it was trained without 'nel'.")
        self.linker.config = config
        self.config = self.config.model_copy(update={"linker": config})

    def annotate(
        self,
        passages: Sequence[Passage],
        *,
        given: Sequence[Sequence[TokenSpan]] | None = None,
        linking: LinkerConfig | None = None,
    ) -> Iterator[list[Annotation]]:
        """The mentions of passages, one list a passage, in order.

        Args:
            passages: Each is read as if it were alone.
            given: Spans to link, instead of the spans that the tagger would find.
            linking: A linker configuration whose threshold and `top_k` replace those of the model.
        """
        for begin, end in self.pieces(passages):
            spans = given[begin:end] if given is not None else None
            reading = self.read(passages[begin:end])
            yield from self.annotate_read(reading, passages[begin:end], spans, linking)

    def pieces(self, passages: Sequence[Passage]) -> Iterator[tuple[int, int]]:
        """Where to cut a list of passages so that the vectors of each piece are held at once."""
        most = HELD_PACKED if self.encoder.is_packed else HELD_PADDED
        yield from pairwise([0, *_chunk_ends(passages, most)])

    @torch.inference_mode()
    def read(self, passages: Sequence[Passage]) -> Reading:
        """What the heads read of passages, from one encoding."""
        vectors = self.encoder.encode([passage.tokens for passage in passages])
        if not self.tagger:
            return Reading(vectors, None, None)
        scores = self.tagger.score(vectors, passages)
        labels = self.tagger.label_distribution(scores) if self.linker else None
        return Reading(vectors, scores, labels)

    @torch.inference_mode()
    def annotate_read(
        self,
        reading: Reading,
        passages: Sequence[Passage],
        given: Sequence[Sequence[TokenSpan]] | None = None,
        linking: LinkerConfig | None = None,
    ) -> list[list[Annotation]]:
        """`annotate` for passages that `read` has read."""
        vectors, scores, labels = reading
        found: list[list[tuple[TokenSpan, float | None]]]
        found = [[(span, None) for span in spans] for spans in given or [()] * len(passages)]
        if self.tagger and scores is not None and given is None:
            spans = self.tagger.find(scores, passages)
            bases = first_rows(passages)
            found = [
                list(self.tagger.spans_between(spans, base, end)) for base, end in pairwise(bases)
            ]
        if not self.linker:
            return [[Annotation(span, score, None) for span, score in spans] for spans in found]
        each = [[span for span, _ in spans] for spans in found]
        mentions = locate(passages, each, vectors.device)
        links = iter(self.linker.link(vectors, labels, mentions, config=linking))
        return [[Annotation(span, score, next(links)) for span, score in spans] for spans in found]

    def forward_loss(self, sentences: Any) -> tuple[Tensor, int]:
        """Flair's training interface: the weighted mean loss of sentences, one encoding.

        The loss of `ner` is a mean over tokens and the loss of `nel` a mean over mentions, so that
        long sentences do not drown the links. The sum is multiplied by the number of sentences,
        because Flair divides by that number.
        """
        sentences = [sentences] if isinstance(sentences, Sentence) else list(sentences)
        loss = self(examples_from(runs_of(sentences), self.config.tasks))
        mean = self.mean_loss(loss, n_tokens=loss.n_tokens, n_mentions=loss.n_mentions)
        return mean * len(sentences), len(sentences)

    def predict(self, sentences: Any, **_: Any) -> None:  # type: ignore[override]
        """Flair's inference interface: `ner` and `nel` labels for sentences.

        Sentences that follow each other in a document are read together, other sentences apart.
        """
        runs = runs_of(sentences)
        given = None if self.tagger else [gold_spans(run) for run in runs]
        with evaluating(self):
            annotated = list(self.annotate([run.passage for run in runs], given=given))
        for run, annotations in zip(runs, annotated, strict=True):
            if self.tagger:
                write_spans(run, [(a.span, a.score or 0.0) for a in annotations], "ner")
            if self.linker:
                write_links(run, [(a.span, a.link) for a in annotations if a.link], "nel")


def _chunk_ends(passages: Sequence[Passage], most: int) -> Iterator[int]:
    """Where to cut a list of passages so that each piece has a bounded number of tokens."""
    n_tokens = 0
    for number, passage in enumerate(passages):
        if n_tokens and n_tokens + len(passage.tokens.words) > most:
            yield number
            n_tokens = 0
        n_tokens += len(passage.tokens.words)
    if passages:
        yield len(passages)
