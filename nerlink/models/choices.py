"""From probabilities to a link, or to one of three kinds of `NIL`."""

import numpy as np
from numpy.typing import NDArray

from nerlink.config import LinkerConfig
from nerlink.data import NIL, Candidate, NilKind
from nerlink.models.candidate_sets import CandidateSet
from nerlink.models.mentions import Link

__all__ = ["choose"]


def choose(
    candidates: CandidateSet, probabilities: NDArray[np.float32], config: LinkerConfig
) -> Link:
    """What a mention means.

    Args:
        candidates: Its candidates.
        probabilities: Of `NIL` and of each candidate, (1 + n_candidates).
        config: The threshold, and how many candidates come back.
    """
    nil = float(probabilities[0])
    if not len(candidates):
        return Link(NIL, nil, (), NilKind.NO_CANDIDATE)
    order = (-probabilities[1:]).argsort(kind="stable")
    top = tuple(
        Candidate(
            entity=candidates.entities[i],
            score=float(probabilities[1 + i]),
            prior=float(candidates.priors[i]),
            count=int(candidates.counts[i]),
        )
        for i in order[: config.top_k].tolist()
    )
    best = int(order[0])
    score = float(probabilities[1 + best])
    if config.threshold is None and nil >= score:
        return Link(NIL, nil, top, NilKind.PREDICTED)
    if config.threshold is not None and score < config.threshold:
        kind = NilKind.PREDICTED if nil >= score else NilKind.BELOW_THRESHOLD
        return Link(NIL, nil if nil >= score else 1 - score, top, kind)
    return Link(candidates.entities[best], score, top)
