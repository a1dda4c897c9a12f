"""A generator without a knowledge base."""

from collections import Counter
from collections.abc import Iterable, Sequence

from nerlink.data import Candidate
from nerlink.kb import CandidateGenerator, normalise
from nerlink.kb.candidates.base import rank


class FromMentions(CandidateGenerator):
    """Entities that mentions of the same key mean, given as pairs of surface and entity."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.counts = Counter((normalise(surface), entity) for surface, entity in pairs)

    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        return [
            rank((e, 0.0, n) for (key, e), n in self.counts.items() if key == normalise(one))[
                :limit
            ]
            for one in surfaces
        ]
