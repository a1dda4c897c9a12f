"""What a format could not carry: counted for every document written, never silent."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nerlink.data import Document
from nerlink.words import number_of

__all__ = ["EVERYTHING", "Losses", "WriteReport"]

_FACTS: Mapping[str, Callable[[Document], int]] = {
    "ids": lambda doc: doc.id is not None,
    "mentions": lambda doc: len(doc.mentions),
    "labels": lambda doc: sum(m.label is not None for m in doc.mentions),
    "links": lambda doc: sum(m.entity is not None for m in doc.mentions),
    "scores": lambda doc: sum(m.score is not None for m in doc.mentions),
    "link scores": lambda doc: sum(m.link_score is not None for m in doc.mentions),
    "candidates": lambda doc: sum(len(m.candidates) for m in doc.mentions),
    "kinds of NIL": lambda doc: sum(m.nil is not None for m in doc.mentions),
    "sentences": lambda doc: len(doc.sentences or ()),
    "tokens": lambda doc: len(doc.tokens or ()),
    "meta columns": lambda doc: len(doc.meta),
}

EVERYTHING = frozenset(_FACTS)
"""All that a document may hold beside its text."""


@dataclass(slots=True)
class Losses:
    """Counts of what was left out or changed, by kind.

    Args:
        counts: Kind, such as `overlapping mentions`, to how many.
    """

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, n: int = 1) -> None:
        """Count `n` more of a kind."""
        if n:
            self.counts[kind] += n

    def __str__(self) -> str:
        return ", ".join(number_of(n, kind) for kind, n in sorted(self.counts.items()))

    def note(self, doc: Document, *, carried: frozenset[str]) -> None:
        """Count all that a document holds and the format does not carry."""
        for fact in EVERYTHING - carried:
            self.add(fact, _FACTS[fact](doc))


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """What went into a file, and what did not.

    Args:
        path: The file.
        n_documents: Documents written.
        n_mentions: Mentions these documents have (`lost` says which were left out).
        lost: Kind of loss to how many; empty if the file holds everything.
    """

    path: str
    n_documents: int
    n_mentions: int
    lost: Mapping[str, int]

    def __str__(self) -> str:
        lost = f"the format could not carry {Losses(Counter(self.lost))}"
        return (
            f"{self.path}: {number_of(self.n_documents, 'documents')}, "
            f"{number_of(self.n_mentions, 'mentions')}; {lost if self.lost else 'nothing lost'}."
        )
