"""Candidates for misspelt surfaces: keys that share trigrams, compared letter by letter."""

import json
from collections import Counter
from collections.abc import Sequence
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
from nerlink.kb.store.rows import sound_count, sound_text
from nerlink.kb.store.schema import has_fuzzy

__all__ = ["Fuzzy"]

_MIN_SIMILARITY: Final = 0.8
"""Twice the letters in common by both lengths; `Obma` and `Obama` have 0.89."""

_MAX_KEYS: Final = 20_000
"""Keys that the rarest trigrams of a surface may lead to; more common trigrams are not asked."""

_N_READ: Final = 500
"""Keys whose text is read: those that share most of the rarest trigrams."""

_N_COMPARED: Final = 20
"""Keys compared letter by letter: those that share most of all trigrams."""

_LONGEST: Final = 200
"""Characters of a surface that is looked up: comparing two names letter by letter takes time with
the square of their length, and more. A longer one is a passage, not a misspelt name."""

_SHARPNESS: Final = 20.0
"""A key that is 0.05 less similar than another weighs 1/e of it."""


class Fuzzy(FromBase):
    """Entities with an alias spelt nearly like the surface; `score` is the similarity, 0 to 1.

    Priors are the priors of the similar aliases, weighted by similarity. Surfaces of fewer than
    three characters, or of more than 200, have no candidates. The base needs its trigram index
    (`kb.index_fuzzy()`).
    """

    def __init__(self, kb: Base) -> None:
        super().__init__(kb)
        self._normalised = Normalised(kb)
        if not has_fuzzy(kb.connection):
            raise KnowledgeBaseError(
                f"{kb.path}: no index for fuzzy look-up. Open it with read_only=False and call "
                f"kb.index_fuzzy(), or call nerlink kb index --fuzzy {kb.path}."
            )

    def _look_up(self, surfaces: Sequence[str]) -> list[tuple[Candidate, ...]]:
        return [self._spelt_like(normalise(surface)) for surface in surfaces]

    def _spelt_like(self, key: str) -> tuple[Candidate, ...]:
        """The candidates of all keys that are similar to one key, best first."""
        if not 3 <= len(key) <= _LONGEST:
            return ()
        similar = self._similar_keys(key)
        found = dict(zip(similar, self._normalised.candidates_of(list(similar)), strict=True))
        # An exponential of the similarity, so that many poor keys do not outweigh a good one.
        weights = {one: exp(_SHARPNESS * (score - 1)) for one, score in similar.items()}
        # A key has no candidates where its entity was removed; it takes no share of the priors.
        mass = sum(weights[one] for one in similar if found[one])
        priors: dict[str, float] = {}
        scores: dict[str, float] = {}
        counts: Counter[str] = Counter()
        for one, score in similar.items():
            for candidate in found[one]:
                entity, share = candidate.entity, (candidate.prior or 0.0) * weights[one] / mass
                priors[entity] = priors.get(entity, 0.0) + share
                scores[entity] = max(scores.get(entity, 0.0), score)
                counts[entity] += candidate.count
        ranked = sorted((-prior, entity) for entity, prior in priors.items())
        return tuple(
            Candidate(entity=entity, prior=-prior, score=scores[entity], count=counts[entity])
            for prior, entity in ranked
        )

    def _similar_keys(self, key: str) -> dict[str, float]:
        """The similarity of each key that is similar enough to one key.

        The three steps narrow down, each dearer for a key than the one before: sharing rare
        trigrams (SQL), sharing all trigrams (sets), comparing letters (`SequenceMatcher`).
        """
        wanted = _trigrams(key)
        shared = {}
        for other in self._keys_sharing(wanted, len(key)):
            there = _trigrams(other)
            # Half the Dice coefficient, which has the same order.
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
        # Twice the shorter length by both lengths is the most that the similarity can be. Two
        # blanks surround a stored key.
        ratio = (2 - _MIN_SIMILARITY) / _MIN_SIMILARITY
        bounds = (int(length / ratio), int(length * ratio) + 1)
        found = connection.execute(query, (nearest, *bounds))
        return [sound_text(connection, key, "a key of its trigram index")[1:-1] for (key,) in found]

    def _rarest(self, trigrams: set[str]) -> list[str]:
        """The rarest trigrams, as many as the budget of keys allows."""
        query = (
            "SELECT value, coalesce(n_keys, 0) AS n FROM json_each(?) "
            "LEFT JOIN trigram ON term = value ORDER BY n, value"
        )
        known = self.kb.connection.execute(query, (json.dumps(sorted(trigrams)),)).fetchall()
        n_keys = accumulate(
            sound_count(self.kb.connection, n, f"its count of {term!r}") for term, n in known
        )
        rare = [term for (term, _), n in zip(known, n_keys, strict=True) if n <= _MAX_KEYS]
        return rare or [term for term, _ in known[:1]]


def _trigrams(key: str) -> set[str]:
    padded = f" {key} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}
