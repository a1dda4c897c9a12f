"""How often the right entity is among the candidates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nerlink.kb.candidates import CandidateGenerator

__all__ = ["CandidateRecall", "candidate_recall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRecall:
    """How well a candidate generator covers some linked mentions.

    Args:
        n_mentions: Linked mentions looked up.
        n_covered: Those with any candidate.
        n_candidates: Candidates of all mentions together.
        recall: Share of mentions whose entity is among the first so many candidates, by that
            limit; `None` stands for all candidates. 0 where there are no mentions.
    """

    n_mentions: int
    n_covered: int
    n_candidates: int
    recall: Mapping[int | None, float]


def candidate_recall(
    generator: CandidateGenerator,
    pairs: Iterable[tuple[str, str]],
    *,
    limits: Iterable[int | None] = (1, 10, 30, None),
) -> CandidateRecall:
    """The share of mentions whose entity is among the candidates.

    Args:
        generator: What proposes candidates.
        pairs: Surface and entity id of each linked mention.
        limits: Numbers of candidates to look at; `None` for all.
    """
    n_found = dict.fromkeys(limits, 0)
    n_mentions = n_covered = n_candidates = 0
    for surface, entity in pairs:
        proposed = [candidate.entity for candidate in generator.candidates(surface)]
        n_mentions += 1
        n_covered += bool(proposed)
        n_candidates += len(proposed)
        if entity in proposed:
            place = proposed.index(entity)
            for limit in n_found:
                n_found[limit] += limit is None or place < limit
    return CandidateRecall(
        n_mentions=n_mentions,
        n_covered=n_covered,
        n_candidates=n_candidates,
        recall={limit: n / n_mentions if n_mentions else 0.0 for limit, n in n_found.items()},
    )
