"""How often the gold entity is among the candidates, and how long finding candidates takes."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from nerlink.data import NIL, Candidate, Document
from nerlink.kb.candidates.base import CandidateGenerator

__all__ = [
    "CandidateRecall",
    "CandidateReport",
    "InDocuments",
    "candidate_recall",
    "report_candidates",
]

LIMITS: Final = (1, 5, 10, 30, None)
"""Numbers of candidates to look at; `None` for all."""


class InDocuments(Protocol):
    """Whatever finds candidates in documents: a generator, or `InDocument` around one."""

    def in_document(self, doc: Document) -> list[tuple[Candidate, ...]]:
        """What each mention of a document may mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRecall:
    """How well candidates cover some linked mentions.

    Args:
        n_mentions: Linked mentions looked up.
        n_covered: Linked mentions with any candidate.
        n_candidates: Candidates of all linked mentions together.
        recall: Limits to the share of mentions whose entity is among as many candidates as the
            limit says; the limit `None` means all candidates. 0 where there are no mentions.
    """

    n_mentions: int
    n_covered: int
    n_candidates: int
    recall: Mapping[int | None, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateReport:
    """What a generator finds in some documents, and how long it takes.

    Args:
        linked: How well the generator covers the linked mentions.
        n_nil: Mentions whose gold entity is `NIL`.
        n_nil_covered: `NIL` mentions with any candidate, all of which are wrong.
        microseconds: Mean time that the generator takes for a mention.
    """

    linked: CandidateRecall
    n_nil: int
    n_nil_covered: int
    microseconds: float


def candidate_recall(
    generator: CandidateGenerator,
    pairs: Iterable[tuple[str, str]],
    *,
    limits: Iterable[int | None] = LIMITS,
) -> CandidateRecall:
    """How well candidates cover pairs of surface and entity.

    Args:
        generator: What proposes candidates.
        pairs: Surface and entity id of each linked mention.
        limits: Numbers of candidates to look at; `None` for all.
    """
    pairs = list(pairs)
    found = generator.candidates_of([surface for surface, _ in pairs])
    return _recall(found, [entity for _, entity in pairs], limits)


def report_candidates(
    generator: InDocuments, documents: Iterable[Document], *, limits: Iterable[int | None] = LIMITS
) -> CandidateReport:
    """What a generator finds for the mentions of documents, and how long it takes.

    Args:
        generator: What proposes candidates.
        documents: With gold mentions; mentions without an annotated link do not count.
        limits: Numbers of candidates to look at; `None` for all.
    """
    documents = list(documents)
    start = time.perf_counter()
    found = [candidates for doc in documents for candidates in generator.in_document(doc)]
    seconds = time.perf_counter() - start
    gold = [mention.entity for doc in documents for mention in doc.mentions]
    linked = [(c, e) for c, e in zip(found, gold, strict=True) if e not in (None, NIL)]
    nil = [c for c, e in zip(found, gold, strict=True) if e == NIL]
    return CandidateReport(
        linked=_recall([c for c, _ in linked], [str(e) for _, e in linked], limits),
        n_nil=len(nil),
        n_nil_covered=sum(map(bool, nil)),
        microseconds=1e6 * seconds / max(1, len(found)),
    )


def _recall(
    found: Sequence[Sequence[Candidate]], entities: Sequence[str], limits: Iterable[int | None]
) -> CandidateRecall:
    n_found = dict.fromkeys(limits, 0)
    for candidates, entity in zip(found, entities, strict=True):
        ids = [candidate.entity for candidate in candidates]
        if entity in ids:
            place = ids.index(entity)
            for limit in n_found:
                n_found[limit] += limit is None or place < limit
    n_mentions = max(1, len(entities))
    return CandidateRecall(
        n_mentions=len(entities),
        n_covered=sum(map(bool, found)),
        n_candidates=sum(map(len, found)),
        recall={limit: n / n_mentions for limit, n in n_found.items()},
    )
