"""The features of a mention and a candidate that the linker weighs beside closeness.

A feature has a name and a value of about 0 to 1. A learned curve turns the value into a part of the
score; the score is a sum of parts, so that it can be taken apart again.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nerlink.kb import normalise
from nerlink.models.linker.candidates import CandidateSet, lent_to
from nerlink.models.linker.counts import Floats, TrainingCounts

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


@dataclass(frozen=True, slots=True)
class _Parts:
    """A name normalised, without its qualifier, as words, as triples of letters; its initials."""

    whole: str
    base: str
    words: frozenset[str]
    triples: frozenset[str]
    initials: str


def _name_parts(name: str) -> _Parts:
    whole = normalise(name)
    base = normalise(_without_qualifier(name))
    initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper())
    padded = f" {base} "
    triples = frozenset(padded[i : i + 3] for i in range(len(padded) - 2))
    return _Parts(whole, base, frozenset(whole.split()), triples, initials.lower())


def _without_qualifier(name: str) -> str:
    """A name without the comma or the parenthesis that tells it from others, on its last line."""
    end = name.rstrip()
    line = end.rfind("\n") + 1
    marks = ",(" if end.endswith(")") else ","
    places = [place for mark in marks if (place := end.find(mark, line)) >= 0]
    return name[: min(places, default=len(name))]


def compare_names(surface: str, name: str) -> tuple[float, ...]:
    """The features in `NAME_FEATURES`, each between 0 and 1."""
    mention, entity = _name_parts(surface), _name_parts(name)
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
"""Divisors that make a logarithm a feature of 0 to 1; the first weight multiplies it again."""

WEIGHTS: Final = tuple(LOG_PRIOR if name == "log prior" else 0.0 for name in FEATURES)
NIL_WEIGHTS: Final = tuple(
    LOG_NIL if name == "log share of counts" else 0.0 for name in NIL_FEATURES
)
"""Before training, a candidate scores its log prior, and `NIL` the log of its share of counts."""

BEST_NAME: Final = "share of the surface in the name"
"""The comparison that tells best whether the surface may be a name of any candidate."""


@dataclass(frozen=True, slots=True)
class FlatCandidates:
    """The candidates of many mentions in one list.

    Args:
        mentions: The mention of each candidate, (n_candidates).
        places: Place of each candidate among the candidates of its mention, (n_candidates).
        rows: Row of each candidate in the knowledge base, (n_candidates).
        features: (n_candidates, len(FEATURES)).
        nil_features: (n_mentions, len(NIL_FEATURES)).
        sizes: Candidates of each mention, (n_mentions).
        types: Place of each candidate's type in the label distribution; 0 if unknown,
            (n_candidates).
        seen: Whether other documents of the training link to each candidate, (n_candidates).
    """

    mentions: Tensor
    places: Tensor
    rows: Tensor
    features: Tensor
    nil_features: Tensor
    sizes: Tensor
    types: Tensor
    seen: Tensor

    def to(self, device: torch.device) -> Self:
        """The same candidates on a device."""
        return type(self)(**{one.name: getattr(self, one.name).to(device) for one in fields(self)})


def flatten(sets: Sequence[CandidateSet], training: Sequence[TrainingCounts]) -> FlatCandidates:
    """Candidates of mentions with their features.

    Args:
        sets: The candidate set of each mention.
        training: The counts that each mention may see.
    """
    sizes = np.array([len(s) for s in sets], dtype=np.int64)
    mentions = np.repeat(np.arange(len(sets)), sizes)
    features, nil_features = _feature_tables(sets, training, mentions, sizes)
    return FlatCandidates(
        mentions=torch.from_numpy(mentions),
        # The first of a mention's candidates stands where the candidates before it end.
        places=torch.from_numpy(np.arange(len(mentions)) - (np.cumsum(sizes) - sizes)[mentions]),
        rows=torch.from_numpy(_joined([s.rows for s in sets], np.int64)),
        features=torch.from_numpy(features),
        nil_features=torch.from_numpy(nil_features),
        sizes=torch.from_numpy(sizes),
        types=torch.from_numpy(_joined([s.types for s in sets], np.int64)),
        seen=torch.from_numpy(features[:, FEATURES.index("seen in training")] > 0),
    )


def with_labels(flat: FlatCandidates, labels: Tensor) -> FlatCandidates:
    """Candidates that know how their types agree with the labels of their mentions.

    Args:
        flat: The candidates.
        labels: Probability of no label and of each label, (n_mentions, 1 + n_labels).
    """
    is_known = flat.types > 0
    features = flat.features.clone()
    features[:, FEATURES.index("type is known")] = is_known.to(features.dtype)
    agrees = labels[flat.mentions, flat.types] * is_known
    features[:, FEATURES.index("label agrees with type")] = agrees.to(features.dtype)
    return replace(flat, features=features)


def _feature_tables(
    sets: Sequence[CandidateSet],
    training: Sequence[TrainingCounts],
    mentions: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features of candidates, (n_candidates, len(FEATURES)), and of `NIL`, (n_mentions, ...)."""
    pairs, n = list(zip(sets, training, strict=True)), len(sets)
    name_counts = _joined([counts.of_name(s.key, s.rows, s.counts) for s, counts in pairs])
    nil_counts = np.array([counts.of_nil(s.key) for s, counts in pairs], dtype=np.float32)
    popularity = _joined([s.popularity for s in sets])
    names = np.concatenate([np.zeros((0, len(NAME_FEATURES))), *(s.names for s in sets)])
    lent = [lent_to(s.rows, s.lenders, counts) for s, counts in pairs]
    links = _joined([counts.of_entities(s.rows) for s, counts in pairs])
    # Sums and maxima run over the candidates of each mention, which stand together; `[mentions]`
    # spreads a number of each mention over the candidates of the mention again.
    total = _sums(name_counts, mentions, n)
    everything = total + nil_counts
    most_popular = _maxima(popularity + 1, sizes)
    share = (popularity + 1) / _sums(popularity + 1, mentions, n)[mentions]
    # The prior of the knowledge base (`rank`), of the counts that the mention may see.
    prior = (name_counts + share) / (total[mentions] + 1)
    features = {
        "prior": prior,
        "log prior": np.log(prior + LEAST_PRIOR) / LOG_PRIOR + 1,
        "log popularity": np.log1p(popularity) / 14,
        "share of the most popular": (popularity + 1) / most_popular[mentions],
        "share of counts": name_counts / (everything[mentions] + 1),
        "log count": np.log1p(name_counts) / 5,
        "seen in training": np.minimum(np.log1p(links) / 5, 1.5),
        **dict(zip(NAME_FEATURES, names.T, strict=True)),
        "prior of a fuller name": _joined([priors for priors, _ in lent]),
        # Known once the tagger has read the mentions (`with_labels`).
        "type is known": np.zeros(len(mentions)),
        "label agrees with type": np.zeros(len(mentions)),
    }
    nil_features = {
        "log share of counts": np.log(nil_counts / (everything + 1) + LEAST_NIL) / LOG_NIL + 1,
        "share of counts": nil_counts / (everything + 1),
        "log count": np.log1p(nil_counts) / 5,
        "log total": np.log1p(total) / 5,
        "log candidates": np.log1p(sizes) / 4,
        "best prior": _maxima(prior, sizes),
        "best name": _maxima(names[:, NAME_FEATURES.index(BEST_NAME)], sizes),
        "best popularity": np.log1p(_maxima(popularity, sizes)) / 14,
        "fuller name is unknown": np.array([unknown for _, unknown in lent], dtype=np.float32),
    }
    return _table(features, FEATURES), _table(nil_features, NIL_FEATURES)


def _table(columns: Mapping[str, Floats], names: Sequence[str]) -> NDArray[np.float32]:
    """Columns of some names side by side, (n_rows, n_names)."""
    return np.column_stack([columns[name] for name in names]).astype(np.float32)


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
        # A bend at slope * x + offset = 0 lies between 0 and 1, where the features are.
        self.offset = nn.Parameter(-torch.rand(shape) * self.slope.detach())
        self.height = nn.Parameter(torch.zeros(shape))

    def forward(self, features: Tensor) -> Tensor:
        """The part of each feature in the score, (n, n_features), of features, (n, n_features)."""
        # bent: (n, n_features, n_bends). Features are taken less 1, so that with `WEIGHTS` the line
        # of "log prior" is the log prior itself: 0 for a prior of 1.
        bent = nn.functional.gelu(features.unsqueeze(-1) * self.slope + self.offset)
        return (features - 1) * self.weight + (bent * self.height).sum(-1)


def _joined(parts: Sequence[NDArray[Any]], dtype: type = np.float32) -> NDArray[Any]:
    """The parts end to end; an empty array of the type if there are no parts."""
    return np.concatenate([np.zeros(0, dtype=dtype), *parts])


def _sums(values: Floats, groups: NDArray[np.int64], n: int) -> Floats:
    return np.bincount(groups, weights=values, minlength=n).astype(np.float64)


def _maxima(values: Floats, sizes: NDArray[np.int64]) -> Floats:
    """The largest of each group of neighbours; 0 in an empty group."""
    out = np.zeros(len(sizes))
    if len(values):
        firsts = np.cumsum(sizes) - sizes
        out[sizes > 0] = np.maximum.reduceat(values, firsts[sizes > 0])
    return out
