"""Sentences side by side: from one matrix of token rows to padded batches, and back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

__all__ = ["SentenceBatch", "batch_sentences", "join_tokens"]

PADDED_TOKENS: Final = 4096
"""Tokens of a batch at most, padding included, unless one sentence has more."""


@dataclass(frozen=True, slots=True)
class SentenceBatch:
    """Sentences of about equal length, the longest first.

    Args:
        rows: Row of each token in the matrix of all tokens, 0 in the padding,
            (n_sentences, longest).
        mask: Where there is a token, (n_sentences, longest).
        lengths: Tokens of each sentence, on the CPU, (n_sentences).
    """

    rows: Tensor
    mask: Tensor
    lengths: Tensor


def batch_sentences(
    sentences: Sequence[tuple[int, int]], device: torch.device
) -> Iterator[SentenceBatch]:
    """Token ranges in batches of a bounded size; empty ranges are left out."""
    # The longest sentence first: it gives the width of the batch, and PyTorch's packing asks for
    # falling lengths.
    order = sorted((first - last, first) for first, last in sentences if last > first)
    while order:
        longest = -order[0][0]
        size = max(1, PADDED_TOKENS // longest)
        lengths = torch.tensor([-length for length, _ in order[:size]])
        firsts = torch.tensor([[first] for _, first in order[:size]])
        columns = torch.arange(longest)
        mask = columns < lengths.unsqueeze(1)
        rows = (firsts + columns).where(mask, 0)
        yield SentenceBatch(rows.to(device), mask.to(device), lengths)
        order = order[size:]


def join_tokens(parts: Iterable[tuple[SentenceBatch, Tensor]], empty: Tensor) -> Tensor:
    """One row a token, in the order of the matrix that the batches were made from.

    Args:
        parts: Batches that cover all tokens, and the values of each batch,
            (n_sentences, longest, ...).
        empty: The result if there are no tokens, (0, ...).
    """
    pairs = [(batch.rows[batch.mask], values[batch.mask]) for batch, values in parts]
    if not pairs:
        return empty
    order = torch.cat([rows for rows, _ in pairs]).argsort()
    return torch.cat([values for _, values in pairs])[order]
