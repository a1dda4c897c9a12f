"""A second look at a document: candidates scored again by what its other mentions mean.

The first look scores each mention by itself. The second look reads the probabilities that the first
look gave in the whole document: mentions with the same name, or a part of the name, tend to mean
the same entity; an entity that is meant once is likely to be meant again; and the entities of one
document are about the same things. The few weights of the second look, and a calibration of the
first look, are fitted on development documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nerlink.models.linker.candidates import CandidateSet
from nerlink.models.linker.features import FlatCandidates

__all__ = [
    "LOOK_FEATURES",
    "N_CALIBRATION",
    "FirstLook",
    "SecondLook",
    "best_elsewhere",
    "names_together",
]

LOOK_FEATURES: Final = (
    "first look",
    "NIL",
    "same name elsewhere",
    "same name elsewhere is NIL",
    "elsewhere in the document",
    "close to the rest of the document",
)

N_CALIBRATION: Final = 2
"""The first two features make up the calibration: a sharpness, and a tendency to `NIL`."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The scores of the mentions of a batch, each scored by itself.

    Args:
        scores: Logits of `NIL` and of each candidate, (n_mentions, 1 + most candidates).
        flat: The candidates.
        vectors: Prototype of each candidate, (n_candidates, width).
        passages: Number of the passage that each mention is in.
        sets: The candidate set of each mention.
    """

    scores: Tensor
    flat: FlatCandidates
    vectors: Tensor
    passages: Sequence[int]
    sets: Sequence[CandidateSet]


class SecondLook(nn.Module):
    """Weighs the features of the second look.

    Args:
        width: Width of prototypes.

    Attributes:
        weights: Weights of `LOOK_FEATURES` without (row 0) and with (row 1) the document,
            (2, len(LOOK_FEATURES)).
        center: The mean candidate: what all prototypes have in common says nothing of closeness.
    """

    weights: Tensor
    center: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        weights = torch.zeros(2, len(LOOK_FEATURES))
        weights[:, 0] = 1
        self.register_buffer("weights", weights)
        self.register_buffer("center", torch.zeros(width))

    def forward(self, look: FirstLook, *, is_on: bool) -> Tensor:
        """Calibrated logits of `NIL` and of each candidate, (n_mentions, 1 + most candidates)."""
        weights = self.weights[int(is_on)]
        if is_on and weights[N_CALIBRATION:].any():
            return self.features(look) @ weights
        scores = look.scores * weights[0]
        return torch.cat([scores[:, :1] + weights[1], scores[:, 1:]], dim=1)

    def features(self, look: FirstLook) -> Tensor:
        """The features of `NIL` and of each candidate.

        Returns:
            (n_mentions, 1 + most candidates, len(LOOK_FEATURES)); padding has -inf in the first.
        """
        scores, flat = look.scores, look.flat
        n, width = scores.shape
        # Items are the `NIL`s of all mentions, then all candidates. `NIL` has row -1, so that the
        # `NIL`s of equal names support each other as links do.
        owners = flat.mentions.cpu().numpy()
        columns = flat.places.cpu().numpy() + 1
        probabilities = scores.softmax(-1).cpu().numpy()
        passages = np.asarray(look.passages, dtype=np.int64)
        together = names_together(look.passages, [each.key for each in look.sets])
        mentions = np.concatenate([np.arange(n), owners])
        rows = np.concatenate([np.full(n, -1), flat.rows.cpu().numpy()])
        chances = np.concatenate([probabilities[:, 0], probabilities[owners, columns]])
        # The best probability at another mention of the same name, and anywhere in the passage.
        same = best_elsewhere(together[mentions], rows, chances)
        anywhere = best_elsewhere(passages[mentions], rows, chances)
        device = scores.device
        close = _closeness_to_the_rest(
            look.vectors.to(scores.dtype) - self.center,
            torch.from_numpy(chances[n:]).to(device, scores.dtype),
            flat.mentions,
            torch.from_numpy(passages).to(device),
            torch.from_numpy(together).to(device),
        )

        of_nil = {"NIL": torch.ones(n), "same name elsewhere is NIL": torch.from_numpy(same[:n])}
        of_candidates = {
            "same name elsewhere": torch.from_numpy(same[n:]),
            "elsewhere in the document": torch.from_numpy(anywhere[n:]),
            "close to the rest of the document": close,
        }
        table = scores.new_zeros(n, width, len(LOOK_FEATURES))
        table[..., LOOK_FEATURES.index("first look")] = scores
        for name, values in of_nil.items():
            table[:, 0, LOOK_FEATURES.index(name)] = values.to(device, scores.dtype)
        for name, values in of_candidates.items():
            column = LOOK_FEATURES.index(name)
            table[flat.mentions, flat.places + 1, column] = values.to(device, scores.dtype)
        return table


def names_together(passages: Sequence[int], names: Sequence[str]) -> NDArray[np.int64]:
    """The group of each mention: mentions of a passage that share a name or a part of a name.

    "ada lovelace", "lovelace" and "lovelace" are one group.

    Args:
        passages: Number of the passage each mention is in.
        names: The normalised surface of each mention.
    """
    parents: dict[tuple[int, str], tuple[int, str]] = {}
    holders: dict[tuple[int, str], list[tuple[str, frozenset[str]]]] = {}
    for key in dict.fromkeys(zip(passages, names, strict=True)):
        parents[key] = key
        words = frozenset(key[1].split())
        for word in words:
            holders.setdefault((key[0], word), []).append((key[1], words))
    # A name joins a fuller one that has all its words. It is enough to look at the holders of one
    # of its words; the smallest is as good as any, and the same in every run.
    for passage, name in parents:
        words = frozenset(name.split())
        for fuller, others in holders.get((passage, min(words, default="")), ()):
            if words < others:
                parents[_root(parents, (passage, name))] = _root(parents, (passage, fuller))
    numbers: dict[tuple[int, str], int] = {}
    roots = (_root(parents, key) for key in zip(passages, names, strict=True))
    return np.array([numbers.setdefault(root, len(numbers)) for root in roots], dtype=np.int64)


def _root(parents: dict[tuple[int, str], tuple[int, str]], key: tuple[int, str]) -> tuple[int, str]:
    while parents[key] != key:
        key = parents[key]
    return key


def best_elsewhere(
    groups: NDArray[np.int64], rows: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The highest probability of the same row at another place of the same group; 0 if none.

    Args:
        groups: Group of each item, (n).
        rows: Row of the knowledge base each item stands for, (n).
        probabilities: (n).
    """
    if not len(groups):
        return probabilities
    # Sorted by group, then row, then falling probability: the first of each (group, row) is its
    # best, the second what the best itself finds elsewhere.
    order = np.lexsort((-probabilities, rows, groups))
    group, row, sorted_ = groups[order], rows[order], probabilities[order]
    is_first = np.append(True, (group[1:] != group[:-1]) | (row[1:] != row[:-1]))
    begins = np.flatnonzero(is_first)
    has_second = np.diff(np.append(begins, len(order))) > 1
    second = np.where(has_second, sorted_[np.minimum(begins + 1, len(order) - 1)], 0)
    number = np.cumsum(is_first) - 1
    out = np.empty_like(probabilities)
    out[order] = np.where(is_first, second[number], sorted_[begins][number])
    return out


def _closeness_to_the_rest(
    vectors: Tensor, probabilities: Tensor, mentions: Tensor, passages: Tensor, together: Tensor
) -> Tensor:
    """Cosine of each candidate and what the passage's other names mean, (n_candidates)."""
    # vectors: (n_candidates, width), less the mean candidate. A mention counts by its candidates,
    # weighted by what the first look thinks of them.
    directions = nn.functional.normalize(vectors, dim=-1)
    weighted = probabilities.unsqueeze(-1) * directions
    n_passages, n_names = (int(x.max()) + 1 if len(x) else 0 for x in (passages, together))
    width = vectors.shape[1]
    of_passage = vectors.new_zeros(n_passages, width).index_add(0, passages[mentions], weighted)
    of_name = vectors.new_zeros(n_names, width).index_add(0, together[mentions], weighted)
    # The passage less the mentions of the same name: else a name that stands ten times would agree
    # with itself. eps is large because the difference may be rounding alone.
    rest = nn.functional.normalize(of_passage[passages] - of_name[together], dim=-1, eps=1e-4)
    return (directions * rest[mentions]).sum(-1)
