"""Which links of a document count, and how each gold mention fared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nerlink.data import NIL, Mention
from nerlink.evaluation.matching import Pair
from nerlink.evaluation.spans import overlaps_any

__all__ = ["Link", "Links", "Outcome", "disambiguations", "links_of"]

Link = tuple[int, int, str]
"""Start, end and entity of a mention; the entity may be `NIL`."""


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one document that count.

    Args:
        gold: Annotated links.
        predicted: Predicted ones, except where nobody annotated what is right.
    """

    gold: frozenset[Link]
    predicted: frozenset[Link]

    def in_kb(self) -> "Links":
        """Only links to an entity; a predicted entity on a gold `NIL` stays, as a mistake."""
        return Links(
            frozenset(link for link in self.gold if link[2] != NIL),
            frozenset(link for link in self.predicted if link[2] != NIL),
        )

    def to_nil(self) -> "Links":
        """Only mentions said to have no entity."""
        return Links(
            frozenset(link for link in self.gold if link[2] == NIL),
            frozenset(link for link in self.predicted if link[2] == NIL),
        )


def links_of(pair: Pair) -> Links:
    """Links that count in a document.

    Gold mentions with entity `None` are neither rewarded nor punished: a prediction with their
    borders, or one that overlaps them and no annotated mention, is left out. A document whose
    mentions are all like that is not annotated with links, and left out whole.
    """
    gold = frozenset((m.start, m.end, m.entity) for m in pair.gold.mentions if m.entity is not None)
    if pair.gold.mentions and not gold:
        return Links(frozenset(), frozenset())
    annotated = {(start, end) for start, end, _ in gold}
    unknown = {(m.start, m.end) for m in pair.gold.mentions if m.entity is None} - annotated
    predicted = frozenset(
        (m.start, m.end, m.entity) for m in pair.predicted.mentions if m.entity is not None
    )
    if unknown:
        spans = {(start, end) for start, end, _ in predicted}
        left_out = spans & unknown
        left_out |= overlaps_any(spans, unknown) - overlaps_any(spans, annotated)
        predicted = frozenset(link for link in predicted if link[:2] not in left_out)
    return Links(gold, predicted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A gold mention with an entity whose borders the prediction has too.

    Args:
        entity: What it means.
        label: Its gold label.
        is_correct: Whether the prediction links it to that entity.
        n_candidates: Candidates that the prediction lists, `NIL` not counted.
        is_candidate: Whether the entity is one of them.
        is_best: Whether it is the first of them.
    """

    entity: str
    label: str | None
    is_correct: bool
    n_candidates: int
    is_candidate: bool
    is_best: bool


def disambiguations(pair: Pair) -> Iterator[Outcome]:
    """How each gold mention that has an entity, and is predicted with its borders, fared."""
    predicted: dict[tuple[int, int], list[Mention]] = {}
    for mention in pair.predicted.mentions:
        predicted.setdefault((mention.start, mention.end), []).append(mention)
    gold = {(m.start, m.end, m.entity): m for m in reversed(pair.gold.mentions)}
    for (start, end, entity), mention in sorted(gold.items(), key=lambda item: item[0][:2]):
        if entity not in (None, NIL) and (start, end) in predicted:
            yield _outcome(entity, mention.label, predicted[start, end])


def _outcome(entity: str, label: str | None, predicted: Sequence[Mention]) -> Outcome:
    listed = [[c.entity for c in m.candidates if c.entity != NIL] for m in predicted]
    candidates = {candidate for candidates in listed for candidate in candidates}
    return Outcome(
        entity=entity,
        label=label,
        is_correct=any(mention.entity == entity for mention in predicted),
        n_candidates=len(candidates),
        is_candidate=entity in candidates,
        is_best=any(candidates[:1] == [entity] for candidates in listed),
    )
