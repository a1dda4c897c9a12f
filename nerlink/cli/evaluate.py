"""`nerlink evaluate`: how right predicted documents are."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer import Argument, BadParameter, Option

from nerlink.cli.options import (
    InFormat,
    Names,
    ReadOptions,
    SkipInvalid,
    load_pipeline,
    names_in,
    read_documents,
)
from nerlink.cli.output import with_progress, write_page
from nerlink.data import Document, EntityNames
from nerlink.errors import DataError

if TYPE_CHECKING:
    from nerlink.display.mistakes import ScoreParts
    from nerlink.evaluation import Mistake
    from nerlink.pipeline import Pipeline

__all__ = ["evaluate"]

ALL_CANDIDATES: Final = 1_000_000
"""More than any mention has: a mistake may lie in what the model's first few candidates lack."""

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
ByKind = Annotated[bool, Option("--mistakes", help="Show mistakes by kind, not scores.")]


def evaluate(
    gold: Annotated[str, Argument(metavar="GOLD", help="Documents with the right mentions.")],
    predicted: Predicted = None,
    other: Other = None,
    *,
    model: TaggingModel = None,
    train: Training = None,
    link_only: LinkOnly = False,
    mistakes: ByKind = False,
    kb: Names = None,
    html: Annotated[Path | None, Option(metavar="FILE", help="HTML page to write as well.")] = None,
    json: Annotated[bool, Option("--json", help="Print the report as JSON.")] = False,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = False,
) -> None:
    """Score the documents of any system, or those that a model tags.

    With OTHER, compare two systems: the difference of each score, with a 95 % interval and a
    p-value over documents.
    """
    from nerlink import evaluation
    from nerlink.display.report import report_html

    if (predicted is None) == (model is None):
        raise BadParameter("Name either PREDICTED documents or a --model.")
    if other is not None and (mistakes or html or json or link_only):
        raise BadParameter("OTHER gives one table: no --mistakes, --link-only, --html, --json.")
    if kb is not None and not mistakes:
        raise BadParameter("--kb names the entities of --mistakes: add --mistakes.")

    documents = partial(_documents, format=from_, skip_invalid=skip_invalid, options=read)
    right = documents(gold)
    pipeline = load_pipeline(model, top_k=ALL_CANDIDATES) if model else None
    guess = _tag(right, pipeline, link_only=link_only) if pipeline else documents(str(predicted))
    seen: Mapping[str, int] | None = pipeline.links_seen(right) if pipeline and not train else None
    if train:
        seen = evaluation.count_entities(documents(train))
    if other is not None:
        found = evaluation.compare(right, guess, documents(other), seen=seen)
        typer.echo(evaluation.comparison_table(found))
        return
    if mistakes:
        names = names_in(kb) or (pipeline.kb.name_of if pipeline and pipeline.kb else None)
        wrong = evaluation.find_mistakes(right, guess, names=names, seen=seen)
        wrong = [one for one in wrong if one.kind.is_link or not link_only]
        report = evaluation.Report(scores={}, tables={"mistakes": evaluation.mistakes_table(wrong)})
        page = partial(_mistakes_page, wrong, names, pipeline)
    else:
        score = evaluation.evaluate_links if link_only else evaluation.evaluate
        report = evaluation.add_intervals(score(right, guess, seen=seen), right, guess, seen=seen)
        page = partial(report_html, report)
    if html:
        write_page(page(), html)
    typer.echo(report.to_json() if json else report)


def _documents(path: str, **options: Any) -> list[Document]:
    """The documents of a file, of which there must be some."""
    if found := list(read_documents(path, **options)):
        return found
    raise DataError(f"{path} holds no documents. Check the file and its format (--from).")


def _tag(documents: Iterable[Document], pipeline: "Pipeline", *, link_only: bool) -> list[Document]:
    tagged = pipeline.stream(documents, link_only=link_only)
    return list(with_progress(tagged, things="documents"))


def _mistakes_page(
    mistakes: Sequence["Mistake"], names: EntityNames | None, pipeline: "Pipeline | None"
) -> str:
    """Each mistake in context, with what the scores of its candidates add up from."""
    from nerlink.display.mistakes import mistakes_html

    parts: list[ScoreParts] = []
    if pipeline and pipeline.kb:
        parts = list(with_progress(pipeline.explain_mistakes(mistakes), things="explanations"))
    return mistakes_html(mistakes, names=names, parts=parts)
