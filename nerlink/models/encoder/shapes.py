"""The shape of a token: what lower-casing takes away.

Case is the strongest surface cue of English names, and uncased encoders drop it. A small learned
embedding of each token's shape gives case back.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from flair.data import Sentence
from flair.embeddings import TokenEmbeddings
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["SHAPES", "ShapeEmbeddings", "shape_of", "shapes_of"]

SHAPES: Final = ("border", "lower", "Title", "UPPER", "A", "miXed", "digits", "a1", "symbol")


@lru_cache(maxsize=100_000)
def shape_of(word: str) -> int:
    """Index in `SHAPES` of a word's shape; 0, the border, is for positions outside the text."""
    # Most words take this short way; the way below looks at each letter.
    if word.isascii() and word.isalpha() and (word.islower() or word.istitle()):
        return SHAPES.index("lower" if word.islower() else "Title" if len(word) > 1 else "A")
    letters = [char for char in word if char.isalpha()]
    if any(char.isdigit() for char in word):
        return SHAPES.index("a1" if letters else "digits")
    if not letters:
        return SHAPES.index("symbol")
    if all(char.isupper() for char in letters):
        return SHAPES.index("UPPER" if len(letters) > 1 else "A")
    if not any(char.isupper() for char in letters):
        return SHAPES.index("lower")
    is_title = letters[0].isupper() and not any(char.isupper() for char in letters[1:])
    return SHAPES.index("Title" if is_title else "miXed")


def shapes_of(words: Sequence[str]) -> NDArray[np.int64]:
    """Index in `SHAPES` of each word's shape, (n_words)."""
    return np.fromiter(map(shape_of, words), dtype=np.int64, count=len(words))


class ShapeEmbeddings(TokenEmbeddings):
    """The learned shapes of a token and of its two neighbours, side by side.

    Args:
        dim: Width of the vector of one shape; a token gets the vectors of three shapes.
    """

    def __init__(self, dim: int) -> None:
        self.name = "shape"
        super().__init__()
        self.dim = dim
        self.table = torch.nn.Embedding(len(SHAPES), dim)

    @property
    def embedding_length(self) -> int:
        """Width of a token's vector."""
        return 3 * self.dim

    def forward(self, shapes: Tensor) -> Tensor:
        """Shape vectors of tokens in reading order.

        Args:
            shapes: Indices into `SHAPES`, (n_tokens), with a border at each end of a document.

        Returns:
            The shapes of the previous token, of the token and of the next token,
            (n_tokens - 2, 3 * dim).
        """
        vectors = self.table(shapes)
        return torch.cat([vectors[:-2], vectors[1:-1], vectors[2:]], dim=-1)

    def encode(self, documents: Sequence[NDArray[np.int64]]) -> Tensor:
        """Shape vectors of all tokens of documents, (n_tokens, 3 * dim).

        Args:
            documents: Indices into `SHAPES` of each document's tokens.
        """
        # Documents are laid end to end with a border (shape 0) at both ends of each, so that no
        # token sees the shape of a neighbour in another document: 0 a b c 0 0 d e 0.
        border = np.zeros(1, dtype=np.int64)
        with_borders = [part for shapes in documents for part in (border, shapes, border)]
        flat = torch.from_numpy(np.concatenate([border[:0], *with_borders]))
        # `forward` drops the first and the last place, so what stood at place i of `flat` is row i
        # - 1.
        inside = flat.nonzero().squeeze(1) - 1
        device = self.table.weight.device
        rows: Tensor = self(flat.to(device))[inside.to(device)]
        return rows

    def _add_embeddings_internal(self, sentences: list[Sentence]) -> None:
        for sentence in sentences:
            shapes = [0, *(shape_of(token.text) for token in sentence), 0]
            rows = self(torch.tensor(shapes, device=self.table.weight.device))
            for token, row in zip(sentence, rows, strict=True):
                token.set_embedding(self.name, row)
