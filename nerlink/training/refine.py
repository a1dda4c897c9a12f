"""What a model that has not learnt a document changes about the marks of a dictionary in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

from nerlink.config import LinkerConfig
from nerlink.context import around
from nerlink.converters import AlignedSpan, align
from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.models.annotate import group_documents
from nerlink.models.joint import JointModel, Reading
from nerlink.models.passages import Link, Passage, TokenSpan, first_rows, locate
from nerlink.models.tagger.tagger import Tagger
from nerlink.sources.keys import without_mention_columns

__all__ = ["Refinement", "refine"]

CONTEXT: Final = 30
"""Characters on either side of a mention that an example shows."""


@dataclass(slots=True)
class Refinement:
    """What a round changed, counted.

    Args:
        n_documents: Documents looked at.
        n_marks: Mentions that the dictionary marked in them.
        n_joined: Mentions that the model is sure of and the dictionary did not mark.
        n_linked: Those of them that it links, sure of the entity.
        n_left: Marks of the dictionary that the model is sure are none, or another mention.
        n_labelled: Marks without a label that got that of the model.
        joined: Some of the mentions that joined, in their context.
        left: Some of those that left.
    """

    n_documents: int = 0
    n_marks: int = 0
    n_joined: int = 0
    n_linked: int = 0
    n_left: int = 0
    n_labelled: int = 0
    joined: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def add(self, other: "Refinement", *, n_examples: int) -> None:
        """Count what another part of the documents changed, too."""
        for name in ("documents", "marks", "joined", "linked", "left", "labelled"):
            total = getattr(self, f"n_{name}") + getattr(other, f"n_{name}")
            setattr(self, f"n_{name}", total)
        # Of both parts, so that the examples are not those of the first part alone.
        self.joined = [*self.joined[: n_examples // 2], *other.joined][:n_examples]
        self.left = [*self.left[: n_examples // 2], *other.left][:n_examples]

    def __str__(self) -> str:
        lines = [
            f"{self.n_joined:,} mentions joined the {self.n_marks:,} of the dictionary "
            f"({self.n_linked:,} with a link), {self.n_left:,} left, {self.n_labelled:,} got a "
            "label"
        ]
        lines += [f"    joined: {example}" for example in self.joined]
        lines += [f"    left: {example}" for example in self.left]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Sure:
    """A mention that a model is sure of: its tokens, the probability, the link."""

    span: TokenSpan
    score: float
    link: Link | None = None


def refine(
    model: JointModel,
    documents: Iterable[Document],
    found: Refinement,
    *,
    confident: float,
    n_examples: int = 4,
) -> Iterator[Document]:
    """Documents with what the model is sure of, in order.

    Args:
        model: In evaluation mode, with a tagger; it has not learnt from these documents.
        documents: Incomplete documents with the marks of a dictionary.
        found: Gets what changed.
        confident: Probability from which the model is sure.
        n_examples: Examples of each kind to keep.
    """
    for group in group_documents(documents):
        yield from _Group(model, group, confident).refined(found, n_examples)


class _Group:
    """Documents read together."""

    def __init__(
        self, model: JointModel, group: Sequence[tuple[Document, Passage]], confident: float
    ) -> None:
        self.model = model
        self.documents = [doc for doc, _ in group]
        self.confident = confident
        self.aligned = [align(one.tokens, doc.mentions, text=doc.text) for doc, one in group]
        # Tokens that have been cut where marks begin and end.
        self.passages = [
            Passage(doc.text, one.tokens)
            for doc, one in zip(self.documents, self.aligned, strict=True)
        ]

    def refined(self, found: Refinement, n_examples: int) -> Iterator[Document]:
        """The documents, changed."""
        tagger, reading = self.model.tagger, self.model.read(self.passages)
        if tagger is None or reading.scores is None:
            yield from self.documents
            return
        doubts = tagger.no_mention(reading.scores, self.passages).tolist()
        every = list(pairwise(first_rows(self.passages)))
        sure = self._linked(reading, self._sure(tagger, reading.scores))
        for number, (doc, (base, end)) in enumerate(zip(self.documents, every, strict=True)):
            change = _Change(doc, self.passages[number], self.aligned[number].spans)
            change.decide(sure[number], doubts[base:end], self.confident)
            change.count(found, n_examples)
            yield change.document()

    def _sure(self, tagger: Tagger, scores: Tensor) -> list[list[_Sure]]:
        """The spans of each document that the tagger is sure of."""
        spans = tagger.find(scores, self.passages)
        each = pairwise(first_rows(self.passages))
        inside = [tagger.spans_between(spans, base, end) for base, end in each]
        return [[_Sure(s, p) for s, p in found if p >= self.confident] for found in inside]

    @torch.inference_mode()
    def _linked(self, reading: Reading, sure: list[list[_Sure]]) -> list[list[_Sure]]:
        """The same with the links that a linker gives them."""
        linker = self.model.linker
        if linker is None:
            return sure
        vectors, _, labels = reading
        mentions = locate(self.passages, [[s.span for s in one] for one in sure], vectors.device)
        # All candidates come back: what is left of their probabilities is that of `NIL`.
        changes = {"top_k": linker.lookup.limit, "threshold": None}
        config: LinkerConfig = linker.config.model_copy(update=changes)
        links = iter(linker.link(vectors, labels, mentions, config=config))
        return [[replace(s, link=next(links)) for s in one] for one in sure]


class _Change:
    """What becomes of the mentions of a document."""

    def __init__(self, doc: Document, passage: Passage, marks: Sequence[AlignedSpan]) -> None:
        self.doc = doc
        self.passage = passage
        self.marks = marks
        self.left: dict[Mention, str] = {}
        self.labelled: dict[Mention, Mention] = {}
        self.joined: list[Mention] = []

    def decide(self, sure: Sequence[_Sure], doubts: Sequence[float], confident: float) -> None:
        """Compare the marks with what the model is sure of."""
        upheld: list[AlignedSpan] = []
        for mark in self.marks:
            over = [one for one in sure if _overlap(mark, one.span)]
            same = [one for one in over if _agree(mark, one.span)]
            if same:
                upheld.append(mark)
                if mark.mention.label is None:
                    label = same[0].span.label
                    self.labelled[mark.mention] = replace(mark.mention, label=label)
            elif over:
                self.left[mark.mention] = self._told(over[0])
            elif min(doubts[mark.first : mark.last]) >= confident:
                self.left[mark.mention] = "no mention"
            else:
                upheld.append(mark)
        for one in sure:
            if not any(_overlap(mark, one.span) for mark in upheld):
                self.joined.append(self._mention(one, confident))

    def document(self) -> Document:
        """The document with the changes."""
        kept = [self.labelled.get(m, m) for m in self.doc.mentions if m not in self.left]
        mentions = sorted([*kept, *self.joined], key=lambda m: (m.start, m.end))
        meta = without_mention_columns(self.doc.meta)
        return replace(self.doc, mentions=tuple(mentions), meta=meta)

    def count(self, found: Refinement, n_examples: int) -> None:
        """Count the changes, and keep some as examples."""
        found.n_documents += 1
        found.n_marks += len(self.doc.mentions)
        found.n_joined += len(self.joined)
        found.n_linked += sum(mention.entity is not None for mention in self.joined)
        found.n_left += len(self.left)
        found.n_labelled += len(self.labelled)
        for mention in self.joined[: n_examples - len(found.joined)]:
            link = f" → {mention.entity}" if mention.entity else ""
            found.joined.append(self._shown(mention, f"{mention.label}{link}"))
        for mention, why in list(self.left.items())[: n_examples - len(found.left)]:
            said = mention.label or "no label"
            found.left.append(self._shown(mention, f"{said}; the model: {why}"))

    def _mention(self, one: _Sure, confident: float) -> Mention:
        """What the model is sure of as a mention, with what it is sure of in its link."""
        tokens, link = self.passage.tokens, one.link
        mention = Mention(
            start=tokens.starts[one.span.first],
            end=tokens.ends[one.span.last - 1],
            label=one.span.label,
            score=one.score,
        )
        if link is None or not link.candidates:
            return mention
        if link.entity != NIL and link.score >= confident:
            return replace(mention, entity=link.entity, link_score=link.score)
        if sum(candidate.score or 0.0 for candidate in link.candidates) < confident:
            return mention  # it may mean nothing in the base: one of these would be a claim
        return replace(mention, candidates=tuple(map(_unscored, link.candidates)))

    def _told(self, one: _Sure) -> str:
        surface = self.passage.surface(one.span)
        return f"«{' '.join(surface.split())}» {one.span.label}"

    def _shown(self, mention: Mention, note: str) -> str:
        before, surface, after = around(self.doc.text, mention.start, mention.end, width=CONTEXT)
        place = f"{self.doc.id}: " if self.doc.id else ""
        return f"{place}{' '.join(f'{before}«{surface}»{after}'.split())} ({note})"


def _overlap(mark: AlignedSpan, span: TokenSpan) -> bool:
    return mark.first < span.last and span.first < mark.last


def _agree(mark: AlignedSpan, span: TokenSpan) -> bool:
    """Whether a mark has the borders of a span, and no other label."""
    is_there = (mark.first, mark.last) == (span.first, span.last)
    return is_there and mark.mention.label in (None, span.label)


def _unscored(candidate: Candidate) -> Candidate:
    """A candidate without the probability that one model gave it."""
    return replace(candidate, score=None)
