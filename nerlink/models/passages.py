"""What the models read, learn from and give back: passages, gold spans, mentions, links."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import NamedTuple, Self

import torch
from flair.data import Sentence
from torch import Tensor

from nerlink.config import Task
from nerlink.converters.tokens import TokenizedDocument
from nerlink.data import Candidate, Mention, NilKind
from nerlink.kb import Name

__all__ = [
    "Example",
    "Link",
    "MentionBatch",
    "Passage",
    "SentenceRun",
    "TokenSpan",
    "first_rows",
    "locate",
    "passage_means",
    "runs_of",
    "unlinked",
]


class TokenSpan(NamedTuple):
    """A mention by its tokens.

    Attributes:
        first: First token.
        last: One past the last token.
        label: Entity type, where known.
        entity: Knowledge-base id or `NIL`, where known.
        candidates: What it may mean, best first, where it is known to mean one of them: of
            mentions without an entity in incomplete documents.
    """

    first: int
    last: int
    label: str | None = None
    entity: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def answers(self) -> tuple[str, ...]:
        """The entities that it may be linked to and be right: one, several, or not known."""
        return self.candidates if self.entity is None else (self.entity,)


@dataclass(frozen=True, slots=True)
class Passage:
    """A text and its tokens: a document, or a stretch of one."""

    text: str
    tokens: TokenizedDocument

    def surface(self, span: TokenSpan) -> str:
        """The text a span covers."""
        return self.text[self.tokens.starts[span.first] : self.tokens.ends[span.last - 1]]


@dataclass(frozen=True, slots=True)
class Example:
    """A passage with its gold spans.

    Args:
        passage: The text and its tokens.
        spans: The gold spans, in order, not overlapping.
        tasks: The tasks that the spans teach.
        whole: The example of the whole document, if this example is a piece of a document.
        is_complete: Whether tokens outside the spans are known to be no mention.
        draw: Seed of the chance that says which of them teach it where they are not known to.
    """

    passage: Passage
    spans: tuple[TokenSpan, ...]
    tasks: frozenset[Task]
    whole: Self | None = None
    is_complete: bool = True
    draw: int = 0


@dataclass(frozen=True, slots=True)
class SentenceRun:
    """Flair's sentences that stand together in one document, and the passage they make."""

    passage: Passage
    sentences: list[Sentence]


def runs_of(sentences: Sentence | Iterable[Sentence]) -> list[SentenceRun]:
    """Sentences in runs whose members follow each other in a document.

    A sentence continues the run of the one before it in the list if Flair's context links say
    so. Context outside the list is not read, so that documents do not leak into each other.
    """
    runs: list[list[Sentence]] = []
    for sentence in [sentences] if isinstance(sentences, Sentence) else sentences:
        goes_on = bool(runs) and sentence._previous_sentence is runs[-1][-1]
        if goes_on and not sentence.is_document_boundary:
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    return [SentenceRun(_passage(run), run) for run in runs]


def _passage(run: Sequence[Sentence]) -> Passage:
    """The sentences as one text, a line each, with tokens by their offsets in that text."""
    tokens = TokenizedDocument([], [], [], [])
    texts: list[str] = []
    offset = 0
    for sentence in run:
        first = len(tokens.words)
        for token in sentence:
            tokens.words.append(token.text)
            tokens.starts.append(offset + token.start_position)
            tokens.ends.append(offset + token.end_position)
        tokens.sentences.append((first, len(tokens.words)))
        texts.append(sentence.to_original_text())
        offset += len(texts[-1]) + 1
    return Passage("\n".join(texts), tokens)


@dataclass(frozen=True, slots=True)
class Link:
    """The link of a mention.

    Args:
        entity: Knowledge-base id or `NIL`.
        score: Probability of the link, 0 to 1.
        candidates: The best candidates with their probabilities.
        nil: Why the mention is `NIL`; `None` for a link to an entity.
    """

    entity: str
    score: float
    candidates: tuple[Candidate, ...]
    nil: NilKind | None = None

    def put_on(self, mention: Mention) -> Mention:
        """The mention with this link, in place of any earlier link."""
        return replace(
            mention,
            entity=self.entity,
            link_score=self.score,
            candidates=self.candidates,
            nil=self.nil,
        )


def unlinked(mention: Mention) -> Mention:
    """The mention without any link."""
    return replace(mention, entity=None, link_score=None, candidates=(), nil=None)


@dataclass(frozen=True, slots=True)
class MentionBatch:
    """Mentions of several passages.

    Args:
        firsts: Row of each mention's first token in the batch's token matrix, (n_mentions).
        lasts: Row of each mention's last token, (n_mentions).
        names: Text of each mention, and its label where known.
        passages: Number of the passage that each mention is in.
        texts: Text of each passage.
        sizes: Tokens of each passage.
    """

    firsts: Tensor
    lasts: Tensor
    names: list[Name]
    passages: list[int]
    texts: list[str]
    sizes: list[int]

    def __len__(self) -> int:
        return len(self.names)


def first_rows(passages: Sequence[Passage]) -> list[int]:
    """Row of each passage's first token in their token matrix, and the number of rows."""
    return list(accumulate((len(p.tokens.words) for p in passages), initial=0))


def locate(
    passages: Sequence[Passage], spans: Sequence[Sequence[TokenSpan]], device: torch.device
) -> MentionBatch:
    """The spans of passages as rows of their token matrix, in order."""
    bases = first_rows(passages)
    each = [(number, span) for number, inside in enumerate(spans) for span in inside]
    return MentionBatch(
        firsts=torch.tensor([bases[n] + s.first for n, s in each], dtype=torch.long, device=device),
        lasts=torch.tensor(
            [bases[n] + s.last - 1 for n, s in each], dtype=torch.long, device=device
        ),
        names=[Name(passages[n].surface(s), s.label) for n, s in each],
        passages=[n for n, _ in each],
        texts=[passage.text for passage in passages],
        sizes=[len(passage.tokens.words) for passage in passages],
    )


def passage_means(vectors: Tensor, sizes: Sequence[int]) -> Tensor:
    """Mean row of each passage, (n_passages, width); zero for a passage without tokens."""
    owners = torch.repeat_interleave(torch.tensor(sizes)).to(vectors.device)
    sums = vectors.new_zeros(len(sizes), vectors.shape[1]).index_add(0, owners, vectors)
    return sums / torch.tensor(sizes, device=vectors.device).clamp(min=1).unsqueeze(-1)
