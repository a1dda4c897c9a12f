"""Entity linking: strong and weak matches, with and without `NIL`, micro and by document."""

from collections.abc import Mapping, Sequence

from nerlink.evaluation.counts import Counts, Ratio, by_document_ratios, ratios_from_counts
from nerlink.evaluation.links import Link, Links, Outcome, disambiguations, links_of
from nerlink.evaluation.matching import Pair
from nerlink.evaluation.report import Table
from nerlink.evaluation.spans import Span, pair_overlapping

__all__ = ["disambiguation_ratios", "linking_ratios", "linking_table"]

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
