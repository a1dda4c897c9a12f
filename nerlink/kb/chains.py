"""Candidate generators by name, and chains of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from nerlink.errors import KnowledgeBaseError
from nerlink.kb.candidates import CandidateGenerator, Chain
from nerlink.kb.filled import FILL_TO, Filled
from nerlink.kb.from_base import Acronym, Exact, Normalised
from nerlink.kb.fuzzy import Fuzzy
from nerlink.kb.knowledge_base import KnowledgeBase
from nerlink.kb.partial import Partial
from nerlink.kb.schema import has_fuzzy

__all__ = ["GENERATORS", "available_generators", "make_chain", "make_filled"]

GENERATORS: Final[Mapping[str, Callable[[KnowledgeBase], CandidateGenerator]]] = {
    "exact": Exact,
    "normalised": Normalised,
    "acronym": Acronym,
    "partial": Partial,
    "fuzzy": Fuzzy,
}
"""What makes a generator of a knowledge base alone; the cheapest to ask come first."""


def available_generators(kb: KnowledgeBase) -> list[str]:
    """The names of the generators that the base has what they need for."""
    return [name for name in GENERATORS if name != "fuzzy" or has_fuzzy(kb.connection)]


def make_chain(
    kb: KnowledgeBase,
    names: Sequence[str],
    *,
    further: Mapping[str, CandidateGenerator] | None = None,
) -> CandidateGenerator:
    """The generators of some names, asked one after another until one has an answer.

    Args:
        kb: The knowledge base.
        names: Keys of `GENERATORS` or of `further`, the most trusted first.
        further: Generators that need more than the base.

    Raises:
        KnowledgeBaseError: A name is unknown, or the base lacks an index that a generator needs.
    """
    made = dict(further or {})
    for name in names:
        if name not in made and name not in GENERATORS:
            known = ", ".join([*GENERATORS, *made])
            raise KnowledgeBaseError(f"no candidate generator is called {name!r}. Known: {known}.")
        if name not in made:
            made[name] = GENERATORS[name](kb)
    return made[names[0]] if len(names) == 1 else Chain(*(made[name] for name in names))


def make_filled(
    kb: KnowledgeBase,
    names: Sequence[str],
    fill: Sequence[str],
    *,
    to: int = FILL_TO,
    further: Mapping[str, CandidateGenerator] | None = None,
) -> CandidateGenerator:
    """A chain, its short lists filled up by others.

    Args:
        kb: The knowledge base.
        names: The chain, as `make_chain` takes it.
        fill: Names of those that add candidates, one after another.
        to: Candidates that are enough.
        further: Generators that need more than the base.

    Raises:
        KnowledgeBaseError: A name is unknown, or the base lacks an index that a generator needs.
    """
    chain = make_chain(kb, names, further=further)
    fillers = [make_chain(kb, [name], further=further) for name in fill]
    return Filled(chain, fillers, to=to) if fillers else chain
