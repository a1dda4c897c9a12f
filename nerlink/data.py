"""The plain data that crosses every border: documents, mentions, candidates, entities.

Offsets are characters of `Document.text`, counted from 0; `start` counts, `end` does not, so
`doc.text[mention.start : mention.end]` is the mention. Nothing here needs a third-party package.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

__all__ = [
    "NIL",
    "Candidate",
    "Document",
    "Entity",
    "EntityNames",
    "Mention",
    "NilKind",
    "is_one_line",
]

NIL: Final = "NIL"
"""The `entity` of a mention that is known to have no entry in the knowledge base."""


def is_one_line(name: str) -> bool:
    """Whether a text may be an id, a label or a name: it has no tabs and no line ends.

    Columns of text files and lines of logs would break there.
    """
    return "\t" not in name and name.splitlines() == [name]


class NilKind(StrEnum):
    """Why a predicted mention carries `NIL`."""

    NO_CANDIDATE = "no candidate"
    BELOW_THRESHOLD = "below threshold"
    PREDICTED = "predicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entity that a mention may mean.

    Args:
        entity: Knowledge-base id (or `NIL`, where the model weighs it too).
        score: Probability among the mention's candidates, 0 to 1.
        prior: P(entity | surface) before any context is read, 0 to 1.
        count: How often this surface was seen to mean this entity.
    """

    entity: str
    score: float | None = None
    prior: float | None = None
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A stretch of text that names something.

    Args:
        start: First character, counted from 0.
        end: One past the last character.
        label: Entity type, such as `PER`; `None` where only the link is known.
        entity: Knowledge-base id, `NIL` if the base has none, `None` while unlinked.
        score: Probability of the span and its label, 0 to 1.
        link_score: Probability of the entity, 0 to 1.
        candidates: What it may mean, best first.
        nil: Why it was predicted `NIL`, if it was.
    """

    start: int
    end: int
    label: str | None = None
    entity: str | None = None
    score: float | None = None
    link_score: float | None = None
    candidates: tuple[Candidate, ...] = ()
    nil: NilKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text and what is known about it.

    Args:
        text: The text, untouched.
        id: A name that is unique in its corpus.
        mentions: In order of `start`, then `end`.
        sentences: Character ranges, where a segmentation is given.
        tokens: Character ranges, where a tokenisation is given.
        meta: Any extra columns; they travel along and come back.
        complete: Whether what is not marked is known to be no mention. Where it is not, unmarked
            text does not teach that there is none, and a mention without an entity that has
            candidates means one of them.
    """

    text: str
    id: str | None = None
    mentions: tuple[Mention, ...] = ()
    sentences: tuple[tuple[int, int], ...] | None = None
    tokens: tuple[tuple[int, int], ...] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    complete: bool = True

    def surface(self, mention: Mention) -> str:
        """The text of a mention."""
        return self.text[mention.start : mention.end]

    def means_one_of(self, mention: Mention) -> tuple[Candidate, ...]:
        """The candidates of which a mention is known to mean one; empty if that is not known."""
        return () if self.complete or mention.entity is not None else mention.candidates

    def _repr_html_(self) -> str:
        """The document as a notebook shows it."""
        # Imported here, and only when asked to show itself: display stands later on the road.
        from nerlink.display.html import document_html

        return document_html(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """An entry of a knowledge base.

    Args:
        id: Unique in its knowledge base.
        name: What people call it; also its first alias.
        description: One line that tells it from its namesakes.
        type: Its kind, such as `PER` or `city`, where known.
        popularity: Any count that grows with fame (in-links, page views); 0 if unknown.
        aliases: Further surface forms, each with how often it was seen to mean this entity.
    """

    id: str
    name: str
    description: str = ""
    type: str | None = None
    popularity: float = 0.0
    aliases: Mapping[str, int] = field(default_factory=dict)


EntityNames = Callable[[str], str]
"""What people call an entity, by its id; the id itself where no name is known."""
