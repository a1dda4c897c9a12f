"""The bare encoder: subtokens in full windows through the transformer, and nothing else."""

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor

from nerlink import Document
from nerlink.converters import tokenize
from nerlink.models.encoder.embeddings import BATCH_SUBTOKENS, WindowEmbeddings

__all__ = ["full_windows", "run_bare"]


def full_windows(
    encoder: WindowEmbeddings, documents: Sequence[Document], *, window: int | None = None
) -> list[Tensor]:
    """The subtokens of documents, one after another, in batches of full windows.

    Args:
        encoder: Splits words into subtokens.
        documents: Their borders do not matter here.
        window: Subtokens in a window; the encoder's own number if `None`.

    Returns:
        Batches, each (n_windows, window + 2); the last one holds what is left over.
    """
    subtokenizer = encoder.subtokenizer
    tokenized = subtokenizer([tokenize(doc) for doc in documents])
    ids = list(chain.from_iterable(doc.ids.tolist() for doc in tokenized))
    size = window or encoder.window
    rows = [
        [*subtokenizer.prefix, *ids[i : i + size], *subtokenizer.suffix]
        for i in range(0, len(ids), size)
    ]
    n_full = len(ids) // size
    step = max(1, BATCH_SUBTOKENS // max(map(len, rows), default=1))
    batches = [torch.tensor(rows[i : min(i + step, n_full)]) for i in range(0, n_full, step)]
    return batches + [torch.tensor([row]) for row in rows[n_full:]]


@torch.inference_mode()
def run_bare(encoder: WindowEmbeddings, batches: Sequence[Tensor]) -> None:
    """One pass of the transformer over each batch."""
    for batch in batches:
        encoder.model(input_ids=batch, attention_mask=torch.ones_like(batch))
