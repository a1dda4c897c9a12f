"""Candidates whose text says nearly what a surface says, whatever the words."""

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from nerlink.data import Candidate
from nerlink.kb import CandidateGenerator, KnowledgeBase
from nerlink.kb.store.rows import RECORD
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.linker.prototypes import Prototypes
from nerlink.models.linker.texts import encode_entities

__all__ = ["Nearest"]

_SHARPNESS: Final = 20.0
"""An entity 5 points less similar than the nearest weighs 1/e of it."""

_GROUP: Final = 256
"""Surfaces compared with the table at a time."""


class Nearest(CandidateGenerator):
    """Entities whose text part is nearest to the vector of a surface read as a text.

    Every row of the table is compared, in blocks; that takes milliseconds a surface for some ten
    thousand entities. From 100,000 on, a model is saved with an index, if faiss is installed
    (`nerlink[vectors]`); it takes milliseconds for a million (experiments/vectors). `score` is the
    cosine. Nothing is remembered, because prototypes change while a model learns; the more it
    learns, the less bare names are like their entities' texts (experiments/candidates).

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
        found: list[tuple[Candidate, ...]] = []
        for first in range(0, len(surfaces), _GROUP):
            texts = enumerate(surfaces[first : first + _GROUP])
            parts = [vectors for _, vectors in encode_entities(self.encoder, texts)]
            found += self._near(torch.cat(parts))
        return [candidates[:limit] for candidates in found]

    def _near(self, queries: Tensor) -> list[tuple[Candidate, ...]]:
        """The candidates of queries; more rows are asked for while removed ones take places."""
        n_removed = self.kb.n_rows - len(self.kb)
        n_rows = self.n
        while True:
            cosines, rows = self.prototypes.nearest(queries, n_rows)
            found = list(map(self._candidates, cosines.tolist(), rows.tolist()))
            is_short = torch.tensor([len(one) < self.n for one in found])
            # A row that is not like the query at all ends the search, too.
            if n_rows >= self.n + n_removed or not (is_short & (cosines[:, -1:] > 0).any(1)).any():
                return found
            n_rows = min(2 * n_rows, self.n + n_removed)

    def _candidates(self, cosines: Sequence[float], rows: Sequence[int]) -> tuple[Candidate, ...]:
        """What is on some rows and still in the base, by falling cosine, ties by id."""
        query = (
            f"SELECT json_each.key, {RECORD}, row, 0 FROM json_each(?) "
            "CROSS JOIN entity ON row = value"
        )
        there = zip(cosines, self.kb.found(query, rows), strict=True)
        near = sorted((-cosine, one[0][0]) for cosine, one in there if one and cosine > 0)[: self.n]
        weights = [math.exp(_SHARPNESS * (near[0][0] - negative)) for negative, _ in near]
        return tuple(
            Candidate(entity=entity, prior=weight / sum(weights), score=-negative)
            for (negative, entity), weight in zip(near, weights, strict=True)
        )
