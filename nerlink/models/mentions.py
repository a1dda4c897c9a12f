"""Mentions on their way through the linker: rows of a matrix in, links out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from nerlink.data import Candidate, NilKind
from nerlink.kb import Name
from nerlink.models.passages import Passage, TokenSpan

__all__ = ["Link", "MentionBatch", "first_rows", "locate", "passage_means"]


@dataclass(frozen=True, slots=True)
class Link:
    """What a mention means.

    Args:
        entity: Knowledge-base id or `NIL`.
        score: Its probability, 0 to 1.
        candidates: The best candidates with their probabilities.
        nil: Why it is `NIL`, if it is.
    """

    entity: str
    score: float
    candidates: tuple[Candidate, ...]
    nil: NilKind | None = None


@dataclass(frozen=True, slots=True)
class MentionBatch:
    """Mentions of several passages.

    Args:
        firsts: Row of each mention's first token in the batch's token matrix, (n_mentions).
        lasts: Row of its last token, (n_mentions).
        names: Its text, and its label where known.
        passages: Number of the passage each is in.
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
    """Mean row of each passage, (n_passages, width); zero for one without tokens."""
    owners = torch.repeat_interleave(torch.tensor(sizes)).to(vectors.device)
    sums = vectors.new_zeros(len(sizes), vectors.shape[1]).index_add(0, owners, vectors)
    return sums / torch.tensor(sizes, device=vectors.device).clamp(min=1).unsqueeze(-1)
