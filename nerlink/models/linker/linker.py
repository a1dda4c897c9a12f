"""The head that chooses among candidates: a score for each, then a link or one of three `NIL`s."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import torch
from flair.data import Dictionary, Sentence
from flair.models import SpanClassifier
from numpy.typing import NDArray
from torch import Tensor, nn

from nerlink.config import LinkerConfig, Task
from nerlink.data import NIL, Candidate, NilKind
from nerlink.kb import normalise
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.flair import evaluating, examples_from, gold_spans, write_links
from nerlink.models.linker.candidates import CandidateSet
from nerlink.models.linker.counts import NO_ROW, TrainingCounts
from nerlink.models.linker.features import (
    NIL_WEIGHTS,
    WEIGHTS,
    Curves,
    FlatCandidates,
    flatten,
    with_labels,
)
from nerlink.models.linker.lookup import Lookup
from nerlink.models.linker.prototypes import Prototypes
from nerlink.models.linker.second_look import FirstLook, SecondLook
from nerlink.models.linker.texts import EntityTexts
from nerlink.models.passages import (
    Example,
    Link,
    MentionBatch,
    TokenSpan,
    locate,
    passage_means,
    runs_of,
)

__all__ = ["Linker", "choose", "set_loss"]


def choose(
    candidates: CandidateSet, probabilities: NDArray[np.float32], config: LinkerConfig
) -> Link:
    """The link of a mention.

    Args:
        candidates: Candidates of the mention.
        probabilities: Probability of `NIL` and of each candidate, (1 + n_candidates).
        config: Has the threshold, and `top_k`, the number of candidates in the link.
    """
    nil = float(probabilities[0])
    if not len(candidates):
        return Link(NIL, nil, (), NilKind.NO_CANDIDATE)
    order = (-probabilities[1:]).argsort(kind="stable")
    top = tuple(
        Candidate(
            entity=candidates.entities[i],
            score=float(probabilities[1 + i]),
            prior=float(candidates.priors[i]),
            count=int(candidates.counts[i]),
        )
        for i in order[: config.top_k].tolist()
    )
    best = int(order[0])
    score = float(probabilities[1 + best])
    if config.threshold is None and nil >= score:
        return Link(NIL, nil, top, NilKind.PREDICTED)
    if config.threshold is not None and score < config.threshold:
        kind = NilKind.PREDICTED if nil >= score else NilKind.BELOW_THRESHOLD
        return Link(NIL, nil if nil >= score else 1 - score, top, kind)
    return Link(candidates.entities[best], score, top)


def set_loss(scores: Tensor, targets: Sequence[tuple[int, ...]]) -> Tensor:
    """Summed negative log-probability that any of each row's target columns is the one, a scalar.

    With one target a row, that is the cross-entropy.

    Args:
        scores: Logits, (n_rows, n_columns).
        targets: The columns of each row, at least one.
    """
    is_target = torch.zeros(scores.shape, dtype=torch.bool)
    rows = [row for row, columns in enumerate(targets) for _ in columns]
    is_target[rows, list(chain(*targets))] = True
    log_probs = scores.log_softmax(-1).masked_fill(~is_target.to(scores.device), -torch.inf)
    return -log_probs.logsumexp(-1).sum()


class Linker(SpanClassifier):
    """A Flair span classifier that scores candidates only.

    Args:
        encoder: Shared with the tagger.
        lookup: Finds candidates.
        prototypes: Prototypes of the entities of the knowledge base.
        label_width: Width of the tagger's label distribution; 0 without a tagger.
        config: The linker section of a configuration.
        counts: How often training documents link to each entity.
    """

    task: Final[Task] = "nel"
    embeddings: WindowEmbeddings
    decoder: Prototypes

    def __init__(
        self,
        encoder: WindowEmbeddings,
        lookup: Lookup,
        prototypes: Prototypes,
        *,
        label_width: int,
        config: LinkerConfig,
        counts: TrainingCounts,
    ) -> None:
        super().__init__(
            embeddings=encoder,
            label_dictionary=Dictionary(add_unk=True),
            label_type=self.task,
            span_label_type="ner",
            candidates=lookup.generator,  # type: ignore[arg-type]
            decoder=prototypes,
        )
        self.lookup = lookup
        self.texts = EntityTexts(lookup.kb, encoder, prototypes)
        self.config = config
        self.counts = counts
        self.label_width = label_width
        self.input_dropout = nn.Dropout(config.dropout)
        self.query = nn.Linear(3 * encoder.embedding_length + label_width, prototypes.width)
        self.curves = Curves(WEIGHTS)
        self.nil_curves = Curves(NIL_WEIGHTS)
        self.nil_prototype = nn.Parameter(torch.zeros(prototypes.width))
        self.second_look = SecondLook(prototypes.width)
        # The query reads (first token; last token; mean of the passage; labels). It starts as the
        # mean of the passage and little else: dot products with entity texts then rank as the
        # untrained encoder does, and learning starts from a useful place.
        nn.init.normal_(self.query.weight, std=0.005)
        with torch.no_grad():
            about = 2 * encoder.embedding_length
            self.query.weight[:, about : about + prototypes.width] += torch.eye(prototypes.width)
        self.to(encoder.device)

    @property
    def prototypes(self) -> Prototypes:
        """The decoder that Flair holds."""
        return self.decoder

    def mention_vectors(
        self, vectors: Tensor, mentions: MentionBatch, labels: Tensor | None
    ) -> Tensor:
        """Mentions in prototype space, (n_mentions, width).

        The vector is made of the first and the last token of the mention, of the mean of its
        passage, which tells what the document is about, and of the tagger's label distribution.
        Before training it is little but the mean of the passage: as near to an entity as the
        encoder holds the texts of both to be.

        Args:
            vectors: All token vectors of the batch, (n_tokens, embedding_length).
            mentions: The mentions.
            labels: The tagger's label distribution of all tokens, (n_tokens, 1 + n_labels).
        """
        means = passage_means(vectors, mentions.sizes)[mentions.passages]
        parts = [vectors[mentions.firsts], vectors[mentions.lasts], means]
        if self.label_width:
            parts.append(self.mention_labels(mentions, labels).to(vectors.dtype))
        queries: Tensor = self.query(self.input_dropout(torch.cat(parts, dim=-1)))
        return queries

    def mention_labels(self, mentions: MentionBatch, labels: Tensor | None) -> Tensor:
        """The label distribution of mentions, (n_mentions, 1 + n_labels); 0 without a tagger."""
        if labels is None:
            return self.nil_prototype.new_zeros(len(mentions), self.label_width)
        return (labels[mentions.firsts] + labels[mentions.lasts]) / 2

    def score(self, queries: Tensor, flat: FlatCandidates, vectors: Tensor) -> Tensor:
        """Logits of `NIL` and of each candidate.

        Args:
            queries: Mentions in prototype space, (n_mentions, width).
            flat: Candidates of the mentions, on the same device.
            vectors: The prototype of each candidate, (n_candidates, width).

        Returns:
            (n_mentions, 1 + most candidates); column 0 is `NIL`, padding is -inf.
        """
        # One row a candidate, not a padded table: lists differ in length from 0 to 30.
        closeness = self.prototypes(queries[flat.mentions], vectors)
        scores = closeness + self.curves(flat.features).sum(-1)
        nil = queries @ self.nil_prototype + self.nil_curves(flat.nil_features).sum(-1)
        most = int(flat.sizes.max()) if len(flat.sizes) else 0
        # Back to a table for the softmax; column 0 stays free for `NIL`, padding can never win.
        out = scores.new_full((len(flat.sizes), 1 + most), -torch.inf)
        out = out.index_put((flat.mentions, flat.places + 1), scores)
        return torch.cat([nil.unsqueeze(1), out[:, 1:]], dim=1)

    def loss(
        self, vectors: Tensor, labels: Tensor | None, examples: Sequence[Example]
    ) -> tuple[Tensor, int]:
        """Summed cross-entropy of the gold links, and how many mentions it sums over.

        Annotated `NIL`s and links that the knowledge base lacks are `NIL`; mentions without an
        annotated link do not count. A mention that means one of several entities teaches that one
        of them is meant, whichever.

        Args:
            vectors: All token vectors of the examples, (n_tokens, embedding_length).
            labels: The tagger's label distribution, (n_tokens, 1 + n_labels).
            examples: Examples; those that do not teach `nel` are left out of the sum.
        """
        passages = [example.passage for example in examples]
        inside = [example.spans if self.task in example.tasks else () for example in examples]
        gold = [[span for span in spans if span.answers] for spans in inside]
        mentions = locate(passages, gold, vectors.device)
        if not len(mentions):
            # Where other processes learn links from their share of a step, this one takes part in
            # the sum of gradients: with nothing, but of each kind of weight.
            rows = torch.zeros(0, dtype=torch.long, device=vectors.device)
            nothing = vectors.sum() + self.query.weight.sum() + self.prototypes.memory(rows).sum()
            return nothing * 0.0, 0
        # Candidates are looked up for all mentions, as at inference: a mention without a gold link
        # may be the fuller name that lends candidates to a shorter one.
        every = self.lookup.of_mentions(locate(passages, inside, vectors.device))
        found = [s for s, span in zip(every, chain(*inside), strict=True) if span.answers]
        sets, targets = self.gold_candidates(list(chain(*gold)), found)
        counts = [self.counts_without(example) for example in examples]
        flat = self.flatten(sets, [counts[number] for number in mentions.passages])
        # `_remembered` leaves memory out of candidates that would have none at inference.
        prototypes = self.prototypes.vectors_of(flat.rows, self._remembered(flat))
        flat, queries = self._asked(vectors, labels, mentions, flat)
        scores = self.score(queries, flat, prototypes)
        return set_loss(scores, targets), len(mentions)

    def start_nil(self, rows: Sequence[int]) -> None:
        """Before training, make `NIL` as near to each mention as the mean of some entities.

        A `NIL` of zeros would be the farther away, the more alike the encoder holds all texts.
        """
        with torch.no_grad():
            self.nil_prototype.copy_(self.prototypes.text_of(torch.tensor(rows)).mean(0))

    def look(self, vectors: Tensor, labels: Tensor | None, mentions: MentionBatch) -> FirstLook:
        """The first look at each mention by itself; vectors and labels as `loss` takes them."""
        self.lookup.refresh()
        sets = self.lookup.of_mentions(mentions)
        flat = self.flatten(sets)
        self.texts.meet(flat.rows)
        prototypes = self.prototypes.vectors_of(flat.rows)
        flat, queries = self._asked(vectors, labels, mentions, flat)
        scores = self.score(queries, flat, prototypes)
        return FirstLook(scores.float(), flat, prototypes, mentions.passages, sets)

    def link(
        self,
        vectors: Tensor,
        labels: Tensor | None,
        mentions: MentionBatch,
        *,
        config: LinkerConfig | None = None,
    ) -> list[Link]:
        """A link for each mention.

        Args:
            vectors: As `loss` takes them.
            labels: As `loss` takes them.
            mentions: The mentions.
            config: A configuration whose threshold and `top_k` replace those of the model.
        """
        if not len(mentions):
            return []
        config = config or self.config
        look = self.look(vectors, labels, mentions)
        scores = self.second_look(look, is_on=config.second_look)
        probabilities = scores.softmax(-1).cpu().numpy()
        return [
            choose(candidates, row[: 1 + len(candidates)], config)
            for candidates, row in zip(look.sets, probabilities, strict=True)
        ]

    def _asked(
        self, vectors: Tensor, labels: Tensor | None, mentions: MentionBatch, flat: FlatCandidates
    ) -> tuple[FlatCandidates, Tensor]:
        """The candidates with the features of labels, and the mentions in prototype space."""
        if labels is not None:
            flat = with_labels(flat, self.mention_labels(mentions, labels))
        return flat, self.mention_vectors(vectors, mentions, labels)

    def _remembered(self, flat: FlatCandidates) -> Tensor:
        """Which candidates keep their memory in a training step, (n_candidates).

        Candidates that only this document links to lose it: at inference, an entity that training
        did not link to has no memory. All candidates of some mentions lose it too, so that the
        model learns to link by text alone.
        """
        has_memory = torch.rand(len(flat.sizes), device=flat.seen.device)
        return flat.seen & (has_memory >= self.config.memory_dropout)[flat.mentions]

    def flatten(
        self, sets: Sequence[CandidateSet], training: Sequence[TrainingCounts] | None = None
    ) -> FlatCandidates:
        """Candidates with their features, on the model's device.

        Args:
            sets: The candidate set of each mention.
            training: The counts that each mention may see; all counts if not given.
        """
        counts = [self.counts] * len(sets) if training is None else training
        return flatten(sets, counts).to(self.nil_prototype.device)

    def gold_candidates(
        self, spans: Sequence[TokenSpan], found: Sequence[CandidateSet]
    ) -> tuple[list[CandidateSet], list[tuple[int, ...]]]:
        """Candidate sets that hold the gold entities, and the columns of these in the scores.

        Most mentions have one gold entity; those that mean one of several have a column for each.
        The column is 0, that of `NIL`, for a mention whose entity is `NIL`, not in the base, or
        taken out of the candidates by chance.

        Args:
            spans: Mentions with gold links.
            found: The candidates of each mention.
        """
        sets: list[CandidateSet] = []
        targets: list[tuple[int, ...]] = []
        for span, candidates in zip(spans, found, strict=True):
            share = self.config.candidate_dropout if self.training and span.entity else 0.0
            if span.entity in candidates.entities and share > 0 and float(torch.rand(())) < share:
                sets.append(candidates.without(candidates.entities.index(span.entity)))
                targets.append((0,))
                continue
            whole, columns = candidates, []
            for entity in span.answers[: self.lookup.limit]:
                is_inside = entity in whole.entities
                if not is_inside and self.lookup.row(entity) == NO_ROW:
                    columns.append(0)
                    continue
                whole = whole if is_inside else self.lookup.with_entity(whole, entity)
                columns.append(1 + whole.entities.index(entity))
            sets.append(whole)
            targets.append(tuple(columns))
        return sets, targets

    def counts_without(self, example: Example) -> TrainingCounts:
        """The counts of training as they would be without an example's document."""
        whole = example.whole or example
        linked = [span for span in whole.spans if span.entity is not None]
        keys = [normalise(whole.passage.surface(span)) for span in linked]
        rows = [self.lookup.row(span.entity or NIL) for span in linked]
        return self.counts.without(zip(keys, rows, strict=True))

    def forward_loss(self, sentences: list[Sentence]) -> tuple[Tensor, int]:
        """Flair's training interface: the summed loss of linked spans, and their number."""
        examples = examples_from(runs_of(sentences), {self.task})
        vectors = self.embeddings.encode([example.passage.tokens for example in examples])
        return self.loss(vectors, None, examples)

    def predict(self, sentences: Any, *_: Any, label_name: str | None = None, **kwargs: Any) -> Any:
        """Flair's inference interface: links of the `ner` spans become labels."""
        runs = runs_of(sentences)
        passages = [run.passage for run in runs]
        spans = [gold_spans(run) for run in runs]
        with evaluating(self), torch.inference_mode():
            vectors = self.embeddings.encode([passage.tokens for passage in passages])
            links = iter(self.link(vectors, None, locate(passages, spans, vectors.device)))
        for run, inside in zip(runs, spans, strict=True):
            found = [(span, next(links)) for span in inside]
            write_links(run, found, label_name or self.task)
        return (torch.zeros(1), 1) if kwargs.get("return_loss") else None
