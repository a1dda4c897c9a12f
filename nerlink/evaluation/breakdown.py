"""Disambiguation accuracy by label, training frequency and candidates; `NIL` by its kinds."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from nerlink.data import NIL, Document, Mention, NilKind
from nerlink.evaluation.linking import Outcome, disambiguations
from nerlink.evaluation.matching import Pair
from nerlink.evaluation.report import Cell, Table

__all__ = ["SEEN_BUCKETS", "breakdown_tables", "bucket_of", "count_entities"]

SEEN_BUCKETS: Mapping[str, int] = {"0": 0, "1": 1, "2-10": 10, "11-100": 100}
"""Largest count of each bucket; counts above the last one are `more`."""

CANDIDATE_BUCKETS: Mapping[str, int] = {"0": 0, "1": 1, "2-3": 3, "4-10": 10, "11-30": 30}

ANSWERS = (NIL, "an entity", "not linked", "no mention")


def bucket_of(count: int, buckets: Mapping[str, int]) -> str:
    """The first bucket that is large enough, or `more`.

    >>> bucket_of(7, SEEN_BUCKETS)
    '2-10'
    """
    return next((name for name, largest in buckets.items() if count <= largest), "more")


def count_entities(documents: Iterable[Document]) -> Counter[str]:
    """How often documents link to each entity, `NIL` left out: what `seen` is, of training ones."""
    entities = (mention.entity for doc in documents for mention in doc.mentions)
    return Counter(entity for entity in entities if entity not in (None, NIL))


def breakdown_tables(
    pairs: Sequence[Pair], *, seen: Mapping[str, int] | None = None
) -> dict[str, Table]:
    """Accuracy tables, those without rows left out.

    Returns:
        `linking.labels`; `linking.seen`, if `seen` is given; `linking.candidates`, if the
        prediction lists candidates; `linking.nil.kinds`, if it says why mentions are `NIL`.
    """
    outcomes = [outcome for pair in pairs for outcome in disambiguations(pair)]
    labels = sorted({outcome.label for outcome in outcomes if outcome.label is not None})
    tables = {"linking.labels": _accuracy_table("label", outcomes, lambda o: o.label, labels)}
    if seen is not None:
        tables["linking.seen"] = _accuracy_table(
            "seen in training",
            outcomes,
            lambda o: bucket_of(seen.get(o.entity, 0), SEEN_BUCKETS),
            [*SEEN_BUCKETS, "more"],
        )
    if any(outcome.n_candidates for outcome in outcomes):
        tables["linking.candidates"] = _accuracy_table(
            "candidates",
            outcomes,
            lambda o: bucket_of(o.n_candidates, CANDIDATE_BUCKETS),
            [*CANDIDATE_BUCKETS, "more"],
        )
    tables["linking.nil.kinds"] = _nil_table(pairs)
    return {name: table for name, table in tables.items() if table.rows}


def _nil_table(pairs: Sequence[Pair]) -> Table:
    """What gold says of mentions that were predicted `NIL`, by the reason given."""
    found: dict[NilKind, Counter[str]] = {kind: Counter() for kind in NilKind}
    for pair in pairs:
        gold = {(m.start, m.end): m.entity for m in pair.gold.mentions}
        for mention in pair.predicted.mentions:
            if mention.nil is not None:
                found[mention.nil][_gold_answer(gold, mention)] += 1
    columns = ("predicted NIL for", "mentions", *(f"gold is {answer}" for answer in ANSWERS))
    rows: Iterator[tuple[Cell, ...]] = (
        (kind, n.total(), *(n[answer] for answer in ANSWERS)) for kind, n in found.items() if n
    )
    return Table("NIL by kind", columns, tuple(rows))


def _gold_answer(gold: Mapping[tuple[int, int], str | None], mention: Mention) -> str:
    if (mention.start, mention.end) not in gold:
        return "no mention"
    entity = gold[mention.start, mention.end]
    return "not linked" if entity is None else NIL if entity == NIL else "an entity"


def _accuracy_table(
    name: str,
    outcomes: Iterable[Outcome],
    group_of: Callable[[Outcome], str | None],
    groups: Sequence[str],
) -> Table:
    """A row for each group that has outcomes, in the order given."""
    hits: dict[str | None, list[bool]] = {}
    for outcome in outcomes:
        hits.setdefault(group_of(outcome), []).append(outcome.is_correct)
    rows = tuple((g, sum(hits[g]) / len(hits[g]), len(hits[g])) for g in groups if g in hits)
    return Table(f"Disambiguation by {name}", (name, "accuracy", "mentions"), rows)
