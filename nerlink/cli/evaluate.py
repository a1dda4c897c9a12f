"""`nerlink evaluate`: how right predicted documents are."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerlink.cli.documents import InFormat, ReadOptions, SkipInvalid, read_documents
from nerlink.cli.models import load_pipeline
from nerlink.cli.show import names_in
from nerlink.data import NIL, Document

if TYPE_CHECKING:
    from nerlink.evaluation import Report

__all__ = ["evaluate"]

Predicted = Annotated[str | None, typer.Argument(help="The same documents as a system sees them.")]
Other = Annotated[
    str | None, typer.Argument(help="Another system's, to tell whether it is better.")
]
Model = Annotated[Path | None, typer.Option(help="Model to tag GOLD with, instead of PREDICTED.")]
Names = Annotated[Path | None, typer.Option(help="Knowledge base that has the entities' names.")]


def evaluate(
    gold: Annotated[str, typer.Argument(help="Documents as they should be.")],
    predicted: Predicted = None,
    other: Other = None,
    *,
    model: Model = None,
    train: Annotated[
        str | None, typer.Option(help="Training documents, to score by how often entities occur.")
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
    from nerlink.display import report_html
    from nerlink.sources.files import open_output

    if (predicted is None) == (model is None):
        raise typer.BadParameter("Name either PREDICTED documents or a --model.")
    if other is not None and (mistakes or html or json):
        raise typer.BadParameter("A comparison with OTHER is a table; leave the other options out.")

    def documents(path: str) -> list[Document]:
        found = read_documents(path, format=from_, skip_invalid=skip_invalid, options=read)
        return list(found)

    right = documents(gold)
    guess = _tag(right, model, link_only=link_only) if model else documents(str(predicted))
    seen = _entity_counts(documents(train)) if train else None
    if other is not None:
        compared = evaluation.compare(right, guess, documents(other), seen=seen)
        typer.echo(evaluation.comparison_table(compared))
        return
    if mistakes:
        report, page = _mistakes(right, guess, seen, kb or (model and model / "kb.sqlite"))
    else:
        report = _scored(right, guess, seen, link_only=link_only)
        page = report_html(report)
    if html:
        with open_output(html) as file:
            file.write(page)
    typer.echo(report.to_json() if json else report)


def _scored(
    gold: list[Document], predicted: list[Document], seen: Counter[str] | None, *, link_only: bool
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


def _mistakes(
    gold: list[Document], predicted: list[Document], seen: Counter[str] | None, kb: Path | None
) -> tuple["Report", str]:
    """Mistakes by kind as a table, and each of them in context as a page."""
    from nerlink.display import mistakes_html
    from nerlink.evaluation import Report, find_mistakes, mistakes_table
    from nerlink.kb import KnowledgeBase

    names = names_in(KnowledgeBase.open(kb)) if kb else None
    found = find_mistakes(gold, predicted, names=names, seen=seen)
    table = mistakes_table(found)
    return Report(scores={}, tables={"mistakes": table}), mistakes_html(found, names=names)


def _tag(documents: Iterable[Document], model: Path, *, link_only: bool) -> list[Document]:
    pipeline = load_pipeline(model)
    return list(pipeline.link_only(documents) if link_only else pipeline.stream(documents))


def _entity_counts(documents: Iterable[Document]) -> Counter[str]:
    return Counter(
        mention.entity
        for doc in documents
        for mention in doc.mentions
        if mention.entity not in (None, NIL)
    )
