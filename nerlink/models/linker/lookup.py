"""What is known about the candidates of a mention before its context is read.

Everything here depends on the surface alone, and on fuller names in the document, so it is looked
up once for each and remembered.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nerlink.data import Candidate
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import CandidateGenerator, InDocument, KnowledgeBase, Name, normalise
from nerlink.kb.candidates.in_document import widen
from nerlink.models.linker.candidates import COLUMNS, CandidateSet, Lender
from nerlink.models.linker.counts import NO_ROW
from nerlink.models.linker.features import NAME_FEATURES, compare_names
from nerlink.models.passages import MentionBatch

__all__ = ["Lookup"]

MAX_SURFACES: Final = 4096
"""Candidate sets that are remembered, of some 2 kB each."""

_Key: TypeAlias = tuple[str, tuple[str, ...]]
"""A surface, and fuller names in its document."""


class Lookup:
    """Candidate sets of surfaces, the recent ones remembered.

    Args:
        kb: The knowledge base.
        generator: Finds candidates in it.
        limit: Candidates kept for a surface.
        labels: The labels that a tagger gives.
        in_document: Whether short names get the candidates of fuller names in their document.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        generator: CandidateGenerator,
        *,
        limit: int,
        labels: Sequence[str] = (),
        in_document: bool = True,
    ) -> None:
        self.kb = kb
        self.generator = generator
        self.limit = limit
        self._labels = {label: 1 + i for i, label in enumerate(labels)}
        self._fuller = InDocument(generator).fuller if in_document else _no_fuller
        self._recent: OrderedDict[_Key, CandidateSet] = OrderedDict()
        self._version = kb.recent_version

    def refresh(self) -> None:
        """Forget everything if the knowledge base has changed since."""
        if self.kb.recent_version != self._version:
            self.forget()

    def forget(self) -> None:
        """Forget everything."""
        self._recent.clear()
        self._version = self.kb.recent_version

    def __call__(self, surfaces: Iterable[str]) -> list[CandidateSet]:
        """The candidate set of each surface by itself; new ones are looked up together."""
        return self._remembered([(surface, ()) for surface in surfaces])

    def of_mentions(self, mentions: MentionBatch) -> list[CandidateSet]:
        """The candidate set of each mention, in the light of the other names of its document."""
        keys: list[_Key] = []
        names = zip(mentions.passages, mentions.names, strict=True)
        for number, group in groupby(names, key=itemgetter(0)):
            inside = [name for _, name in group]
            fuller = self._fuller(inside, mentions.texts[number])
            keys += [(name.surface, fuller.get(name, ())) for name in inside]
        return self._remembered(keys)

    def row(self, entity: str) -> int:
        """The row of an entity in the knowledge base; `NO_ROW` if it has no such entity."""
        return self.kb.row(entity) if entity in self.kb else NO_ROW

    def with_entity(self, candidates: CandidateSet, entity: str) -> CandidateSet:
        """A candidate set with one more entity at its end, in training."""
        (more,) = self._candidate_sets([candidates.surface], [[Candidate(entity=entity)]])
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(candidates, name), getattr(more, name)])
            for name in COLUMNS
        }
        return replace(candidates, entities=(*candidates.entities, entity), **columns)

    def _remembered(self, keys: Sequence[_Key]) -> list[CandidateSet]:
        missing = [key for key in dict.fromkeys(keys) if key not in self._recent]
        new = dict(zip(missing, self._found(missing), strict=True)) if missing else {}
        sets = [new[key] if key in new else self._recent[key] for key in keys]
        self._recent.update(new)
        while len(self._recent) > MAX_SURFACES:
            self._recent.popitem(last=False)
        return sets

    def _found(self, keys: Sequence[_Key]) -> list[CandidateSet]:
        """New candidate sets; looked up again if an entity was removed in between."""
        # Between finding candidates and describing them another process may remove an entity. Then
        # the version has changed, and the second try sees a base without it.
        version = self.kb.recent_version
        try:
            return self._look_up(keys)
        except KnowledgeBaseError:
            if self.kb.version == version:
                raise
            self.forget()
            return self._found(keys)

    def _look_up(self, keys: Sequence[_Key]) -> list[CandidateSet]:
        # All surfaces and fuller names go to the base together: a query costs more than a row.
        surfaces = list(
            dict.fromkeys(one for surface, fuller in keys for one in (surface, *fuller))
        )
        known = self.generator.candidates_of(surfaces, limit=self.limit)
        found = dict(zip(surfaces, known, strict=True))
        widened = [
            widen(found[surface], [found[one] for one in fuller])[: self.limit]
            for surface, fuller in keys
        ]
        sets = self._candidate_sets([surface for surface, _ in keys], widened)
        lenders = self._lenders({one: found[one] for _, fuller in keys for one in fuller})
        return [
            replace(each, lenders=tuple(lenders.get(one) for one in fuller))
            for each, (_, fuller) in zip(sets, keys, strict=True)
        ]

    def _lenders(self, found: Mapping[str, Sequence[Candidate]]) -> dict[str, Lender]:
        """Fuller names that have candidates."""
        every = [candidate for candidates in found.values() for candidate in candidates]
        rows = np.array(self.kb.rows([one.entity for one in every]), dtype=np.int64)
        counts = np.array([one.count for one in every], dtype=np.float32)
        popularity = np.array(self.kb.attributes(rows.tolist()).popularities, dtype=np.float32)
        ends = pairwise(accumulate(map(len, found.values()), initial=0))
        return {
            name: Lender(
                key=normalise(name),
                rows=rows[first:last],
                counts=counts[first:last],
                popularity=popularity[first:last],
            )
            for name, (first, last) in zip(found, ends, strict=True)
            if first < last
        }

    def _candidate_sets(
        self, surfaces: Sequence[str], found: Sequence[Sequence[Candidate]]
    ) -> list[CandidateSet]:
        """What is known of the candidates of some surfaces, asked for in one go."""
        every = [candidate for candidates in found for candidate in candidates]
        rows = self.kb.rows([candidate.entity for candidate in every])
        known = self.kb.attributes(rows)
        numbers = np.array(rows, dtype=np.int64)
        priors = np.array([candidate.prior or 0.0 for candidate in every], dtype=np.float32)
        counts = np.array([candidate.count for candidate in every], dtype=np.float32)
        popularity = np.array(known.popularities, dtype=np.float32)
        types = np.array([self._labels.get(kind or "", 0) for kind in known.types], dtype=np.int64)
        ends = accumulate(map(len, found), initial=0)
        return [
            CandidateSet(
                surface=surface,
                key=normalise(surface),
                entities=tuple(known.ids[first:last]),
                rows=numbers[first:last],
                priors=priors[first:last],
                counts=counts[first:last],
                popularity=popularity[first:last],
                names=_name_table(surface, known.names[first:last]),
                types=types[first:last],
            )
            for surface, (first, last) in zip(surfaces, pairwise(ends), strict=True)
        ]


def _name_table(surface: str, names: Sequence[str]) -> NDArray[np.float32]:
    table = [compare_names(surface, name) for name in names]
    return np.array(table, dtype=np.float32).reshape(len(names), len(NAME_FEATURES))


def _no_fuller(names: Sequence[Name], text: str) -> dict[Name, tuple[str, ...]]:  # noqa: ARG001
    return {}
