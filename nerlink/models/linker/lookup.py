"""What is known about the candidates of a mention before its context is read.

A candidate set depends on the surface and on the fuller names in the document, and on nothing else,
so the set is looked up once and remembered.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
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
from nerlink.models.linker.candidates import COLUMNS, CandidateSet
from nerlink.models.linker.counts import NO_ROW
from nerlink.models.linker.features import NAME_FEATURES, compare_names
from nerlink.models.passages import MentionBatch

__all__ = ["Lookup"]

MAX_SURFACES: Final = 4096
"""Candidate sets that are remembered, of some 2 kB each."""

_Key: TypeAlias = tuple[str, tuple[str, ...]]
"""A surface, and the fuller names in the document of the mention."""


class Lookup:
    """Candidate sets of surfaces, the recent ones remembered.

    Args:
        kb: The knowledge base.
        generator: Finds candidates in the knowledge base.
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
        self.labels = tuple(labels)
        self._labels = {label: 1 + i for i, label in enumerate(labels)}
        self._fuller = InDocument(generator).fuller if in_document else _no_fuller
        self._recent: OrderedDict[_Key, CandidateSet] = OrderedDict()
        self._version = kb.recent_version

    def refresh(self) -> None:
        """Forget all candidate sets if the knowledge base has changed since they were looked up."""
        if self.kb.recent_version != self._version:
            self.forget()

    def forget(self) -> None:
        """Forget all candidate sets."""
        self._recent.clear()
        self._version = self.kb.recent_version

    def __call__(self, surfaces: Iterable[str]) -> list[CandidateSet]:
        """The candidate set of each surface without fuller names, new ones looked up together."""
        return self._remembered([(surface, ()) for surface in surfaces])

    def of_mentions(self, mentions: MentionBatch) -> list[CandidateSet]:
        """The candidate set of each mention, widened by the fuller names in the document."""
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
        """The candidate set of each key, looked up where it is not remembered."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._recent]
        new = dict(zip(missing, self._found(missing), strict=True)) if missing else {}
        sets = [new[key] if key in new else self._recent[key] for key in keys]
        self._recent.update(new)
        while len(self._recent) > MAX_SURFACES:
            self._recent.popitem(last=False)
        return sets

    def _found(self, keys: Sequence[_Key]) -> list[CandidateSet]:
        """New candidate sets; looked up again if an entity was removed meanwhile."""
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
        """New candidate sets, each with the sets of the fuller names that lend it candidates."""
        # A fuller name is looked up as a surface by itself. All go to the base together: a query
        # costs more than a row.
        alone = [(one, ()) for _, fuller in keys for one in fuller]
        every = list(dict.fromkeys([*keys, *alone]))
        surfaces = list(dict.fromkeys(surface for surface, _ in every))
        known = self.generator.candidates_of(surfaces, limit=self.limit)
        found = dict(zip(surfaces, known, strict=True))
        widened = [
            widen(found[surface], [found[one] for one in fuller])[: self.limit]
            for surface, fuller in every
        ]
        described = self._candidate_sets([surface for surface, _ in every], widened)
        sets = dict(zip(every, described, strict=True))
        return [replace(sets[key], lenders=tuple(sets[one, ()] for one in key[1])) for key in keys]

    def _candidate_sets(
        self, surfaces: Sequence[str], found: Sequence[Sequence[Candidate]]
    ) -> list[CandidateSet]:
        """The candidate set of each surface, from one query for all of them."""
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
