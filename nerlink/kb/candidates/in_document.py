"""Fuller names in a document, which lend their candidates to short names.

Where a document has "Ada Lovelace", "Lovelace" may be her. Where it has "World Health Organization
(WHO)", "WHO" is that organization. A short name keeps its candidates and gets those of its fuller
names as well.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from nerlink.data import Candidate, Document
from nerlink.kb.candidates.base import CandidateGenerator
from nerlink.kb.candidates.definitions import find_definitions, spell_out
from nerlink.kb.normalise import acronym, is_acronym, normalise

__all__ = ["LENT_SHARE", "InDocument", "Name", "widen"]

_MAX_FULLER: Final = 8
"""Fuller names that lend their candidates to one short name: the first ones of the document."""

_MAX_WORDS: Final = 32
"""Words of a name that lends: a longer one is a passage, and to keep each of its beginnings and
ends would take memory with the square of its length."""

LENT_SHARE: Final = 0.5
"""Share of the priors that all lent candidates of a name get, by default."""


class Name(NamedTuple):
    """How a document names something.

    Args:
        surface: As it is written.
        label: Its entity type, where known.
    """

    surface: str
    label: str | None = None


_Fuller: TypeAlias = Callable[[Sequence[Name], str], Mapping[Name, Iterable[str]]]
"""Finds the fuller surfaces of the short names among all names of a document, given its text."""


class InDocument:
    """Adds the candidates of fuller names to the candidates of each name of a document.

        within = InDocument(Normalised(kb))
        names = [Name("Ada Lovelace", "PER"), Name("Lovelace", "PER")]
        within.candidates_of(names)  # the second has Ada Lovelace among its candidates

    Args:
        generator: Finds the candidates of a surface.
    """

    def __init__(self, generator: CandidateGenerator) -> None:
        self.generator = generator

    def in_document(self, doc: Document) -> list[tuple[Candidate, ...]]:
        """What each mention of a document may mean."""
        names = [Name(doc.surface(mention), mention.label) for mention in doc.mentions]
        return self.candidates_of(names, doc.text)

    def fuller(self, names: Sequence[Name], text: str = "") -> dict[Name, tuple[str, ...]]:
        """The fuller surfaces of each short name; names without any are left out.

        Args:
            names: All names of a document, in order.
            text: The document, for names that it explains in parentheses.
        """
        names = list(dict.fromkeys(names))  # in order, since only the first few lend
        found: dict[Name, dict[str, None]] = {}
        for find in _FULLER:
            for name, surfaces in find(names, text).items():
                first = found.setdefault(name, {})
                for surface in surfaces:  # which may be all names of a long document
                    if len(first) == _MAX_FULLER:
                        break
                    first[surface] = None
        return {name: tuple(surfaces) for name, surfaces in found.items()}

    def candidates_of(
        self, names: Sequence[Name], text: str = "", *, limit: int | None = None
    ) -> list[tuple[Candidate, ...]]:
        """What each name may mean, by falling prior, ties by id.

        Args:
            names: All names of a document, in order.
            text: The document, for names that it explains in parentheses.
            limit: Keep so many of each; `None` keeps all.
        """
        fuller = self.fuller(names, text)
        surfaces = dict.fromkeys(name.surface for name in names)
        surfaces |= dict.fromkeys(one for more in fuller.values() for one in more)
        found = dict(zip(surfaces, self.generator.candidates_of(list(surfaces)), strict=True))
        return [
            widen(found[name.surface], [found[one] for one in fuller.get(name, ())])[:limit]
            for name in names
        ]


def widen(
    own: Sequence[Candidate], lent: Sequence[Sequence[Candidate]], *, share: float = LENT_SHARE
) -> tuple[Candidate, ...]:
    """A name's own candidates and the candidates lent to it, by falling prior, ties by id.

    Own priors are multiplied by 1 - `share`. Each lender with candidates adds its priors, times
    an equal part of `share`, also where the name has no candidates of its own. Only own
    candidates have counts.

    Args:
        own: Candidates of the name itself.
        lent: Candidates of each lender, which is a fuller name or a generator that fills up.
        share: Share of the priors that all lenders together get, 0 to 1.
    """
    lent = [candidates for candidates in lent if candidates]
    if not lent:
        return tuple(own)
    counts = {one.entity: one.count for one in own}
    priors = {one.entity: (1 - share) * (one.prior or 0.0) for one in own}
    for candidates in lent:
        for one in candidates:
            more = share / len(lent) * (one.prior or 0.0)
            priors[one.entity] = priors.get(one.entity, 0.0) + more
    ranked = sorted((-prior, entity) for entity, prior in priors.items())
    return tuple(
        Candidate(entity=entity, prior=-prior, count=counts.get(entity, 0))
        for prior, entity in ranked
    )


def _defined(names: Sequence[Name], text: str) -> dict[Name, list[str]]:
    """Names that the text explains: WHO of "World Health Organization (WHO)"."""
    # Most texts have no parenthesis, and need no search.
    definitions = find_definitions(text) if "(" in text or "[" in text else {}
    if not definitions:
        return {}
    spelt = {name: spell_out(name.surface, definitions) for name in names}
    return {name: surfaces for name, surfaces in spelt.items() if surfaces}


def _initials(names: Sequence[Name], text: str) -> dict[Name, Iterable[str]]:  # noqa: ARG001
    """Names that are the initials of others: WHO, beside World Health Organization."""
    long: dict[str, list[str]] = {}
    for name in names:
        if initials := acronym(name.surface):
            long.setdefault(initials, []).append(name.surface)
    if not long:
        return {}
    short = [(name, normalise(name.surface)) for name in names if is_acronym(name.surface)]
    return {name: long[key] for name, key in short if key in long}


def _partial(names: Sequence[Name], text: str) -> dict[Name, Iterable[str]]:  # noqa: ARG001
    """Names that are the first or the last words of others with the same label."""
    long: dict[tuple[str | None, tuple[str, ...]], dict[str, None]] = {}
    for surface, label in names:
        words = _name_words(surface)
        if len(words) > _MAX_WORDS:
            continue
        # The label is part of the key: a person lends nothing to a place of the same name.
        for n in range(1, len(words)):
            long.setdefault((label, words[:n]), {})[surface] = None
            long.setdefault((label, words[n:]), {})[surface] = None
    if not long:
        return {}
    keys = {name: (name.label, _name_words(name.surface)) for name in names}
    return {name: long[key] for name, key in keys.items() if key in long}


def _name_words(surface: str) -> tuple[str, ...]:
    return tuple(normalise(surface).split())


_FULLER: Final[tuple[_Fuller, ...]] = (_defined, _initials, _partial)
"""Ways in which a document says what a short name stands for, the surest first."""
