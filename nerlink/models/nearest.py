"""Candidates whose text says nearly what a surface says, whatever the words."""

from collections.abc import Sequence
from typing import Final

import torch

from nerlink.data import Candidate
from nerlink.kb import CandidateGenerator, KnowledgeBase
from nerlink.kb.rows import RECORD
from nerlink.models.encoder import WindowEmbeddings
from nerlink.models.prototypes import Prototypes
from nerlink.models.texts import encode_entities

__all__ = ["Nearest"]

_SHARPNESS: Final = 20.0
"""An entity 5 points less similar than the nearest weighs 1/e of it."""


class Nearest(CandidateGenerator):
    """Entities whose text part is nearest to the vector of a surface read as a text.

    Every row of the table is compared, in blocks; that takes milliseconds a surface for some ten
    thousand entities. `score` is the cosine. Nothing is remembered, because prototypes change
    while a model learns; the more it learns, the less bare names are like their entities' texts
    (experiments/candidates).

    Args:
        kb: The knowledge base.
        encoder: Encodes surfaces.
        prototypes: Have the texts.
        n: Candidates of a surface.
    """

    def __init__(
        self, kb: KnowledgeBase, encoder: WindowEmbeddings, prototypes: Prototypes, *, n: int
    ) -> None:
        self.kb = kb
        self.encoder = encoder
        self.prototypes = prototypes
        self.n = n

    def candidates(self, surface: str, *, limit: int | None = None) -> tuple[Candidate, ...]:
        """The nearest entities, by falling prior, which follows from the cosine."""
        return self.candidates_of([surface], limit=limit)[0]

    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """`candidates` of many surfaces, encoded and compared together."""
        if not surfaces:
            return []
        parts = [vectors for _, vectors in encode_entities(self.encoder, enumerate(surfaces))]
        cosines, rows = self.prototypes.nearest(torch.cat(parts), self.n)
        query = (
            f"SELECT json_each.key, {RECORD}, row, 0 FROM json_each(?) "
            "CROSS JOIN entity ON row = value"
        )
        ids = self.kb.found(query, rows.flatten().tolist())
        weights = ((cosines - cosines[:, :1]) * _SHARPNESS).exp()
        priors = (weights / weights.sum(1, keepdim=True)).flatten().tolist()
        candidates = [
            Candidate(entity=one[0][0], prior=prior, score=cosine) if one and cosine > 0 else None
            for one, prior, cosine in zip(ids, priors, cosines.flatten().tolist(), strict=True)
        ]
        width = rows.shape[1]
        every = (candidates[width * i : width * (i + 1)] for i in range(len(surfaces)))
        return [tuple(one for one in inside if one is not None)[:limit] for inside in every]
