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

__all__ = ["GENERATORS", "Filled", "available_generators", "make_chain", "make_filled"]


FILL_TO: Final = 10
"""Candidates that a list has once it is filled up, by default."""


class Filled(CandidateGenerator):
    """The candidates of one generator; where they are few, others add theirs.

        Filled(Normalised(kb), [Partial(kb)])

    The added candidates share half of the one sighting that priors imagine (`rank`), so the more
    often the surface was seen, the less they have; and no added candidate comes before the best of
    the first generator. Where that finds nothing, they have all of the priors.

    Args:
        generator: Asked first.
        fillers: Asked one after another while a list is short; each adds its best candidates.
        to: Number of candidates that are enough.
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

    def candidates_of(
        self, surfaces: Sequence[str], *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """The candidates of the first generator, filled up; each generator is asked once."""
        own = dict(zip(surfaces, self.generator.candidates_of(surfaces), strict=True))
        added: dict[str, list[tuple[Candidate, ...]]] = {surface: [] for surface in own}
        for filler in self.fillers:
            # Before each filler, since the fillers before it may have filled a list.
            room = {s: self.to - len(own[s]) - sum(map(len, more)) for s, more in added.items()}
            short = [surface for surface, places in room.items() if places > 0]
            for surface, more in zip(short, filler.candidates_of(short), strict=True):
                there = {one.entity for part in (own[surface], *added[surface]) for one in part}
                new = [one for one in more if one.entity not in there]
                added[surface].append(tuple(new[: room[surface]]))
        filled = {
            surface: widen(found, added[surface], share=_share_added(found, added[surface]))
            for surface, found in own.items()
        }
        return [filled[surface][:limit] for surface in surfaces]


def _share_added(own: Sequence[Candidate], added: Sequence[Sequence[Candidate]]) -> float:
    """Share of the priors of the candidates that fill a list up, 0 to 1."""
    if not own:
        return 1.0
    n_fillers = max(1, sum(map(bool, added)))
    most = max((one.prior or 0.0 for more in added for one in more), default=0.0) / n_fillers
    best = own[0].prior or 0.0
    # A hair less than what would make the best of both equal, since ties are broken by id.
    as_good = 0.999 * best / (best + most) if best else 0.0
    return min(LENT_SHARE / (1 + sum(one.count for one in own)), as_good)


GENERATORS: Final[Mapping[str, Callable[[Base], CandidateGenerator]]] = {
    "exact": Exact,
    "normalised": Normalised,
    "acronym": Acronym,
    "partial": Partial,
    "fuzzy": Fuzzy,
}
"""Generators that need nothing but a knowledge base, by name; the cheapest to ask come first."""


def available_generators(kb: Base) -> list[str]:
    """The names of the generators for which the base has the index they need."""
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


def make_filled(kb: Base, names: Sequence[str], fill: Sequence[str]) -> CandidateGenerator:
    """A chain of generators, and other generators that fill up its short lists.

    Args:
        kb: The knowledge base.
        names: The chain, as `make_chain` takes it.
        fill: Names of the generators that add candidates, one after another.

    Raises:
        KnowledgeBaseError: A name is unknown, or the base lacks an index that a generator needs.
    """
    chain = make_chain(kb, names)
    fillers = [make_chain(kb, [name]) for name in fill]
    return Filled(chain, fillers) if fillers else chain
