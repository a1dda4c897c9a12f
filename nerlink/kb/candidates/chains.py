"""Candidate generators by name: asked one after another, and short lists filled up by others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from nerlink.data import Candidate
from nerlink.errors import KnowledgeBaseError
from nerlink.kb.candidates.aliases import Acronym, Exact, Normalised, Partial
from nerlink.kb.candidates.base import Base, CandidateGenerator, Chain
from nerlink.kb.candidates.fuzzy import Fuzzy
from nerlink.kb.candidates.in_document import LENT_SHARE, widen
from nerlink.kb.store.schema import has_fuzzy

__all__ = ["FILL_TO", "GENERATORS", "Filled", "available_generators", "make_chain", "make_filled"]


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


GENERATORS: Final[Mapping[str, Callable[[Base], CandidateGenerator]]] = {
    "exact": Exact,
    "normalised": Normalised,
    "acronym": Acronym,
    "partial": Partial,
    "fuzzy": Fuzzy,
}
"""What makes a generator of a knowledge base alone; the cheapest to ask come first."""


def available_generators(kb: Base) -> list[str]:
    """The names of the generators that the base has what they need for."""
    return [name for name in GENERATORS if name != "fuzzy" or has_fuzzy(kb.connection)]


def make_chain(kb: Base, names: Sequence[str]) -> CandidateGenerator:
    """The generators of some names, asked one after another until one has an answer.

    Args:
        kb: The knowledge base.
        names: Keys of `GENERATORS`, the most trusted first.

    Raises:
        KnowledgeBaseError: A name is unknown, or the base lacks an index that a generator needs.
    """
    for name in names:
        if name not in GENERATORS:
            known = ", ".join(GENERATORS)
            raise KnowledgeBaseError(f"no candidate generator is called {name!r}. Known: {known}.")
    made = [GENERATORS[name](kb) for name in names]
    return made[0] if len(made) == 1 else Chain(*made)


def make_filled(
    kb: Base,
    names: Sequence[str],
    fill: Sequence[str],
    *,
    to: int = FILL_TO,
) -> CandidateGenerator:
    """A chain, its short lists filled up by others.

    Args:
        kb: The knowledge base.
        names: The chain, as `make_chain` takes it.
        fill: Names of those that add candidates, one after another.
        to: Candidates that are enough.

    Raises:
        KnowledgeBaseError: A name is unknown, or the base lacks an index that a generator needs.
    """
    chain = make_chain(kb, names)
    fillers = [make_chain(kb, [name]) for name in fill]
    return Filled(chain, fillers, to=to) if fillers else chain
