"""Vectors that a word has whatever stands around it, to stack on the transformer's."""

from collections.abc import Sequence

import numpy as np
import torch
from flair.data import Sentence
from flair.embeddings import TokenEmbeddings
from torch import Tensor, nn

from nerlink.models.subtokens import Subtokenizer
from nerlink.models.vectors import WordVectors

__all__ = ["InputEmbeddings", "StaticEmbeddings"]


class StaticEmbeddings(TokenEmbeddings):
    """Word vectors that were learnt elsewhere and stay as they are.

    A word that has none gets that of its lower-case form, or zeros.

    Args:
        vectors: Words and their vectors.
    """

    table: Tensor

    def __init__(self, vectors: WordVectors) -> None:
        self.name = "static"
        super().__init__()
        self.words = vectors.words
        numbered = list(enumerate(vectors.words, start=1))
        self.row_of = {word: row for row, word in reversed(numbered)}
        rows = torch.from_numpy(np.pad(vectors.rows, ((1, 0), (0, 0))))
        # They are saved in files of their own, not among the weights of every checkpoint.
        self.register_buffer("table", rows, persistent=False)

    @property
    def vectors(self) -> WordVectors:
        """The words and their vectors, as they were given."""
        return WordVectors(self.words, self.table[1:].cpu().numpy())

    @property
    def embedding_length(self) -> int:
        """Width of a token's vector."""
        return int(self.table.shape[1])

    @property
    def embedding_type(self) -> str:
        """Flair's name for what is embedded."""
        return "word-level"

    def forward(self, words: Sequence[str]) -> Tensor:
        """Vectors of words, (n_words, embedding_length)."""
        rows = [self.row_of.get(word) or self.row_of.get(word.lower(), 0) for word in words]
        return self.table[torch.tensor(rows, dtype=torch.long, device=self.table.device)]

    def _add_embeddings_internal(self, sentences: list[Sentence]) -> None:
        _embed(self, sentences)


class InputEmbeddings(TokenEmbeddings):
    """What goes into a transformer as the vectors of its output: the mean of a word's subtokens.

    Args:
        table: The transformer's input embeddings, which do not learn from this use.
        subtokenizer: Gives the subtokens.
    """

    def __init__(self, table: nn.Embedding, subtokenizer: Subtokenizer) -> None:
        self.name = "static"
        super().__init__()
        self.table = table
        self.subtokenizer = subtokenizer

    @property
    def embedding_length(self) -> int:
        """Width of a token's vector."""
        return int(self.table.embedding_dim)

    @property
    def embedding_type(self) -> str:
        """Flair's name for what is embedded."""
        return "word-level"

    def forward(self, words: Sequence[str]) -> Tensor:
        """Vectors of words, (n_words, embedding_length)."""
        pieces = self.subtokenizer.pieces(words)
        device = self.table.weight.device
        sizes = torch.tensor([len(ids) for ids in pieces], dtype=torch.long, device=device)
        flat = torch.tensor([i for ids in pieces for i in ids], dtype=torch.long, device=device)
        vectors: Tensor = self.table(flat).detach().float()
        owners = torch.arange(len(pieces), device=device).repeat_interleave(sizes)
        sums = vectors.new_zeros(len(pieces), self.embedding_length)
        return sums.index_add(0, owners, vectors) / sizes.unsqueeze(1)

    def _add_embeddings_internal(self, sentences: list[Sentence]) -> None:
        _embed(self, sentences)


def _embed(embeddings: StaticEmbeddings | InputEmbeddings, sentences: list[Sentence]) -> None:
    tokens = [token for sentence in sentences for token in sentence]
    for token, vector in zip(tokens, embeddings([t.text for t in tokens]), strict=True):
        token.set_embedding(embeddings.name, vector)
