"""The features of a mention and a candidate that the linker weighs beside closeness.

Each has a name and a value of about 0 to 1; each gets its own learned curve, and the curves add
up, so that a score can be taken apart again.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nerlink.kb import normalise
from nerlink.models.linker.candidates import CandidateSet, OwnCounts, lent_to

__all__ = [
    "FEATURES",
    "NAME_FEATURES",
    "NIL_FEATURES",
    "NIL_WEIGHTS",
    "WEIGHTS",
    "Curves",
    "FlatCandidates",
    "compare_names",
    "flatten",
    "with_labels",
]


NAME_FEATURES: Final = (
    "name is exact",
    "name is equal but for its qualifier",
    "share of the name in the surface",
    "share of the surface in the name",
    "surface is the name's acronym",
    "letters in common",
)

_CACHE_SIZE: Final = 4096
"""Names whose parts are remembered, two kilobytes each."""

QUALIFIER: Final = re.compile(r"\s*\(.*?\)\s*$|,.*$")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A name normalised, without its qualifier, as words, as triples of letters; its initials."""

    whole: str
    base: str
    words: frozenset[str]
    triples: frozenset[str]
    initials: str


@lru_cache(maxsize=_CACHE_SIZE)
def _parts(name: str) -> _Parts:
    whole = normalise(name)
    base = normalise(QUALIFIER.sub("", name))
    initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper())
    padded = f" {base} "
    triples = frozenset(padded[i : i + 3] for i in range(len(padded) - 2))
    return _Parts(whole, base, frozenset(whole.split()), triples, initials.lower())


def compare_names(surface: str, name: str) -> tuple[float, ...]:
    """The features in `NAME_FEATURES`, each between 0 and 1."""
    mention, entity = _parts(surface), _parts(name)
    common = len(mention.words & entity.words)
    letters = mention.whole.replace(" ", "")
    n_triples = len(mention.triples) + len(entity.triples)
    return (
        float(mention.whole == entity.whole),
        float(mention.whole == entity.base),
        common / max(1, len(entity.words)),
        common / max(1, len(mention.words)),
        float(1 < len(letters) <= 6 and letters == entity.initials),
        2 * len(mention.triples & entity.triples) / max(1, n_triples),
    )


FEATURES: Final = (
    "prior",
    "log prior",
    "log popularity",
    "share of the most popular",
    "share of counts",
    "log count",
    "seen in training",
    *NAME_FEATURES,
    "prior of a fuller name",
    "type is known",
    "label agrees with type",
)

NIL_FEATURES: Final = (
    "log share of counts",
    "share of counts",
    "log count",
    "log total",
    "log candidates",
    "best prior",
    "best name",
    "best popularity",
    "fuller name is unknown",
)

LEAST_PRIOR: Final = 1e-3
LEAST_NIL: Final = 0.02
LOG_PRIOR: Final = -math.log(LEAST_PRIOR)
LOG_NIL: Final = -math.log(LEAST_NIL)
"""What makes a logarithm a feature between 0 and 1; the weight that it starts with undoes it."""

WEIGHTS: Final = tuple(LOG_PRIOR if name == "log prior" else 0.0 for name in FEATURES)
NIL_WEIGHTS: Final = tuple(
    LOG_NIL if name == "log share of counts" else 0.0 for name in NIL_FEATURES
)
"""Before training, a candidate scores its log prior, and `NIL` its own."""

LENT: Final = FEATURES.index("prior of a fuller name")
WORDS_IN_NAME: Final = NAME_FEATURES.index("share of the surface in the name")

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class FlatCandidates:
    """The candidates of many mentions in one list.

    Args:
        mentions: The mention of each candidate, (n_candidates).
        places: Its place among the candidates of its mention, (n_candidates).
        rows: Its row in the knowledge base, (n_candidates).
        features: (n_candidates, len(FEATURES)).
        nil_features: (n_mentions, len(NIL_FEATURES)).
        sizes: Candidates of each mention, (n_mentions).
        types: Place of each one's type in the label distribution; 0 if unknown, (n_candidates).
        seen: Whether training linked to each, in another document than this, (n_candidates).
    """

    mentions: Tensor
    places: Tensor
    rows: Tensor
    features: Tensor
    nil_features: Tensor
    sizes: Tensor
    types: Tensor
    seen: Tensor


def flatten(
    sets: Sequence[CandidateSet],
    *,
    seen: Mapping[int, int],
    own: Sequence[OwnCounts] | None = None,
) -> FlatCandidates:
    """Candidates of mentions with their features.

    Args:
        sets: The candidate set of each mention.
        seen: Rows of the knowledge base to how often training linked to them.
        own: In training, each mention's own document's part in the counts, which is taken off:
            at inference no document is among those that were counted.
    """
    sizes = np.array([len(s) for s in sets], dtype=np.int64)
    mentions = np.repeat(np.arange(len(sets)), sizes)
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *(s.rows for s in sets)])
    seen_counts = _SeenCounts(
        counts=_column([s.counts for s in sets]),
        links=np.array([seen.get(row, 0) for row in rows.tolist()], dtype=np.float32),
        nil=np.array([s.nil_count for s in sets], dtype=np.float32),
    )
    if own is not None:
        seen_counts = _without_own(seen_counts, sets, mentions, rows, own)
    popularity = _column([s.popularity for s in sets])
    names = np.concatenate([np.zeros((0, len(NAME_FEATURES))), *(s.names for s in sets)])
    features, nil_features = _feature_tables(seen_counts, popularity, names, mentions, sizes)
    lent = [(s.lent, s.unknown) for s in sets] if own is None else list(map(_lent, sets, own))
    features[:, LENT] = _column([priors for priors, _ in lent])
    nil_features[:, -1] = [unknown for _, unknown in lent]
    places = np.arange(len(mentions)) - (np.cumsum(sizes) - sizes)[mentions]
    return FlatCandidates(
        mentions=torch.from_numpy(mentions),
        places=torch.from_numpy(places),
        rows=torch.from_numpy(rows),
        features=torch.from_numpy(features.astype(np.float32)),
        nil_features=torch.from_numpy(nil_features.astype(np.float32)),
        sizes=torch.from_numpy(sizes),
        types=torch.from_numpy(
            np.concatenate([np.zeros(0, dtype=np.int64), *(s.types for s in sets)])
        ),
        seen=torch.from_numpy(seen_counts.links > 0),
    )


def with_labels(flat: FlatCandidates, labels: Tensor) -> FlatCandidates:
    """Candidates that know how their types agree with the labels of their mentions.

    Args:
        flat: The candidates.
        labels: Probability of no label and of each label, (n_mentions, 1 + n_labels).
    """
    is_known = flat.types > 0
    agrees = labels[flat.mentions, flat.types] * is_known
    columns = torch.stack([is_known, agrees], dim=1).to(flat.features.dtype)
    features = torch.cat([flat.features[:, : -columns.shape[1]], columns], dim=1)
    return replace(flat, features=features)


@dataclass(frozen=True, slots=True)
class _SeenCounts:
    """What training saw: of a surface and an entity, of an entity, of a surface and `NIL`."""

    counts: Floats
    links: Floats
    nil: Floats


def _lent(candidates: CandidateSet, own: OwnCounts) -> tuple[NDArray[np.float32], float]:
    return lent_to(candidates.rows, candidates.lenders, own)


def _without_own(
    seen: _SeenCounts,
    sets: Sequence[CandidateSet],
    mentions: NDArray[np.int64],
    rows: NDArray[np.int64],
    own: Sequence[OwnCounts],
) -> _SeenCounts:
    pairs = list(zip(mentions.tolist(), rows.tolist(), strict=True))
    counts = [own[m].get((sets[m].key, row), 0) for m, row in pairs]
    links = [own[m].get(("", row), 0) for m, row in pairs]
    nil = [mine.get((s.key, -1), 0) for mine, s in zip(own, sets, strict=True)]
    return _SeenCounts(
        counts=np.maximum(seen.counts - np.array(counts, dtype=np.float32), 0),
        links=np.maximum(seen.links - np.array(links, dtype=np.float32), 0),
        nil=np.maximum(seen.nil - np.array(nil, dtype=np.float32), 0),
    )


def _feature_tables(
    seen: _SeenCounts,
    popularity: Floats,
    names: Floats,
    mentions: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> tuple[Floats, Floats]:
    """Columns in the order of `FEATURES`, and in that of `NIL_FEATURES`."""
    n = len(sizes)
    total = _sums(seen.counts, mentions, n)
    everything = total + seen.nil
    most_popular = _maxima(popularity + 1, sizes)
    share = (popularity + 1) / _sums(popularity + 1, mentions, n)[mentions]
    prior = (seen.counts + share) / (total[mentions] + 1)
    features = [
        prior,
        np.log(prior + LEAST_PRIOR) / LOG_PRIOR + 1,
        np.log1p(popularity) / 14,
        (popularity + 1) / most_popular[mentions],
        seen.counts / (everything[mentions] + 1),
        np.log1p(seen.counts) / 5,
        np.minimum(np.log1p(seen.links) / 5, 1.5),
        *names.T,
        *np.zeros((len(FEATURES) - LENT, len(popularity))),
    ]
    nil_features = [
        np.log(seen.nil / (everything + 1) + LEAST_NIL) / LOG_NIL + 1,
        seen.nil / (everything + 1),
        np.log1p(seen.nil) / 5,
        np.log1p(total) / 5,
        np.log1p(sizes) / 4,
        _maxima(prior, sizes),
        _maxima(names[:, WORDS_IN_NAME], sizes),
        np.log1p(_maxima(popularity, sizes)) / 14,
        np.zeros(n),
    ]
    return np.column_stack(features), np.column_stack(nil_features)


class Curves(nn.Module):
    """A learned curve for each feature: a straight line and a sum of bent ones.

    Args:
        weights: Slopes of the straight lines before training, one a feature.
        n_bends: Bends of each curve.
    """

    def __init__(self, weights: Sequence[float], n_bends: int = 8) -> None:
        super().__init__()
        shape = (len(weights), n_bends)
        self.weight = nn.Parameter(torch.tensor(weights))
        self.slope = nn.Parameter(torch.randn(shape))
        self.offset = nn.Parameter(-torch.rand(shape) * self.slope.detach())
        self.height = nn.Parameter(torch.zeros(shape))

    def forward(self, features: Tensor) -> Tensor:
        """The part of each feature in the score, (n, n_features), of features, (n, n_features)."""
        bent = nn.functional.gelu(features.unsqueeze(-1) * self.slope + self.offset)
        return (features - 1) * self.weight + (bent * self.height).sum(-1)


def _column(parts: Sequence[Floats]) -> Floats:
    return np.concatenate([np.zeros(0, dtype=np.float32), *parts])


def _sums(values: Floats, groups: NDArray[np.int64], n: int) -> Floats:
    return np.bincount(groups, weights=values, minlength=n).astype(np.float64)


def _maxima(values: Floats, sizes: NDArray[np.int64]) -> Floats:
    """The largest of each group of neighbours; 0 in an empty group."""
    out = np.zeros(len(sizes))
    if len(values):
        firsts = np.cumsum(sizes) - sizes
        out[sizes > 0] = np.maximum.reduceat(values, firsts[sizes > 0])
    return out
