"""What a format could not carry: counted for every document written, never silent."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from nerlink.data import Document
from nerlink.sources.keys import MENTION_KEYS
from nerlink.words import number_of

__all__ = ["EVERYTHING", "INCOMPLETE", "Losses", "WriteReport", "left_out"]

log = logging.getLogger(__name__)

INCOMPLETE: Final = "marks of incomplete documents"
"""What is lost where a format has no place for `Document.complete`."""

_NAMES: Mapping[str, str] = {"entity": "links", "nil": "kinds of NIL"}


def _n_values(key: str, doc: Document) -> int:
    """How many values the mentions of a document have for a key."""
    values = (getattr(mention, key) for mention in doc.mentions)
    return sum(len(v) if isinstance(v, tuple) else v is not None for v in values)


_FACTS: Mapping[str, Callable[[Document], int]] = {
    "ids": lambda doc: doc.id is not None,
    "mentions": lambda doc: len(doc.mentions),
    **{
        _NAMES.get(key, f"{key.removesuffix('s').replace('_', ' ')}s"): partial(_n_values, key)
        for key in MENTION_KEYS
        if key not in ("start", "end")
    },
    "sentences": lambda doc: len(doc.sentences or ()),
    "tokens": lambda doc: len(doc.tokens or ()),
    "meta columns": lambda doc: len(doc.meta),
    INCOMPLETE: lambda doc: not doc.complete,
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
        return ", ".join(f"{kind} ({n:,})" for kind, n in sorted(self.counts.items()))

    def note(self, doc: Document, *, carried: frozenset[str]) -> None:
        """Count all that a document holds and the format does not carry."""
        for fact in EVERYTHING - carried:
            self.add(fact, _FACTS[fact](doc))


@contextmanager
def left_out(path: str | Path) -> Iterator[Losses]:
    """Counts of what a reader leaves out on purpose, logged once the file is read."""
    losses = Losses()
    yield losses
    if losses.counts:
        log.warning("%s: left out or changed: %s.", path, losses)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """What went into a file, and what did not.

    Args:
        path: The file.
        n_documents: Documents written.
        n_mentions: Mentions these documents have (`lost` says which were left out).
        lost: Kind of loss to how many; empty if the file holds everything.
        n_empty: Documents without a mention: among others, they teach that there is none.
    """

    path: str
    n_documents: int
    n_mentions: int
    lost: Mapping[str, int]
    n_empty: int = 0

    def __str__(self) -> str:
        lost = f"the format could not carry {Losses(Counter(self.lost))}"
        empty = f" ({self.n_empty:,} without a mention)" if self.n_empty else ""
        return (
            f"{self.path}: {number_of(self.n_documents, 'documents')}{empty}, "
            f"{number_of(self.n_mentions, 'mentions')}; {lost if self.lost else 'nothing lost'}."
        )
