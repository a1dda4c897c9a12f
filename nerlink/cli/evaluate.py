"""`nerlink evaluate`: how right predicted documents are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerlink.cli.options import InFormat, ReadOptions, SkipInvalid, load_pipeline, read_documents
from nerlink.cli.output import counted
from nerlink.data import NIL, Document, EntityNames
from nerlink.errors import DataError

if TYPE_CHECKING:
    from nerlink.display.mistakes import ScoreParts
    from nerlink.evaluation import Mistake, Report, Table
    from nerlink.pipeline import Pipeline

__all__ = ["evaluate"]

Predicted = Annotated[
    str | None,
    typer.Argument(metavar="PREDICTED", help="The same documents as a system sees them."),
]
Other = Annotated[
    str | None,
    typer.Argument(metavar="OTHER", help="Another system's, to tell whether it is better."),
]
Model = Annotated[str | None, typer.Option(help="Model to tag GOLD with, instead of PREDICTED.")]
Names = Annotated[Path | None, typer.Option(help="Knowledge base that has the entities' names.")]


def evaluate(
    gold: Annotated[str, typer.Argument(metavar="GOLD", help="Documents as they should be.")],
    predicted: Predicted = None,
    other: Other = None,
    *,
    model: Model = None,
    train: Annotated[
        str | None,
        typer.Option(help="Training documents, to score by how often entities occur there."),
    ] = None,
    link_only: Annotated[
        bool, typer.Option("--link-only", help="Score links on gold mentions alone.")
    ] = False,
    mistakes: Annotated[bool, typer.Option("--mistakes", help="Show mistakes by kind.")] = False,
    kb: Names = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page to look at.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = False,
) -> None:
    """Score predicted documents, whatever system wrote them, or a model.

    With OTHER, compare two systems: differences, their 95 % intervals, and p-values over documents.
    """
    from nerlink import evaluation
    from nerlink.display.report import report_html

    if (predicted is None) == (model is None):
        raise typer.BadParameter("Name either PREDICTED documents or a --model.")
    if other is not None and (mistakes or html or json or link_only):
        raise typer.BadParameter("A comparison with OTHER is a table; leave the other options out.")
    if kb is not None and not mistakes:
        raise typer.BadParameter("--kb has the names of entities for --mistakes.")

    documents = partial(_documents, format=from_, skip_invalid=skip_invalid, options=read)
    right = documents(gold)
    pipeline = _load(model) if model else None
    guess = _tag(right, pipeline, link_only=link_only) if pipeline else documents(str(predicted))
    seen = _entity_counts(documents(train)) if train else _links_seen(pipeline, right)
    if other is not None:
        return typer.echo(_compared(right, guess, documents(other), seen))
    if mistakes:
        names = _names(kb, pipeline)
        found = evaluation.find_mistakes(right, guess, names=names, seen=seen)
        found = [one for one in found if one.kind.is_link or not link_only]
        report = evaluation.Report(scores={}, tables={"mistakes": evaluation.mistakes_table(found)})
        page = _mistakes_page(found, names, pipeline) if html else ""
    else:
        report = _scored(right, guess, seen, link_only=link_only)
        page = report_html(report) if html else ""
    _write(page, html)
    return typer.echo(report.to_json() if json else report)


def _documents(path: str, **options: Any) -> list[Document]:
    """The documents of a file, of which there must be some."""
    if found := list(read_documents(path, **options)):
        return found
    raise DataError(f"{path} holds no documents. Check the file and its format (--from).")


def _compared(
    gold: list[Document],
    predicted: list[Document],
    other: list[Document],
    seen: Mapping[str, int] | None,
) -> "Table":
    from nerlink.evaluation import compare, comparison_table

    return comparison_table(compare(gold, predicted, other, seen=seen))


def _write(page: str, path: Path | None) -> None:
    from nerlink.files import open_output

    if path:
        with open_output(path) as file:
            file.write(page)


def _scored(
    gold: list[Document],
    predicted: list[Document],
    seen: Mapping[str, int] | None,
    *,
    link_only: bool,
) -> "Report":
    """Scores, and how sure they are."""
    from nerlink import evaluation

    score = evaluation.evaluate_links if link_only else evaluation.evaluate
    report = score(gold, predicted, seen=seen)
    found = evaluation.intervals(gold, predicted, seen=seen)
    table = evaluation.intervals_table({n: i for n, i in found.items() if n in report.scores})
    return replace(
        report, tables={**report.tables, "intervals": table} if table.rows else report.tables
    )


def _load(model: str) -> "Pipeline":
    """A model that gives all candidates, not only the best."""
    from nerlink.config import load_config
    from nerlink.models.storage.hub import find_model
    from nerlink.models.storage.model import read_info

    folder = find_model(model)
    read_info(folder)
    top_k = load_config(folder / "config.toml").kb.max_candidates
    return load_pipeline(str(folder), top_k=top_k)


def _tag(documents: Iterable[Document], pipeline: "Pipeline", *, link_only: bool) -> list[Document]:
    tagged = pipeline.stream(documents, link_only=link_only)
    return list(counted(tagged, noun="document"))


def _names(kb: Path | None, pipeline: "Pipeline | None") -> EntityNames | None:
    from nerlink.kb import KnowledgeBase

    base = KnowledgeBase.open(kb) if kb else pipeline.kb if pipeline else None
    return base.name_of if base else None


def _mistakes_page(
    mistakes: Sequence["Mistake"], names: EntityNames | None, pipeline: "Pipeline | None"
) -> str:
    """Each mistake in context, with what the scores of its candidates add up from."""
    from nerlink.display.mistakes import mistakes_html

    parts = _parts(pipeline, mistakes) if pipeline and pipeline.kb else []
    return mistakes_html(mistakes, names=names, parts=parts)


def _parts(pipeline: "Pipeline", mistakes: Sequence["Mistake"]) -> list["ScoreParts"]:
    """What the scores of each mistake's candidates add up from; nothing if it has none."""
    every: list[ScoreParts] = []
    for mistake in counted(mistakes, noun="explanation"):
        said = mistake.predicted
        options = pipeline.explain(mistake.found, said).options if said and said.candidates else ()
        every.append({option.entity: option.parts for option in options})
    return every


def _links_seen(
    pipeline: "Pipeline | None", documents: Iterable[Document]
) -> Mapping[str, int] | None:
    return pipeline.links_seen(documents) if pipeline else None


def _entity_counts(documents: Iterable[Document]) -> Mapping[str, int]:
    return Counter(
        mention.entity
        for doc in documents
        for mention in doc.mentions
        if mention.entity not in (None, NIL)
    )
