"""Words to subtokens, each distinct word once.

A fast tokenizer treats the words of a pre-tokenised text one by one, so a word's subtokens never
depend on its neighbours. The subtokens of known words are kept, which saves almost every call of
the tokenizer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nerlink.converters.tokens import TokenizedDocument
from nerlink.models.encoder.saved import refusing_raw_errors

__all__ = ["SubtokenizedDocument", "Subtokenizer"]

MAX_WORDS: Final = 200_000
MAX_SUBTOKENS: Final = 32
SPACE: Final = "▁"
"""What SentencePiece puts before a word; before most Chinese characters it is a subtoken."""


@dataclass(frozen=True, slots=True)
class SubtokenizedDocument:
    """The subtokens of a document.

    Args:
        ids: Vocabulary ids, (n_subtokens).
        firsts: Position of each token's first subtoken, and the end, (n_tokens + 1).
        sentences: Subtoken ranges of the sentences.
    """

    ids: NDArray[np.int64]
    firsts: NDArray[np.int64]
    sentences: list[tuple[int, int]]


class Subtokenizer:
    """A tokenizer that keeps the subtokens of the words that it has met.

    Args:
        tokenizer: A fast tokenizer of transformers.
        longest: Subtokens of a word that are encoded; the rest of a longer word is dropped.
        n_vectors: Subtokens that the encoder has a vector for; it does not know the others.
    """

    def __init__(
        self, tokenizer: Any, *, longest: int = MAX_SUBTOKENS, n_vectors: int | None = None
    ) -> None:
        self.tokenizer = tokenizer
        self.longest = longest
        self.n_vectors = n_vectors
        special = (tokenizer.unk_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
        self.unknown: list[int] = [next(number for number in special if number is not None)]
        self.space = tokenizer.convert_tokens_to_ids(SPACE)
        probe = tokenizer.build_inputs_with_special_tokens(self.unknown)
        at = probe.index(self.unknown[0])
        self.prefix: list[int] = probe[:at]
        self.suffix: list[int] = probe[at + 1 :]
        self._known: dict[str, list[int]] = {}

    def __call__(self, documents: Sequence[TokenizedDocument]) -> list[SubtokenizedDocument]:
        """The subtokens of documents; a word without subtokens gets the unknown subtoken."""
        known = self._learn({word for doc in documents for word in doc.words})
        return [self._subtokenize(doc, known) for doc in documents]

    def pieces(self, words: Sequence[str]) -> list[list[int]]:
        """The vocabulary ids of each word's subtokens, at least one a word."""
        known = self._learn(dict.fromkeys(words))
        return [known[word] for word in words]

    def _learn(self, words: Iterable[str]) -> dict[str, list[int]]:
        """The vocabulary ids of all known words, the given words among them."""
        if len(self._known) > MAX_WORDS:
            self._known = {}
        known = self._known
        missing = [word for word in words if word not in known]
        if missing:
            with refusing_raw_errors("the tokenizer of the encoder"):
                encodings = self.tokenizer.backend_tokenizer.encode_batch_fast(
                    [[word] for word in missing], is_pretokenized=True, add_special_tokens=False
                )
            for word, encoding in zip(missing, encodings, strict=True):
                ids = self._without_space(encoding.ids)[: self.longest] or self.unknown
                if self.n_vectors and max(ids) >= self.n_vectors:
                    ids = [i if i < self.n_vectors else self.unknown[0] for i in ids]
                known[word] = ids
        return known

    def _without_space(self, ids: list[int]) -> list[int]:
        """The subtokens of a word without a `SPACE` before them."""
        return ids[1:] if len(ids) > 1 and ids[0] == self.space else ids

    def _subtokenize(
        self, doc: TokenizedDocument, known: dict[str, list[int]]
    ) -> SubtokenizedDocument:
        pieces = [known[word] for word in doc.words]
        ends = list(accumulate(map(len, pieces), initial=0))
        return SubtokenizedDocument(
            ids=np.fromiter(chain.from_iterable(pieces), dtype=np.int64, count=ends[-1]),
            firsts=np.array(ends, dtype=np.int64),
            sentences=[(ends[first], ends[last]) for first, last in doc.sentences if last > first],
        )
