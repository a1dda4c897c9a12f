"""Learning through the texts of entities: in a step, those whose prototypes it would move most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nerlink.models.linker.features import FlatCandidates
from nerlink.models.linker.texts import text_vectors

if TYPE_CHECKING:
    from nerlink.models.linker.linker import Linker

__all__ = ["learned_text", "most_moved"]


def learned_text(linker: Linker, flat: FlatCandidates, scores: Tensor, targets: Tensor) -> Tensor:
    """What encoding some texts anew adds to the prototypes of candidates, with gradients.

    A bi-encoder learns from both sides (Wu et al., 2020); all texts in every step would cost more
    than the documents, so these are the `learned_texts` that matter most.

    Args:
        linker: Has texts, prototypes and the encoder.
        flat: The candidates, at least one.
        scores: Logits of `NIL` and of each candidate, (n_mentions, 1 + most candidates).
        targets: Column of what is right, (n_mentions).

    Returns:
        (n_candidates, width); zero where the text stays as it is.
    """
    rows = most_moved(flat, scores, targets, n=linker.config.learned_texts)
    texts = [text for _, text in linker.lookup.kb.texts(rows.tolist())]
    change = text_vectors(linker.embeddings, texts) - linker.prototypes.text_of(rows)
    places = torch.searchsorted(rows, flat.rows).clamp(max=len(rows) - 1)
    return change[places] * (rows[places] == flat.rows).unsqueeze(-1)


def most_moved(flat: FlatCandidates, scores: Tensor, targets: Tensor, *, n: int) -> Tensor:
    """The entities whose prototypes a step would move most: those meant, and those mistaken so.

    Args:
        flat: The candidates.
        scores: Logits of `NIL` and of each candidate, (n_mentions, 1 + most candidates).
        targets: Column of what is right, (n_mentions).
        n: Entities, at most.

    Returns:
        Their rows, rising, (n_entities).
    """
    errors = scores.detach().softmax(-1)
    errors[torch.arange(len(targets), device=errors.device), targets] -= 1
    rows, places = torch.unique(flat.rows, return_inverse=True)
    moves = errors.new_zeros(len(rows)).index_add(
        0, places, errors[flat.mentions, flat.places + 1].abs()
    )
    most: Tensor = rows[moves.topk(min(n, len(rows))).indices]
    return most.sort().values
