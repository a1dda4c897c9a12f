"""Entity linking: strong and weak matches, with and without `NIL`, micro and by document.

First which links of a document count and how each gold mention fared, then the scores of both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nerlink.data import NIL, Mention
from nerlink.evaluation.counts import Counts, Ratio, by_document_ratios, ratios_from_counts
from nerlink.evaluation.matching import Pair, Span, overlaps_any, pair_overlapping
from nerlink.evaluation.report import Table

__all__ = [
    "Link",
    "Links",
    "Outcome",
    "disambiguation_ratios",
    "disambiguations",
    "linking_ratios",
    "linking_table",
    "links_of",
]


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


ROWS: Mapping[str, str] = {
    "linking.inkb": "InKB, strong, micro",
    "linking.macro": "InKB, strong, by document",
    "linking.weak": "InKB, weak, micro",
    "linking.weak.macro": "InKB, weak, by document",
    "linking.withnil": "with NIL, strong, micro",
    "linking.withnil.macro": "with NIL, strong, by document",
    "linking.nil": "NIL alone",
    "mentions": "mentions alone, strong",
    "mentions.weak": "mentions alone, weak",
}


def linking_ratios(pairs: Sequence[Pair]) -> dict[str, Ratio]:
    """End-to-end measures: `linking.inkb.f1`, `linking.withnil.f1`, `linking.nil.f1`, ...

    Strong matches have the same borders and entity, weak ones the same entity and a character in
    common, one gold mention to one predicted. Every measure comes as `f1`, `precision`, `recall`.

    In the knowledge base (InKB) is every entity but `NIL`, since documents alone do not say what a
    base has: where gold links lead outside of it, they count, and should else be `NIL` there.
    """
    links = [links_of(pair) for pair in pairs]
    in_kb = [link.in_kb() for link in links]
    strong, weak = [_strong(link) for link in in_kb], [_weak(link) for link in in_kb]
    with_nil = [_strong(link) for link in links]
    groups = {
        "linking.inkb": ratios_from_counts(strong),
        "linking.macro": by_document_ratios(strong),
        "linking.weak": ratios_from_counts(weak),
        "linking.weak.macro": by_document_ratios(weak),
        "linking.withnil": ratios_from_counts(with_nil),
        "linking.withnil.macro": by_document_ratios(with_nil),
        "linking.nil": ratios_from_counts([_strong(link.to_nil()) for link in links]),
    }
    return {f"{group}.{name}": r for group, ratios in groups.items() for name, r in ratios.items()}


def _strong(links: Links) -> Counts:
    return Counts(len(links.gold & links.predicted), len(links.predicted), len(links.gold))


def _weak(links: Links) -> Counts:
    gold, predicted = _by_entity(links.gold), _by_entity(links.predicted)
    correct = sum(
        len(pair_overlapping(spans, predicted[entity]))
        for entity, spans in gold.items()
        if entity in predicted
    )
    return Counts(correct, len(links.predicted), len(links.gold))


def _by_entity(links: frozenset[Link]) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = {}
    for start, end, entity in links:
        spans.setdefault(entity, []).append((start, end))
    return spans


def disambiguation_ratios(
    pairs: Sequence[Pair], *, seen: Mapping[str, int] | None = None
) -> dict[str, Ratio]:
    """Accuracy on gold mentions that have an entity and that the prediction found.

    `linking.disambiguation` over all, `linking.disambiguation.<label>`, `linking.unseen` over
    entities that `seen` lacks. Where the prediction lists candidates, `candidates.recall` says how
    often the gold entity is among them, and `linking.ranking` how often it is the best of them:
    unlike `linking.disambiguation`, that does not count a `NIL` answer as wrong.
    """
    outcomes = [list(disambiguations(pair)) for pair in pairs]
    all_outcomes = [outcome for document in outcomes for outcome in document]
    ratios = {"linking.disambiguation": _accuracy(outcomes)}
    for label in sorted({o.label for o in all_outcomes if o.label is not None}):
        of_label = [[o for o in document if o.label == label] for document in outcomes]
        ratios[f"linking.disambiguation.{label}"] = _accuracy(of_label)
    if seen is not None:
        unseen = [[o for o in document if not seen.get(o.entity, 0)] for document in outcomes]
        ratios["linking.unseen"] = _accuracy(unseen)
    if any(outcome.n_candidates for outcome in all_outcomes):
        ratios["candidates.recall"] = Ratio.of(
            (sum(o.is_candidate for o in document), len(document)) for document in outcomes
        )
        ratios["linking.ranking"] = Ratio.of(
            (sum(o.is_best for o in document), len(document)) for document in outcomes
        )
    return {name: ratio for name, ratio in ratios.items() if ratio.denominator.any()}


def _accuracy(outcomes: Sequence[Sequence[Outcome]]) -> Ratio:
    return Ratio.of((sum(o.is_correct for o in document), len(document)) for document in outcomes)


def linking_table(scores: Mapping[str, float]) -> Table:
    """A row a way to match, for those that were measured."""
    return Table(
        title="Linking, end to end",
        columns=("match", "precision", "recall", "f1"),
        rows=tuple(
            (title, *(scores[f"{group}.{name}"] for name in ("precision", "recall", "f1")))
            for group, title in ROWS.items()
            if f"{group}.f1" in scores
        ),
    )
