"""`nerlink evaluate`: how right predicted documents are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from typer import Argument, BadParameter, Option

from nerlink.cli.options import (
    Device,
    InFormat,
    Names,
    Precision,
    ReadOptions,
    SkipInvalid,
    Threshold,
    load_pipeline,
    names_in,
    read_documents,
)
from nerlink.cli.output import say, show, with_progress, write_page, write_record
from nerlink.data import Document, EntityNames
from nerlink.errors import DataError
from nerlink.words import number_of

if TYPE_CHECKING:
    from nerlink.display.mistakes import ScoreParts
    from nerlink.evaluation import Mistake, Report, Table
    from nerlink.pipeline import Pipeline

__all__ = ["evaluate"]

ALL_CANDIDATES: Final = 1_000_000
"""More than any mention has: a mistake may lie in what the model's first few candidates lack."""

MAIN_SCORES: Final = ("ner.f1", "mentions.f1", "linking.inkb.f1", "linking.disambiguation")
"""Measures that the page of mistakes begins with, where they were measured."""

Predicted = Annotated[
    str | None,
    Argument(metavar="PREDICTED", help="The same documents as a system tags them."),
]
Other = Annotated[
    str | None,
    Argument(metavar="OTHER", help="The same documents as another system tags them, to compare."),
]
TaggingModel = Annotated[
    str | None, Option(metavar="MODEL", help="Model that tags GOLD, in place of PREDICTED.")
]
Training = Annotated[
    str | None,
    Option(
        metavar="DOCS", help="Training documents: accuracy by how often they link to an entity."
    ),
]
LinkOnly = Annotated[
    bool, Option("--link-only", help="Score links alone, on the mentions of GOLD.")
]
GoldFormat = Annotated[
    str | None, Option("--gold-from", metavar="FORMAT", help="Format of GOLD, in place of --from.")
]
GoldOptions = Annotated[
    list[str] | None,
    Option("--gold-read", metavar="KEY=VALUE", help="Option of GOLD's reader, in place of --read."),
]
PredictedFormat = Annotated[
    str | None,
    Option(
        "--predicted-from",
        metavar="FORMAT",
        help="Format of PREDICTED and OTHER, in place of --from.",
    ),
]
PredictedOptions = Annotated[
    list[str] | None,
    Option(
        "--predicted-read",
        metavar="KEY=VALUE",
        help="Option of the reader of PREDICTED and OTHER, in place of --read.",
    ),
]
Separator = Annotated[
    str | None,
    Option(
        "--any-of", metavar="SEPARATOR", help="Links of GOLD may name several right ids: Q1|Q2."
    ),
]
ByKind = Annotated[bool, Option("--mistakes", help="Show mistakes by kind, not scores.")]


def evaluate(
    gold: Annotated[str, Argument(metavar="GOLD", help="Documents with the right mentions.")],
    predicted: Predicted = None,
    other: Other = None,
    *,
    model: TaggingModel = None,
    threshold: Threshold = None,
    device: Device = "auto",
    precision: Precision = "auto",
    train: Training = None,
    link_only: LinkOnly = False,
    mistakes: ByKind = False,
    any_of: Separator = None,
    kb: Names = None,
    html: Annotated[Path | None, Option(metavar="FILE", help="HTML page to write as well.")] = None,
    json: Annotated[bool, Option("--json", help="Print the report as JSON.")] = False,
    from_: InFormat = None,
    read: ReadOptions = None,
    gold_from: GoldFormat = None,
    gold_read: GoldOptions = None,
    predicted_from: PredictedFormat = None,
    predicted_read: PredictedOptions = None,
    skip_invalid: SkipInvalid = None,
) -> None:
    """Score the documents of any system, or those that a model tags.

    With OTHER, compare two systems: the difference of each score, with a 95 % interval and a
    p-value over documents. --from and --read are for all documents; those of --train are read as
    GOLD is.
    """
    how = {"device": device, "precision": precision, "threshold": threshold}
    _check_sides(predicted, model, how, is_read=bool(predicted_from or predicted_read))
    if other is not None and (mistakes or html or json or link_only or any_of):
        no = "--mistakes, --link-only, --any-of, --html, --json"
        raise BadParameter(f"OTHER gives one table: no {no}.")
    if kb is not None and not mistakes:
        raise BadParameter("--kb names the entities of --mistakes: add --mistakes.")

    golds = partial(_documents, gold_from or from_, gold_read or read, skip_invalid)
    answers = partial(_documents, predicted_from or from_, predicted_read or read, skip_invalid)
    right = golds(gold)
    pipeline = load_pipeline(model, top_k=ALL_CANDIDATES, **how) if model else None
    guess = _tag(right, pipeline, link_only=link_only) if pipeline else answers(str(predicted))
    right = _settled(right, guess, any_of)
    seen = _links_seen(right, pipeline, golds(train) if train else None)
    if other is not None:
        show(_comparison(right, guess, answers(other), seen))
        return
    report, page = (
        _mistakes(right, guess, seen, pipeline=pipeline, kb=kb, link_only=link_only)
        if mistakes
        else _scores(right, guess, seen, link_only=link_only)
    )
    if html:
        write_page(page(), html)
    write_record(report.to_dict(), indent=2) if json else show(report)


def _check_sides(
    predicted: str | None, model: str | None, how: Mapping[str, Any], *, is_read: bool
) -> None:
    """Refuse options of predicted documents beside a model, and the other way round.

    Args:
        predicted: The predicted documents, if they are named.
        model: The model, if one is named.
        how: How the model is to run.
        is_read: Whether it was said how the predicted documents are read.
    """
    if (predicted is None) == (model is None):
        raise BadParameter("Name either PREDICTED documents or a --model.")
    if model and is_read:
        raise BadParameter("--predicted-from and --predicted-read are for PREDICTED, not --model.")
    if not model and any(value not in ("auto", None) for value in how.values()):
        raise BadParameter("--threshold, --device and --precision are for a --model.")


def _documents(
    format_: str | None, options: Sequence[str] | None, skip_invalid: SkipInvalid, path: str
) -> list[Document]:
    """The documents of a file, of which there must be some."""
    found = list(read_documents(path, format=format_, options=options, skip_invalid=skip_invalid))
    if found:
        return found
    raise DataError(f"{path} holds no documents. Check the file and its format (--from).")


def _tell_incomplete(gold: Sequence[Document]) -> None:
    """Say of gold documents that were not annotated throughout what scores on them are."""
    if n_incomplete := sum(not doc.complete for doc in gold):
        say(
            f"{n_incomplete:,} of {number_of(len(gold), 'gold documents')} incomplete: what they "
            "do not mark may be right and counts as wrong, so that scores are no more than "
            "agreement with whoever marked them."
        )


def _tag(documents: Iterable[Document], pipeline: "Pipeline", *, link_only: bool) -> list[Document]:
    tagged = pipeline.stream(documents, link_only=link_only)
    return list(with_progress(tagged, things="documents"))


def _settled(
    gold: list[Document], predicted: list[Document], separator: str | None
) -> list[Document]:
    """Gold documents with one right entity a mention, where links may name several."""
    from nerlink.evaluation import any_right

    _tell_incomplete(gold)
    return gold if separator is None else any_right(gold, predicted, separator=separator)


def _links_seen(
    gold: Sequence[Document], pipeline: "Pipeline | None", train: Sequence[Document] | None
) -> Mapping[str, int] | None:
    """How often training linked to each entity: in the documents given, else what a model knows."""
    from nerlink.evaluation import count_entities

    if train is not None:
        return count_entities(train)
    return pipeline.links_seen(gold) if pipeline else None


def _comparison(
    gold: Sequence[Document],
    first: Sequence[Document],
    second: Sequence[Document],
    seen: Mapping[str, int] | None,
) -> "Table":
    from nerlink.evaluation import compare, comparison_table

    return comparison_table(compare(gold, first, second, seen=seen))


def _scores(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    seen: Mapping[str, int] | None,
    *,
    link_only: bool,
) -> tuple["Report", Callable[[], str]]:
    """The report of all scores, and what makes its page."""
    from nerlink import evaluation
    from nerlink.display.report import report_html

    score = evaluation.evaluate_links if link_only else evaluation.evaluate
    report = score(gold, predicted, seen=seen)
    report = evaluation.add_intervals(report, gold, predicted, seen=seen)
    return report, partial(report_html, report)


def _mistakes(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    seen: Mapping[str, int] | None,
    *,
    pipeline: "Pipeline | None",
    kb: Path | None,
    link_only: bool,
) -> tuple["Report", Callable[[], str]]:
    """The report of mistakes by kind, and what makes their page."""
    from nerlink import evaluation

    names = names_in(kb) or (pipeline.kb.name_of if pipeline and pipeline.kb else None)
    wrong = evaluation.find_mistakes(gold, predicted, names=names, seen=seen)
    wrong = [one for one in wrong if one.kind.is_link or not link_only]
    table = evaluation.mistakes_table(wrong, names=names)
    report = evaluation.Report(scores={}, tables={"mistakes": table})
    # One sample: only the values are shown, and find_mistakes has warned already.
    found = evaluation.intervals(gold, predicted, n_samples=1)
    measures = [name for name in MAIN_SCORES if name.startswith("linking") or not link_only]
    scores = {name: found[name].value for name in measures if name in found}
    return report, partial(_mistakes_page, wrong, names, pipeline, scores)


def _mistakes_page(
    mistakes: Sequence["Mistake"],
    names: EntityNames | None,
    pipeline: "Pipeline | None",
    scores: Mapping[str, float],
) -> str:
    """Each mistake in context, with what the scores of its candidates add up from."""
    from nerlink.display.mistakes import mistakes_html

    parts: list[ScoreParts] = []
    if pipeline and pipeline.kb:
        parts = list(with_progress(pipeline.explain_mistakes(mistakes), things="explanations"))
    return mistakes_html(mistakes, names=names, parts=parts, scores=scores)
