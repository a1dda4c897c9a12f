"""What a document says of a short name elsewhere.

Where "Ada Lovelace" is named, "Lovelace" may be her, and "World Health Organization (WHO)" says
what "WHO" is. The short name gets the candidates of the fuller one beside its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from nerlink.data import Candidate, Document
from nerlink.kb.candidates.base import CandidateGenerator
from nerlink.kb.candidates.definitions import find_definitions
from nerlink.kb.normalise import acronym, is_acronym, normalise

__all__ = ["FULLER", "LENT_SHARE", "Fuller", "InDocument", "Name", "widen"]

_MAX_FULLER: Final = 8
"""Fuller names that lend their candidates to one name; those that the document has first."""

LENT_SHARE: Final = 0.5
"""Share of the priors that lenders get, by default."""


class Name(NamedTuple):
    """How a document names something.

    Args:
        surface: As it is written.
        label: Its entity type, where known.
    """

    surface: str
    label: str | None = None


Fuller: TypeAlias = Callable[[Sequence[Name], str], Mapping[Name, Sequence[str]]]
"""Finds the fuller surfaces of the short names among all names of a document, given its text."""


class InDocument:
    """Widens the candidates of a document's names by those of fuller names.

        within = InDocument(Normalised(kb))
        names = [Name("Ada Lovelace", "PER"), Name("Lovelace", "PER")]
        within.candidates_of(names)  # the second has Ada Lovelace among its candidates, too

    Args:
        generator: Finds the candidates of a surface.
        ways: How fuller names are found, keys of `FULLER`.
        share: Share of the priors that fuller names get.
    """

    def __init__(
        self,
        generator: CandidateGenerator,
        ways: Sequence[str] = ("definition", "initials", "partial"),
        *,
        share: float = LENT_SHARE,
    ) -> None:
        self.generator = generator
        self.ways = tuple(ways)
        self.share = share

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
        names = list(dict.fromkeys(names))
        found: dict[Name, dict[str, None]] = {}
        for way in self.ways:
            for name, surfaces in FULLER[way](names, text).items():
                found.setdefault(name, {}).update(dict.fromkeys(surfaces))
        return {name: tuple(surfaces)[:_MAX_FULLER] for name, surfaces in found.items()}

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
            widen(
                found[name.surface],
                [found[one] for one in fuller.get(name, ())],
                share=self.share,
            )[:limit]
            for name in names
        ]


def widen(
    own: Sequence[Candidate], lent: Sequence[Sequence[Candidate]], *, share: float = LENT_SHARE
) -> tuple[Candidate, ...]:
    """A name's own candidates and those lent to it, by falling prior, ties by id.

    Own priors are multiplied by 1 - `share`; each lender with candidates adds its priors by an
    equal part of `share`, also where the name has no candidates of its own. Counts stay what they
    were: a lent candidate has none.

    Args:
        own: Candidates of the name itself.
        lent: Candidates of each lender: a fuller name, or a generator that fills up.
        share: What all lenders together get, 0 to 1.
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
    definitions = find_definitions(text) if "(" in text else {}
    return {name: [definitions[name.surface]] for name in names if name.surface in definitions}


def _initials(names: Sequence[Name], text: str) -> dict[Name, list[str]]:  # noqa: ARG001
    """Names that are the initials of others: WHO, beside World Health Organization."""
    long: dict[str, list[str]] = {}
    for name in names:
        if initials := acronym(name.surface):
            long.setdefault(initials, []).append(name.surface)
    if not long:
        return {}
    short = [(name, normalise(name.surface)) for name in names if is_acronym(name.surface)]
    return {name: long[key] for name, key in short if key in long}


def _partial(names: Sequence[Name], text: str) -> dict[Name, list[str]]:  # noqa: ARG001
    """Names that are the first or the last words of others with the same label."""
    long: dict[tuple[str | None, tuple[str, ...]], dict[str, None]] = {}
    for surface, label in names:
        words = _name_words(surface)
        for n in range(1, len(words)):
            long.setdefault((label, words[:n]), {})[surface] = None
            long.setdefault((label, words[n:]), {})[surface] = None
    if not long:
        return {}
    keys = {name: (name.label, _name_words(name.surface)) for name in names}
    return {name: list(long[key]) for name, key in keys.items() if key in long}


def _name_words(surface: str) -> tuple[str, ...]:
    return tuple(normalise(surface).split())


FULLER: Final[Mapping[str, Fuller]] = {
    "definition": _defined,
    "initials": _initials,
    "partial": _partial,
}
"""Ways in which a document says what a short name stands for."""
