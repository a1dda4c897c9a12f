"""The text part of prototypes: what the encoder makes of an entity's name and description."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from nerlink.converters import tokenize
from nerlink.data import Document
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.linker.candidates import CandidateSet

if TYPE_CHECKING:
    from nerlink.models.linker.linker import Linker

__all__ = ["encode_entities", "fresh_texts", "refresh_text", "text_vectors", "write_text"]

GROUP: Final = 2048
"""Texts tokenised and sorted by length together."""

LENGTH: Final = 0.25
"""Length of a text vector, as a multiple of the square root of its width."""


def write_text(
    linker: Linker,
    rows: Iterable[int] | None = None,
    *,
    told: Callable[[int, int], None] | None = None,
) -> None:
    """Bring the text part of prototypes up to date with the encoder.

    Args:
        linker: Has the prototypes, the encoder and the knowledge base.
        rows: Those to write; the others stay as they are. All, if not given.
        told: Called as it goes on, with the texts written and the rows of the table.
    """
    kb, prototypes = linker.lookup.kb, linker.prototypes
    version = kb.version
    table = prototypes.writable_text(kb.n_rows)
    n_done = 0
    for numbers, vectors in encode_entities(linker.embeddings, kb.texts(rows)):
        table[torch.tensor(numbers)] = vectors
        n_done += len(numbers)
        if told:
            told(n_done, len(table))
    prototypes.set_text(table, version=version)


@contextmanager
def fresh_texts(linker: Linker) -> Iterator[None]:
    """Within it, candidates of mentions are scored by what the encoder makes of their texts now."""
    written: set[int] = set()

    @torch.inference_mode(mode=False)  # the table is there for training, too
    def write(sets: Sequence[CandidateSet]) -> None:
        rows = {row for each in sets for row in each.rows.tolist()} - written
        if rows:
            write_text(linker, sorted(rows))
            written.update(rows)

    linker.lookup.when_found = write
    try:
        yield
    finally:
        linker.lookup.when_found = None


def refresh_text(linker: Linker, *, told: Callable[[int, int], None] | None = None) -> None:
    """Add the text of entities that were added or renamed since it was last written.

    Args:
        linker: Has the prototypes, the encoder and the knowledge base.
        told: Called as it goes on, with the texts written and those there are to write.
    """
    kb, prototypes = linker.lookup.kb, linker.prototypes
    version = kb.version
    if version == prototypes.version:
        return
    changed = kb.changed_since(prototypes.version)
    n_done = 0
    for rows, vectors in encode_entities(linker.embeddings, kb.texts(changed)):
        prototypes.add_text(rows, vectors)
        n_done += len(rows)
        if told:
            told(n_done, len(changed))
    prototypes.version = version


def encode_entities(
    encoder: WindowEmbeddings, texts: Iterable[tuple[int, str]]
) -> Iterator[tuple[list[int], Tensor]]:
    """Rows and their text vectors, (n_rows, text_length), in groups."""
    was_training = encoder.training
    encoder.eval()
    remaining = iter(texts)
    while group := list(islice(remaining, GROUP)):
        with torch.inference_mode():
            vectors = text_vectors(encoder, [text for _, text in group])
        yield [row for row, _ in group], vectors.to("cpu", torch.float16)
    encoder.train(was_training)


def text_vectors(encoder: WindowEmbeddings, texts: Sequence[str]) -> Tensor:
    """The text part of prototypes, (n_texts, text_length), all of one length."""
    vectors = encoder.encode_texts([tokenize(Document(text=text)) for text in texts])
    unit: Tensor = torch.nn.functional.normalize(vectors.float(), dim=-1)
    return unit * (LENGTH * math.sqrt(encoder.text_length))
