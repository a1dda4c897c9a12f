"""A BiLSTM over the token vectors of a sentence, for an encoder that does not learn.

The recipe of Akbik et al. (2018): whole words and whole features are dropped in training.
"""

from collections.abc import Sequence

import torch
from flair.nn import LockedDropout, WordDropout
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from nerlink.config import TaggerConfig
from nerlink.models.tagger.batching import SentenceBatch, batch_sentences, join_tokens

__all__ = ["Recurrent"]


class Recurrent(nn.Module):
    """Token vectors that depend on the whole sentence.

    Args:
        width: Width of a token's vector.
        config: The tagger section of a configuration; `rnn` is the width of each direction.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, width: int, config: TaggerConfig) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("variance", torch.ones(width))
        self.lstm = nn.LSTM(width, config.rnn, batch_first=True, bidirectional=True)
        self.word_dropout = WordDropout(config.word_dropout)
        self.locked_dropout = LockedDropout(config.locked_dropout)

    def forward(self, vectors: Tensor, sentences: Sequence[tuple[int, int]]) -> Tensor:
        """Vectors of all tokens, (n_tokens, 2 * rnn).

        Args:
            vectors: (n_tokens, width).
            sentences: Token ranges that cover all rows.
        """
        vectors = self.standardise(vectors)
        batches = batch_sentences(sentences, vectors.device)
        parts = [(batch, self._run(vectors[batch.rows], batch)) for batch in batches]
        return join_tokens(parts, vectors.new_zeros(0, 2 * self.lstm.hidden_size))

    def standardise(self, vectors: Tensor) -> Tensor:
        """Vectors whose features have mean 0 and deviation 1 in the training documents.

        Frozen transformers have means far from 0 and deviations of every size, which an LSTM
        hardly learns from. In training, mean and deviation are those of the batch (Ioffe and
        Szegedy, 2015).
        """
        is_learning = self.training and len(vectors) > 1
        return nn.functional.batch_norm(vectors, self.mean, self.variance, training=is_learning)

    def _run(self, padded: Tensor, batch: SentenceBatch) -> Tensor:
        padded = self.locked_dropout(self.word_dropout(padded))
        packed = pack_padded_sequence(padded, batch.lengths, batch_first=True)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        dropped: Tensor = self.locked_dropout(states)
        return dropped
