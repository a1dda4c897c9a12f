"""Entity linking: strong and weak matches, with and without `NIL`, micro and by document.

First which links of a document count, and how each gold mention fared; then the scores of both.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nerlink.data import NIL, Mention
from nerlink.evaluation.counts import Counts, Ratio, macro_ratios, micro_ratios
from nerlink.evaluation.matching import Pair, Range, overlaps_any, pair_overlapping
from nerlink.evaluation.report import Cell, Table

__all__ = [
    "Linked",
    "Links",
    "Outcome",
    "disambiguation_ratios",
    "disambiguations",
    "linking_ratios",
    "linking_table",
    "links_of",
]

Linked = tuple[int, int, str]
"""Start, end and entity of a mention; the entity may be `NIL`."""


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one document that count.

    Args:
        gold: Annotated links.
        predicted: Predicted links, except where nobody annotated what is right.
    """

    gold: frozenset[Linked]
    predicted: frozenset[Linked]

    def in_kb(self) -> "Links":
        """Only links to an entity; a predicted entity on a gold `NIL` stays, as a mistake."""
        return Links(
            frozenset(link for link in self.gold if link[2] != NIL),
            frozenset(link for link in self.predicted if link[2] != NIL),
        )


def links_of(pair: Pair) -> Links:
    """The links of a document that count.

    Gold mentions with entity `None` are neither rewarded nor punished: a predicted link is left
    out if its mention has the borders of such a gold mention, or overlaps one and overlaps no
    annotated mention. If all gold mentions have entity `None`, nobody annotated links in the
    document, and all predicted links are left out.
    """
    gold = frozenset((m.start, m.end, m.entity) for m in pair.gold.mentions if m.entity is not None)
    if pair.gold.mentions and not gold:
        return Links(frozenset(), frozenset())
    annotated = {(start, end) for start, end, _ in gold}
    # The same range can stand there twice, once with an entity; then what is right is known.
    unknown = {(m.start, m.end) for m in pair.gold.mentions if m.entity is None} - annotated
    predicted = frozenset(
        (m.start, m.end, m.entity) for m in pair.predicted.mentions if m.entity is not None
    )
    if unknown:
        ranges = {(start, end) for start, end, _ in predicted}
        left_out = ranges & unknown
        left_out |= overlaps_any(ranges, unknown) - overlaps_any(ranges, annotated)
        predicted = frozenset(link for link in predicted if link[:2] not in left_out)
    return Links(gold, predicted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A gold mention that has an entity and that the prediction found, with the same borders.

    Args:
        entity: The gold entity.
        label: The gold label.
        is_correct: Whether the prediction links the mention to the gold entity.
        n_candidates: Candidates that the prediction lists, `NIL` not counted.
        is_candidate: Whether the gold entity is one of the candidates.
        is_best: Whether the gold entity is the first of the candidates.
    """

    entity: str
    label: str | None
    is_correct: bool
    n_candidates: int
    is_candidate: bool
    is_best: bool


def disambiguations(pair: Pair) -> Iterator[Outcome]:
    """How each gold mention that has an entity, and that the prediction found, fared."""
    predicted: dict[Range, list[Mention]] = defaultdict(list)
    for mention in pair.predicted.mentions:
        predicted[mention.start, mention.end].append(mention)
    # Reversed, so that of gold mentions with one range and entity the first gives the label.
    gold = {(m.start, m.end, m.entity): m for m in reversed(pair.gold.mentions)}
    for (start, end, entity), mention in sorted(gold.items(), key=lambda item: item[0][:2]):
        if entity not in (None, NIL) and (start, end) in predicted:
            yield _outcome(entity, mention.label, predicted[start, end])


def _outcome(entity: str, label: str | None, predicted: Sequence[Mention]) -> Outcome:
    """How a gold mention fared; of several predicted mentions in its place, the best one counts."""
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


def linking_ratios(pairs: Sequence[Pair]) -> dict[str, Ratio]:
    """End-to-end measures: `linking.inkb.f1`, `linking.withnil.f1`, `linking.nil.f1`, ...

    A strong match has the same borders and entity. A weak match has the same entity and a
    character in common; one gold link matches one predicted link at most. Every measure comes as
    `f1`, `precision` and `recall`.

    Every entity but `NIL` counts as in the knowledge base (InKB), since documents do not say what
    a knowledge base holds. A gold link to an entity that the knowledge base lacks therefore counts
    as missed; write `NIL` in the gold documents where that is not wanted.
    """
    links = [links_of(pair) for pair in pairs]
    in_kb = [of_document.in_kb() for of_document in links]
    strong = [_strong(of_document) for of_document in in_kb]
    weak = [_weak(of_document) for of_document in in_kb]
    with_nil = [_strong(of_document) for of_document in links]
    weak_with_nil = [_weak(of_document) for of_document in links]
    nil = [
        _strong(Links(both.gold - entities.gold, both.predicted - entities.predicted))
        for both, entities in zip(links, in_kb, strict=True)
    ]
    groups = {
        "linking.inkb": micro_ratios(strong),
        "linking.macro": macro_ratios(strong),
        "linking.weak": micro_ratios(weak),
        "linking.weak.macro": macro_ratios(weak),
        "linking.withnil": micro_ratios(with_nil),
        "linking.withnil.macro": macro_ratios(with_nil),
        "linking.weak.withnil": micro_ratios(weak_with_nil),
        "linking.nil": micro_ratios(nil),
    }
    return {f"{group}.{name}": r for group, ratios in groups.items() for name, r in ratios.items()}


def _strong(links: Links) -> Counts:
    return Counts(len(links.gold & links.predicted), len(links.predicted), len(links.gold))


def _weak(links: Links) -> Counts:
    sides: list[dict[str, list[Range]]] = [defaultdict(list), defaultdict(list)]
    for ranges, side in zip(sides, (links.gold, links.predicted), strict=True):
        for start, end, entity in side:
            ranges[entity].append((start, end))
    gold, predicted = sides
    common = gold.keys() & predicted.keys()
    correct = sum(len(pair_overlapping(gold[entity], predicted[entity])) for entity in common)
    return Counts(correct, len(links.predicted), len(links.gold))


def disambiguation_ratios(
    pairs: Sequence[Pair], *, seen: Mapping[str, int] | None = None
) -> dict[str, Ratio]:
    """Accuracy on gold mentions that have an entity and that the prediction found.

    `linking.disambiguation` is over all of them, `linking.disambiguation.<label>` over those with
    a label, `linking.unseen` over those whose entity `seen` lacks. If the prediction lists
    candidates, `candidates.recall` says how often the gold entity is among them, and
    `linking.ranking` how often it is the best of them: unlike `linking.disambiguation`, that does
    not count a `NIL` answer as wrong.
    """
    outcomes = [list(disambiguations(pair)) for pair in pairs]
    all_outcomes = [outcome for of_document in outcomes for outcome in of_document]
    ratios = {"linking.disambiguation": _share(outcomes, "is_correct")}
    found: defaultdict[str, defaultdict[int, list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0])
    )
    for number, of_document in enumerate(outcomes):
        for outcome in of_document:
            if outcome.label is not None:
                counts = found[outcome.label][number]
                counts[0] += outcome.is_correct
                counts[1] += 1
    for label in sorted(found):
        ratios[f"linking.disambiguation.{label}"] = Ratio.at(len(pairs), found[label])
    if seen is not None:
        unseen = [[o for o in of_document if not seen.get(o.entity)] for of_document in outcomes]
        ratios["linking.unseen"] = _share(unseen, "is_correct")
    if any(outcome.n_candidates for outcome in all_outcomes):
        ratios["candidates.recall"] = _share(outcomes, "is_candidate")
        ratios["linking.ranking"] = _share(outcomes, "is_best")
    return {name: ratio for name, ratio in ratios.items() if ratio.denominator.any()}


def _share(outcomes: Sequence[Sequence[Outcome]], what: str) -> Ratio:
    """How many outcomes of each document are what the name says, among all of the document."""
    return Ratio.of(
        (sum(getattr(outcome, what) for outcome in of_document), len(of_document))
        for of_document in outcomes
    )


ROWS: Mapping[str, str] = {
    "linking.inkb": "InKB, strong, micro",
    "linking.macro": "InKB, strong, by document",
    "linking.weak": "InKB, weak, micro",
    "linking.weak.macro": "InKB, weak, by document",
    "linking.withnil": "with NIL, strong, micro",
    "linking.withnil.macro": "with NIL, strong, by document",
    "linking.weak.withnil": "with NIL, weak, micro",
    "linking.nil": "NIL alone",
    "mentions": "mentions alone, strong",
    "mentions.weak": "mentions alone, weak",
}
"""Measures that come as `f1`, `precision` and `recall`, and what a table calls them."""


def linking_table(scores: Mapping[str, float]) -> Table:
    """A row for each way to match that was measured."""
    measures = ("precision", "recall", "f1")
    rows: Iterator[tuple[Cell, ...]] = (
        (title, *(scores[f"{group}.{measure}"] for measure in measures))
        for group, title in ROWS.items()
        if f"{group}.f1" in scores
    )
    return Table("Linking, end to end", ("match", *measures), tuple(rows))
