"""Token vectors kept from one epoch to the next, for an encoder that does not learn."""

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor

from nerlink.converters.tokens import TokenizedDocument

__all__ = ["VectorMemory"]

MOST_NUMBERS: Final = 1 << 28
"""Numbers kept, four bytes each; documents that come later are encoded anew each time."""


class VectorMemory:
    """Vectors of the documents seen so far.

    Args:
        encode: Gives the vectors of a document's tokens, (n_tokens, width), always the same ones.
    """

    def __init__(self, encode: Callable[[TokenizedDocument], Tensor]) -> None:
        self.encode = encode
        self.n_numbers = 0
        self._kept: dict[tuple[tuple[str, ...], tuple[tuple[int, int], ...]], Tensor] = {}

    def __call__(self, documents: Sequence[TokenizedDocument]) -> list[Tensor]:
        """Vectors of each document; what has the same words and sentences is the same document."""
        return [self._vectors(doc) for doc in documents]

    def forget(self) -> None:
        """Forget everything, where the encoder computes otherwise from now on."""
        self._kept.clear()
        self.n_numbers = 0

    def _vectors(self, doc: TokenizedDocument) -> Tensor:
        key = tuple(doc.words), tuple(doc.sentences)
        found = self._kept.get(key)
        if found is not None:
            return found
        # One document at a time, and in no mode that training could not use later.
        with torch.inference_mode(mode=False), torch.no_grad():
            vectors = self.encode(doc)
        if self.n_numbers + vectors.numel() <= MOST_NUMBERS:
            self._kept[key] = vectors
            self.n_numbers += vectors.numel()
        return vectors
