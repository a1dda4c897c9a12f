"""What training documents link, counted, and the same counts without one of the documents."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_ROW", "Floats", "TrainingCounts"]

NO_ROW = -1
"""Stands for the row of an entity that the knowledge base lacks, `NIL` among them."""

Floats: TypeAlias = NDArray[np.floating[Any]]
"""Floating-point numbers of any precision."""


@dataclass(frozen=True, slots=True)
class _OfDocument:
    """What one document added to the counts: to entities, to `NIL`, to names of entities."""

    links: Counter[int]
    nil: Counter[str]
    names: Counter[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCounts:
    """How often training documents link to each entity, and what they call `NIL`.

    The knowledge base counts how often a name means an entity, with its aliases. Its counts pass
    through this class because of `without`: at inference no document is among the counted ones. A
    model that learns from a document and sees what the document itself added to the counts would
    trust counts too much.

    Args:
        links: Row of an entity to the number of its links.
        nil: Key (normalised surface) to the number of times that it is `NIL`.
        new_names: Key and row of each name that the base knows from training alone, to the
            number of its links.
        left_out: What the left-out document added to the counts.
    """

    links: Mapping[int, int] = field(default_factory=dict)
    nil: Mapping[str, int] = field(default_factory=dict)
    new_names: Mapping[tuple[str, int], int] = field(default_factory=dict)
    left_out: _OfDocument | None = None

    def without(self, links: Iterable[tuple[str, int]]) -> Self:
        """The counts as they would be without a document.

        Args:
            links: Key and row of each mention of the document that is linked or `NIL`.
        """
        pairs = list(links)
        linked = [pair for pair in pairs if pair[1] != NO_ROW]
        nil = Counter(key for key, row in pairs if row == NO_ROW)
        left_out = _OfDocument(Counter(row for _, row in linked), nil, Counter(linked))
        return replace(self, left_out=left_out)

    def of_entities(self, rows: NDArray[np.int64]) -> Floats:
        """Links to the entities on some rows, (n_rows)."""
        links = np.array([self.links.get(row, 0) for row in rows.tolist()], dtype=np.float32)
        if self.left_out is None:
            return links
        added = np.array([self.left_out.links[row] for row in rows.tolist()], dtype=np.float32)
        left: Floats = np.maximum(links - added, 0)
        return left

    def of_nil(self, key: str) -> int:
        """How often a key is `NIL`."""
        added = self.left_out.nil[key] if self.left_out else 0
        return max(self.nil.get(key, 0) - added, 0)

    def of_name(self, key: str, rows: NDArray[np.int64], counts: Floats) -> Floats:
        """How often a name means the entities on some rows, (n_rows).

        Args:
            key: The normalised name.
            rows: (n_rows).
            counts: The counts of the knowledge base, (n_rows).
        """
        if self.left_out is None:
            return counts
        added = [self.left_out.names[key, row] for row in rows.tolist()]
        less = np.maximum(counts - np.array(added, dtype=np.float32), 0)
        return np.where(self.knows(key, rows), less, np.float32(0))

    def knows(self, key: str, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the knowledge base would have a name for the entities on some rows, (n_rows).

        It would not have a name that training alone brought, all of it from the left-out document.
        """
        if self.left_out is None:
            return np.ones(len(rows), dtype=bool)
        added, new = self.left_out.names, self.new_names
        pairs = [(key, row) for row in rows.tolist()]
        return np.array([added[p] == 0 or new.get(p) != added[p] for p in pairs], dtype=bool)
