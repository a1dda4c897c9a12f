"""Short lists of candidates filled up."""

from collections.abc import Sequence
from typing import Final

from nerlink.data import Candidate
from nerlink.kb.candidates import CandidateGenerator
from nerlink.kb.in_document import LENT_SHARE, widen

__all__ = ["FILL_TO", "Filled"]

FILL_TO: Final = 10
"""Candidates of a list that is filled up, by default."""


class Filled(CandidateGenerator):
    """The candidates of one generator; where they are few, others add theirs.

        Filled(Normalised(kb), [Partial(kb)])

    All that is added shares half of the priors, the whole where the first generator knows nothing.

    Args:
        generator: Asked first.
        fillers: Asked one after another while a list is short; each adds its best.
        to: Candidates that are enough.
    """

    def __init__(
        self,
        generator: CandidateGenerator,
        fillers: Sequence[CandidateGenerator],
        *,
        to: int = FILL_TO,
    ) -> None:
        self.generator = generator
        self.fillers = tuple(fillers)
        self.to = to

    def candidates(self, surface: str, *, limit: int | None = None) -> tuple[Candidate, ...]:
        """The candidates of the first generator, filled up, by falling prior."""
        return self.candidates_of([surface], limit=limit)[0]

    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """`candidates` of many surfaces, each generator asked once."""
        own = dict(zip(surfaces, self.generator.candidates_of(surfaces), strict=True))
        added: dict[str, list[tuple[Candidate, ...]]] = {surface: [] for surface in own}
        for filler in self.fillers:
            room = {surface: self._room(own[surface], more) for surface, more in added.items()}
            short = [surface for surface, places in room.items() if places > 0]
            for surface, more in zip(short, filler.candidates_of(short), strict=True):
                there = {one.entity for part in (own[surface], *added[surface]) for one in part}
                new = [one for one in more if one.entity not in there]
                added[surface].append(tuple(new[: room[surface]]))
        filled = {
            surface: widen(found, added[surface], share=LENT_SHARE if found else 1.0)
            for surface, found in own.items()
        }
        return [filled[surface][:limit] for surface in surfaces]

    def _room(self, own: Sequence[Candidate], added: Sequence[Sequence[Candidate]]) -> int:
        return self.to - len(own) - sum(map(len, added))
