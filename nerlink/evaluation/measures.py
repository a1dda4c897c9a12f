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

__all__ = ["all_ratios", "evaluate", "evaluate_links"]


def evaluate(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    seen: Mapping[str, int] | None = None,
) -> Report:
    """Scores of a system's documents, whatever system wrote them.

    White space at the edges of mentions does not count, and another tool's word for `NIL` is
    `NIL`, on both sides; a warning says how often.

    Args:
        gold: What is right.
        predicted: The same texts as the system sees them, matched by id or else by order.
        seen: How often training linked to each entity; adds the measures that depend on it.

    Raises:
        DataError: A document is missing, is there twice, or has another text.
    """
    pairs = match_documents(gold, predicted)
    links = {**mention_ratios(pairs), **linking_ratios(pairs)}
    return _merge_reports(
        Report(scores={}, tables={"counts": _counts_table(pairs)}),
        score_ner(pairs),
        score_tokens(pairs),
        ner_reliability(pairs).report("ner", title="Reliability of mentions"),
        _score_links(pairs, links, seen),
    )


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


def all_ratios(pairs: Sequence[Pair], *, seen: Mapping[str, int] | None = None) -> dict[str, Ratio]:
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
    """The scores of these ratios and of disambiguation, with all tables about links."""
    ratios = {**ratios, **disambiguation_ratios(pairs, seen=seen)}
    scores = {name: ratio.value for name, ratio in ratios.items()}
    table = linking_table(scores)
    tables = {"linking": table} if table.rows else {}
    return _merge_reports(
        Report(scores=scores, tables=tables | breakdown_tables(pairs, seen=seen)),
        link_reliability(pairs).report("linking", title="Reliability of links"),
    )


def _merge_reports(*reports: Report) -> Report:
    return Report(
        scores={name: score for report in reports for name, score in report.scores.items()},
        tables={name: table for report in reports for name, table in report.tables.items()},
    )


def _counts_table(pairs: Sequence[Pair]) -> Table:
    """How many documents, mentions and links of each kind there are on both sides."""
    rows = []
    for side in ("gold", "predicted"):
        mentions = [mention for pair in pairs for mention in getattr(pair, side).mentions]
        n_nil = sum(mention.entity == NIL for mention in mentions)
        n_unlinked = sum(mention.entity is None for mention in mentions)
        n_linked = len(mentions) - n_nil - n_unlinked
        rows.append((side, len(pairs), len(mentions), n_linked, n_nil, n_unlinked))
    columns = ("side", "documents", "mentions", "linked", "NIL", "without link")
    return Table("What was compared", columns, tuple(rows))


def _check_all_given(pair: Pair) -> None:
    given = {(m.start, m.end) for m in pair.predicted.mentions}
    for mention in pair.gold.mentions:
        if mention.entity is not None and (mention.start, mention.end) not in given:
            raise DataError(
                f"{pair.name}: the prediction lacks the gold mention "
                f"{pair.gold.surface(mention)!r} at {mention.start}-{mention.end}. Link the gold "
                "mentions themselves, or score found mentions with evaluate()."
            )
