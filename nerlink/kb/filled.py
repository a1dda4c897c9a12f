"""Short lists of candidates filled up."""

from collections.abc import Sequence
from typing import Final

from nerlink.data import Candidate
from nerlink.kb.candidates import CandidateGenerator
from nerlink.kb.in_document import widen

__all__ = ["FILL_TO", "Filled"]

FILL_TO: Final = 10
"""Candidates of a list that is filled up, by default."""


class Filled(CandidateGenerator):
    """The candidates of one generator; where they are few, others add theirs.

        Filled(Normalised(kb), [Partial(kb)])

    Added candidates share half of the priors, all of them where the first generator knows nothing.

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
        found = dict(zip(surfaces, self.generator.candidates_of(surfaces), strict=True))
        for filler in self.fillers:
            short = [surface for surface, own in found.items() if len(own) < self.to]
            for surface, more in zip(short, filler.candidates_of(short), strict=True):
                found[surface] = self._fill(found[surface], more)
        return [found[surface][:limit] for surface in surfaces]

    def _fill(self, own: tuple[Candidate, ...], more: Sequence[Candidate]) -> tuple[Candidate, ...]:
        there = {one.entity for one in own}
        new = tuple(one for one in more if one.entity not in there)[: self.to - len(own)]
        return widen(own, [new]) if own else new
