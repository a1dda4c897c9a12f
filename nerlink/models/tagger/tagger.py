"""The head that finds mentions: tags on tokens, decoded to spans.

Between the encoder's vectors and the tags there may be a layer that reads the whole sentence, and a
conditional random field may choose the tags. Without the two, each token is tagged by itself.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import torch
from flair.data import Dictionary, Sentence
from flair.models import SequenceTagger
from numpy.typing import NDArray
from torch import Tensor, nn

from nerlink.config import TaggerConfig, Task
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.flair import evaluating, examples_from, write_spans
from nerlink.models.passages import Example, Passage, TokenSpan, first_rows, runs_of
from nerlink.models.tagger.crf import TagChain
from nerlink.models.tagger.recurrent import Recurrent
from nerlink.models.tagger.tags import FoundSpans, TagSet, decode_spans, spans_of

__all__ = ["IGNORED", "Tagger", "log_odds", "sentence_ranges"]

IGNORED: Final = -100
"""Tag index of tokens without a known gold tag."""

LEAST: Final = 1e-7
"""Least distance of a probability from 0 and from 1, so that its log-odds are finite."""


class Tagger(SequenceTagger):
    """A Flair sequence tagger that reads one matrix of token vectors.

    Args:
        encoder: The encoder, shared with the linker.
        labels: Entity types of the mentions to find.
        config: The tagger section of a configuration.
    """

    task: Final[Task] = "ner"
    embeddings: WindowEmbeddings
    temperature: Tensor
    confidence: Tensor

    def __init__(
        self, encoder: WindowEmbeddings, labels: Sequence[str], config: TaggerConfig
    ) -> None:
        dictionary = Dictionary(add_unk=False)
        dictionary.span_labels = True
        for label in labels:
            dictionary.add_item(label)
        with _flair_silent():
            super().__init__(
                embeddings=encoder,
                tag_dictionary=dictionary,
                tag_type=self.task,
                tag_format=config.scheme.upper(),
                use_rnn=False,
                use_crf=False,
                reproject_embeddings=False,
                locked_dropout=0.0,
            )
        self.labels = tuple(labels)
        self.negatives = config.negatives
        self._numbers = {label: number for number, label in enumerate(labels)}
        self.tagset = TagSet(labels, config.scheme)
        width = 2 * config.rnn or encoder.embedding_length
        self.recurrent = Recurrent(encoder.embedding_length, config) if config.rnn else None
        self.chain = TagChain(self.tagset) if config.crf else None
        self.input_dropout = nn.Dropout(config.dropout)
        hidden: list[nn.Module] = []
        if config.hidden:
            hidden = [nn.Linear(width, config.hidden), nn.GELU(), nn.Dropout(config.dropout)]
        self.linear = nn.Sequential(  # type: ignore[assignment]
            *hidden, nn.Linear(config.hidden or width, len(self.tagset))
        )
        self.register_buffer("temperature", torch.ones((), device=encoder.device))
        self.register_buffer("confidence", torch.tensor([1.0, 0.0], device=encoder.device))
        self.to(encoder.device)

    def score(self, vectors: Tensor, passages: Sequence[Passage]) -> Tensor:
        """Logits of the tags of each token by itself, (n_tokens, n_tags).

        Args:
            vectors: All token vectors of the passages, (n_tokens, embedding_length).
            passages: The passages, in the order of the rows.
        """
        if self.recurrent:
            vectors = self.recurrent(vectors, sentence_ranges(passages))
        scores: Tensor = self.linear(self.input_dropout(vectors))
        return scores

    def label_distribution(self, scores: Tensor) -> Tensor:
        """Probability of no label and of each label, (n_tokens, 1 + n_labels), from logits."""
        # Tags stand label by label: O, then B, I, E and S of the first label.
        of_tags = scores.softmax(-1)
        shape = len(of_tags), len(self.labels), len(self.tagset.positions)
        return torch.cat([of_tags[:, :1], of_tags[:, 1:].reshape(shape).sum(2)], dim=1)

    def loss(self, scores: Tensor, examples: Sequence[Example]) -> tuple[Tensor, int]:
        """Summed cross-entropy of the gold tags, and the number of tokens in the sum.

        A conditional random field sums over all tag sequences that agree with the gold tags.

        Args:
            scores: Logits of all tokens of the examples, (n_tokens, n_tags).
            examples: Examples; those that do not teach `ner` are left out of the sum.
        """
        tags = np.concatenate([np.zeros(0, dtype=np.int64), *map(self.gold_tags, examples)])
        target = torch.from_numpy(tags).to(scores.device)
        if self.chain:
            sentences = sentence_ranges([example.passage for example in examples])
            whole = [(a, b) for a, b in sentences if (tags[a:b] != IGNORED).all()]
            partly = [(a, b) for a, b in sentences if 0 < (tags[a:b] == IGNORED).sum() < b - a]
            loss = self.chain.loss(scores, target, whole)
            if partly:
                loss = loss + self.chain.partial_loss(scores, target, partly, unknown=IGNORED)
            return loss, int((tags != IGNORED).sum())
        loss = nn.functional.cross_entropy(scores, target, ignore_index=IGNORED, reduction="sum")
        return loss, int((tags != IGNORED).sum())

    def find(self, scores: Tensor, passages: Sequence[Passage]) -> FoundSpans:
        """The spans in passages, token positions counted over all of them.

        Args:
            scores: Logits of all tokens, (n_tokens, n_tags).
            passages: The passages, in the order of the rows.
        """
        sentences = sentence_ranges(passages)
        if self.chain:
            tags, log_marginals = self.chain.decode(scores, sentences)
            found = spans_of(tags.cpu().numpy(), log_marginals.cpu().numpy(), self.tagset)
        else:
            log_probs = (scores.float() / self.temperature).log_softmax(-1).cpu().numpy()
            found = decode_spans(log_probs, sentences, self.tagset)
        sharpness, shift = self.confidence.tolist()
        odds = sharpness * log_odds(found.scores) + shift
        return replace(found, scores=1 / (1 + np.exp(-odds)))

    def doubt(self, scores: Tensor, passages: Sequence[Passage]) -> Tensor:
        """How likely the tag of each token is wrong, (n_tokens), each 0 to 1.

        Args:
            scores: Logits of all tokens, (n_tokens, n_tags).
            passages: The passages, in the order of the rows.
        """
        if self.chain:
            _, log_marginals = self.chain.decode(scores, sentence_ranges(passages))
            return 1 - log_marginals.exp()
        return 1 - (scores.float() / self.temperature).softmax(-1).amax(-1)

    def no_mention(self, scores: Tensor, passages: Sequence[Passage]) -> Tensor:
        """Probability of each token to be in no mention, (n_tokens).

        Args:
            scores: Logits of all tokens, (n_tokens, n_tags).
            passages: The passages, in the order of the rows.
        """
        if self.chain:
            outside = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
            return self.chain.log_marginals(scores, outside, sentence_ranges(passages)).exp()
        return (scores.float() / self.temperature).softmax(-1)[:, 0]

    def gold_tags(self, example: Example) -> NDArray[np.int64]:
        """Tag index of each token, (n_tokens); `IGNORED` where it is not known.

        It is not known in mentions without a known label. Outside the mentions of an incomplete
        document it is not known either; a share of these tokens, drawn by chance, is taken to be
        no mention nonetheless, since without any such token all text would become mentions (Li et
        al., "Empirical analysis of unlabeled entity problem", ICLR 2021, draw spans so).
        """
        n_tokens = len(example.passage.tokens.words)
        if self.task not in example.tasks:
            return np.full(n_tokens, IGNORED, dtype=np.int64)
        numbers = self._numbers
        known = [s for s in example.spans if s.label in numbers]
        spans = [(s.first, s.last, numbers[s.label or ""]) for s in known]
        tags = self.tagset.encode(spans, n_tokens)
        for span in example.spans:
            if span.label not in numbers:
                tags[span.first : span.last] = IGNORED
        if not example.is_complete:
            chance = np.random.default_rng(example.draw).random(n_tokens)
            tags[(tags == 0) & (chance >= self.negatives)] = IGNORED
        return tags

    def forward_loss(self, sentences: list[Sentence]) -> tuple[Tensor, int]:
        """Flair's training interface: the summed loss of labelled sentences, and their tokens."""
        examples = examples_from(runs_of(sentences), {self.task})
        vectors = self.embeddings.encode([example.passage.tokens for example in examples])
        return self.loss(self.score(vectors, [e.passage for e in examples]), examples)

    def predict(self, sentences: Any, *_: Any, label_name: str | None = None, **kwargs: Any) -> Any:
        """Flair's inference interface: the spans found become labels of the sentences."""
        runs = runs_of(sentences)
        passages = [run.passage for run in runs]
        with evaluating(self), torch.inference_mode():
            vectors = self.embeddings.encode([passage.tokens for passage in passages])
            found = self.find(self.score(vectors, passages), passages)
        for run, (base, end) in zip(runs, pairwise(first_rows(passages)), strict=True):
            write_spans(run, self.spans_between(found, base, end), label_name or self.task)
        return (torch.zeros(1), 1) if kwargs.get("return_loss") else None

    def spans_between(
        self, found: FoundSpans, base: int, end: int
    ) -> list[tuple[TokenSpan, float]]:
        """The spans in a stretch of a batch, with their scores; positions count from `base`."""
        begin, stop = np.searchsorted(found.firsts, (base, end))
        columns = (found.firsts, found.lasts, found.labels, found.scores)
        return [
            (TokenSpan(first - base, last - base, self.labels[label]), score)
            for first, last, label, score in zip(
                *(column[begin:stop].tolist() for column in columns), strict=True
            )
        ]


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of probabilities, finite also for 0 and 1."""
    inside = np.clip(probabilities, LEAST, 1 - LEAST)
    odds: NDArray[np.float64] = np.log(inside) - np.log1p(-inside)
    return odds


def sentence_ranges(passages: Sequence[Passage]) -> list[tuple[int, int]]:
    """Token ranges of the sentences of passages, counted over all of them."""
    return [
        (first + base, last + base)
        for passage, base in zip(passages, first_rows(passages), strict=False)
        for first, last in passage.tokens.sentences
    ]


@contextmanager
def _flair_silent() -> Iterator[None]:
    """Silence Flair, which prints a tagger's labels to the standard output of the program."""
    log = logging.getLogger("flair")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)
