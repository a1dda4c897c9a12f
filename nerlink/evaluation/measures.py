"""One call that scores predicted documents against gold ones."""

from collections.abc import Iterable, Mapping, Sequence

from nerlink.data import NIL, Document
from nerlink.errors import DataError
from nerlink.evaluation.breakdown import breakdown_tables
from nerlink.evaluation.calibration import link_reliability, ner_reliability
from nerlink.evaluation.counts import Ratio
from nerlink.evaluation.linking import disambiguation_ratios, linking_ratios, linking_table
from nerlink.evaluation.matching import Pair, match_documents
from nerlink.evaluation.ner import mention_ratios, ner_ratios, score_ner
from nerlink.evaluation.report import Report, Table
from nerlink.evaluation.tokens import score_tokens

__all__ = ["evaluate", "evaluate_links", "ratios_by_document"]


def evaluate(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    seen: Mapping[str, int] | None = None,
) -> Report:
    """Scores of a system's documents, whatever system wrote them.

    Args:
        gold: What is right.
        predicted: The same texts as the system sees them, matched by id or else by order.
        seen: How often training linked to each entity; adds what depends on it.

    Raises:
        DataError: A document is missing, is there twice, or has another text.
    """
    pairs = match_documents(gold, predicted)
    scores: dict[str, float] = {}
    tables = {"counts": _counts_table(pairs)}
    ner = score_ner(pairs)
    if ner is not None:
        scores |= ner.scores
        tables["ner"] = ner.table
    tokens = score_tokens(pairs)
    if tokens is not None:
        scores |= tokens[0]
        tables["tokens"] = tokens[1]
    bins = ner_reliability(pairs)
    if bins.counts.any():
        scores["ner.ece"] = bins.ece
        tables["ner.reliability"] = bins.table("Reliability of mentions")
    links = _score_links(pairs, {**mention_ratios(pairs), **linking_ratios(pairs)}, seen)
    return Report(scores={**scores, **links.scores}, tables={**tables, **links.tables})


def evaluate_links(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    seen: Mapping[str, int] | None = None,
) -> Report:
    """Scores of a system that was given the gold mentions and had to link them.

    Raises:
        DataError: As `evaluate`, or the prediction lacks a gold mention that has an entity.
    """
    pairs = match_documents(gold, predicted)
    for pair in pairs:
        _check_all_given(pair)
    return _score_links(pairs, linking_ratios(pairs), seen)


def ratios_by_document(
    pairs: Sequence[Pair], *, seen: Mapping[str, int] | None = None
) -> dict[str, Ratio]:
    """Every measure that is a ratio of sums over documents, for intervals and tests."""
    return {
        **ner_ratios(pairs),
        **mention_ratios(pairs),
        **linking_ratios(pairs),
        **disambiguation_ratios(pairs, seen=seen),
    }


def _score_links(
    pairs: Sequence[Pair], ratios: Mapping[str, Ratio], seen: Mapping[str, int] | None
) -> Report:
    ratios = {**ratios, **disambiguation_ratios(pairs, seen=seen)}
    scores = {name: ratio.value for name, ratio in ratios.items()}
    table = linking_table(scores)
    tables = {"linking": table} if table.rows else {}
    tables |= breakdown_tables(pairs, seen=seen)
    bins = link_reliability(pairs)
    if bins.counts.any():
        scores["linking.ece"] = bins.ece
        tables["linking.reliability"] = bins.table("Reliability of links")
    return Report(scores=scores, tables=tables)


def _counts_table(pairs: Sequence[Pair]) -> Table:
    rows = []
    for side, documents in (
        ("gold", [pair.gold for pair in pairs]),
        ("predicted", [pair.predicted for pair in pairs]),
    ):
        mentions = [mention for doc in documents for mention in doc.mentions]
        n_nil = sum(mention.entity == NIL for mention in mentions)
        n_unlinked = sum(mention.entity is None for mention in mentions)
        n_linked = len(mentions) - n_nil - n_unlinked
        rows.append((side, len(documents), len(mentions), n_linked, n_nil, n_unlinked))
    columns = ("side", "documents", "mentions", "linked", "NIL", "without link")
    return Table(title="What was compared", columns=columns, rows=tuple(rows))


def _check_all_given(pair: Pair) -> None:
    given = {(m.start, m.end) for m in pair.predicted.mentions}
    for mention in pair.gold.mentions:
        if mention.entity is not None and (mention.start, mention.end) not in given:
            raise DataError(
                f"{pair.name}: the prediction lacks the gold mention "
                f"{pair.gold.surface(mention)!r} at {mention.start}-{mention.end}. Link the gold "
                "mentions themselves, or score found mentions with evaluate()."
            )
