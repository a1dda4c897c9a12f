"""Candidates for misspelt surfaces: keys that share trigrams, compared letter by letter."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from heapq import nlargest
from itertools import accumulate
from math import exp
from operator import itemgetter
from typing import Final

from nerlink.data import Candidate
from nerlink.errors import KnowledgeBaseError
from nerlink.kb.candidates.aliases import FromBase, Normalised
from nerlink.kb.candidates.base import Base
from nerlink.kb.normalise import normalise
from nerlink.kb.store.schema import has_fuzzy

__all__ = ["Fuzzy"]

_MIN_SIMILARITY: Final = 0.8
"""Twice the letters in common by both lengths; `Obma` and `Obama` have 0.89."""

_MAX_KEYS: Final = 20_000
"""Keys counted for a surface, by its rarest trigrams."""

_N_READ: Final = 500
"""Keys that are read, those that share most of these trigrams."""

_N_COMPARED: Final = 20
"""Keys compared letter by letter, those that share most of all trigrams."""

_SHARPNESS: Final = 20.0
"""A key 5 points less similar than the best weighs 1/e of it."""


class Fuzzy(FromBase):
    """Entities with an alias spelt nearly like this one; `score` is the similarity, 0 to 1.

    Priors are those of the similar aliases, weighted by similarity. Surfaces of fewer than three
    characters have no candidates. The base needs its trigram index (`kb.index_fuzzy()`).
    """

    def __init__(self, kb: Base) -> None:
        super().__init__(kb)
        self._normalised = Normalised(kb)
        if not has_fuzzy(kb.connection):
            raise KnowledgeBaseError(
                f"{kb.path}: no index for fuzzy look-up. Open it with read_only=False and call "
                "kb.index_fuzzy(), or build it with BuildOptions(fuzzy=True) (--fuzzy)."
            )

    def _look_up(self, surfaces: Sequence[str]) -> list[tuple[Candidate, ...]]:
        return [self._spelt_like(normalise(surface)) for surface in surfaces]

    def _spelt_like(self, key: str) -> tuple[Candidate, ...]:
        if len(key) < 3:
            return ()
        similar = self._similar_keys(key)
        weights = {one: exp(_SHARPNESS * (score - 1)) for one, score in similar.items()}
        best: dict[str, Candidate] = {}
        found = dict(zip(similar, self._normalised.candidates_of(list(similar)), strict=True))
        mass = sum(weights[one] for one in similar if found[one])
        for one, score in similar.items():
            for candidate in found[one]:
                share = (candidate.prior or 0.0) * weights[one] / mass
                known = best.get(
                    candidate.entity, replace(candidate, prior=0.0, score=0.0, count=0)
                )
                best[candidate.entity] = replace(
                    known,
                    prior=(known.prior or 0.0) + share,
                    score=max(known.score or 0.0, score),
                    count=known.count + candidate.count,
                )
        return tuple(sorted(best.values(), key=lambda one: (-(one.prior or 0.0), one.entity)))

    def _similar_keys(self, key: str) -> dict[str, float]:
        wanted = _trigrams(key)
        shared = {}
        for other in self._keys_sharing(wanted, len(key)):
            there = _trigrams(other)
            shared[other] = len(wanted & there) / (len(wanted) + len(there))
        nearest = nlargest(_N_COMPARED, shared, key=lambda other: (shared[other], other))
        scores = {
            other: SequenceMatcher(None, key, other, autojunk=False).ratio() for other in nearest
        }
        return {other: score for other, score in scores.items() if score >= _MIN_SIMILARITY}

    def _keys_sharing(self, trigrams: set[str], length: int) -> list[str]:
        """Keys of about that length that share most of the rarer trigrams."""
        connection = self.kb.connection
        counts: Counter[int] = Counter()
        for trigram in self._rarest(trigrams):
            term = '"' + trigram.replace('"', '""') + '"'
            query = "SELECT rowid FROM spelling WHERE spelling MATCH ?"
            counts.update(map(itemgetter(0), connection.execute(query, (term,))))
        nearest = json.dumps([row for row, _ in counts.most_common(_N_READ)])
        query = (
            "SELECT spelling.key FROM json_each(?) CROSS JOIN spelling ON spelling.rowid = value "
            "WHERE length(spelling.key) - 2 BETWEEN ? AND ?"
        )
        ratio = (2 - _MIN_SIMILARITY) / _MIN_SIMILARITY
        bounds = (int(length / ratio), int(length * ratio) + 1)
        return [key[1:-1] for (key,) in connection.execute(query, (nearest, *bounds))]

    def _rarest(self, trigrams: set[str]) -> list[str]:
        """The rarest trigrams, as many as the budget of keys allows."""
        query = (
            "SELECT value, coalesce(n_keys, 0) AS n FROM json_each(?) "
            "LEFT JOIN trigram ON term = value ORDER BY n, value"
        )
        known = self.kb.connection.execute(query, (json.dumps(sorted(trigrams)),)).fetchall()
        n_keys = accumulate(count for _, count in known)
        rare = [term for (term, _), n in zip(known, n_keys, strict=True) if n <= _MAX_KEYS]
        return rare or [term for term, _ in known[:1]]


def _trigrams(key: str) -> set[str]:
    padded = f" {key} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}
