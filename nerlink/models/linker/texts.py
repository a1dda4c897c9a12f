"""The text part of prototypes: the encoder's vector of an entity's name and description."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

import torch
from torch import Tensor

from nerlink.converters import tokenize
from nerlink.data import Document
from nerlink.kb import KnowledgeBase
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.flair import evaluating
from nerlink.models.linker.prototypes import Prototypes

__all__ = ["EntityTexts", "encode_entities"]

TEXTS_TOGETHER: Final = 2048
"""Texts tokenised and sorted by length together."""

LENGTH: Final = 0.25
"""Length of a text vector, as a multiple of the square root of its width."""

OnProgress = Callable[[int, int], None]
"""Called while texts are encoded, with the number of texts done and the number of all."""


class EntityTexts:
    """Keeps the text part of prototypes up to date with the encoder and the knowledge base.

    Args:
        kb: The knowledge base, which has the texts.
        encoder: Encodes the texts.
        prototypes: Hold the vectors of the texts.
    """

    def __init__(
        self, kb: KnowledgeBase, encoder: WindowEmbeddings, prototypes: Prototypes
    ) -> None:
        self.kb = kb
        self.encoder = encoder
        self.prototypes = prototypes
        self._written: set[int] | None = None
        self._met: set[int] | None = None

    def write(
        self, rows: Iterable[int] | None = None, *, on_progress: OnProgress | None = None
    ) -> None:
        """Encode the texts of entities, also of those that the table has vectors for.

        Args:
            rows: Rows of the entities, all entities if `None`; other rows of the table stay.
            on_progress: Called after each group of texts, with the number of texts written and
                the number of rows of the table.
        """
        version = self.kb.version
        table = self.prototypes.writable_text(self.kb.n_rows)
        self._met = None
        n_done = 0
        for numbers, vectors in encode_entities(self.encoder, self.kb.texts(rows)):
            table[torch.tensor(numbers)] = vectors
            n_done += len(numbers)
            if on_progress:
                on_progress(n_done, len(table))
        self.prototypes.set_text(table, version=version)

    def refresh(self, *, on_progress: OnProgress | None = None) -> None:
        """Encode the texts of entities that were added or renamed since the table was written.

        Args:
            on_progress: Called after each group of texts, with the number of texts encoded and
                the number of texts to encode.
        """
        version = self.kb.version
        if version == self.prototypes.version:
            return
        changed = self.kb.changed_since(self.prototypes.version)
        n_done = 0
        for rows, vectors in encode_entities(self.encoder, self.kb.texts(changed)):
            self.prototypes.add_text(rows, vectors)
            n_done += len(rows)
            if on_progress:
                on_progress(n_done, len(changed))
        self.prototypes.version = version

    def leave_unread(self) -> None:
        """From now on, encode a text when its entity is first met: few of a large base are."""
        self._met = set()
        self.prototypes.version = self.kb.version

    def complete(self, *, on_progress: OnProgress | None = None) -> None:
        """Encode all texts that the table lacks; `on_progress` as for `write`."""
        if self._met is None:
            self.refresh(on_progress=on_progress)
        else:
            self.write(on_progress=on_progress)

    @contextmanager
    def written_when_met(self) -> Iterator[None]:
        """Encode a text, within the context, when its entity is first a candidate of a mention.

        Between the epochs of a training run the encoder has changed and the whole table is out of
        date. Development documents have few candidates, so only their texts are encoded anew.
        """
        self._written = set()
        try:
            yield
        finally:
            self._written = None

    @torch.inference_mode(mode=False)  # the table is there for training, too
    def meet(self, rows: Tensor) -> None:
        """Bring texts up to date before candidates of these rows, (n_candidates), are scored."""
        if self._met is not None and (new := set(rows.tolist()) - self._met):
            for numbers, vectors in encode_entities(self.encoder, self.kb.texts(sorted(new))):
                self.prototypes.add_text(numbers, vectors)
            self._met |= new
        if self._written is None:
            return
        if new := set(rows.tolist()) - self._written:
            self.write(sorted(new))
            self._written |= new


def encode_entities(
    encoder: WindowEmbeddings, texts: Iterable[tuple[int, str]]
) -> Iterator[tuple[list[int], Tensor]]:
    """Groups of rows and the text vectors of these rows, (n_rows, text_length)."""
    remaining = iter(texts)
    with evaluating(encoder):
        while group := list(islice(remaining, TEXTS_TOGETHER)):
            with torch.inference_mode():
                vectors = _text_vectors(encoder, [text for _, text in group])
            yield [row for row, _ in group], vectors.to("cpu", torch.float16)


def _text_vectors(encoder: WindowEmbeddings, texts: Sequence[str]) -> Tensor:
    """The text part of prototypes, (n_texts, text_length), all of one length.

    The length of an encoder's mean vector says nothing of an entity. With vectors of one length,
    dot products with a mention rank entities as cosines would.
    """
    vectors = encoder.encode_texts([tokenize(Document(text=text)) for text in texts])
    unit: Tensor = torch.nn.functional.normalize(vectors.float(), dim=-1)
    return unit * (LENGTH * math.sqrt(encoder.text_length))
