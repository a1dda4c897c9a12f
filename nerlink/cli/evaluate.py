"""`nerlink evaluate`: how right predicted documents are."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from nerlink.cli.documents import InFormat, ReadOptions, SkipInvalid, read_documents
from nerlink.cli.models import load_pipeline
from nerlink.data import NIL, Document

__all__ = ["evaluate"]


def evaluate(
    gold: Annotated[str, typer.Argument(help="Documents as they should be.")],
    predicted: Annotated[
        str | None, typer.Argument(help="The same documents as a system sees them.")
    ] = None,
    *,
    model: Annotated[
        Path | None, typer.Option(help="Model to tag GOLD with, instead of PREDICTED.")
    ] = None,
    train: Annotated[
        str | None, typer.Option(help="Training documents, to score by how often entities occur.")
    ] = None,
    link_only: Annotated[
        bool, typer.Option("--link-only", help="Score links on gold mentions alone.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = False,
) -> None:
    """Score predicted documents, whatever system wrote them, or a model."""
    from nerlink import evaluation

    if (predicted is None) == (model is None):
        raise typer.BadParameter("Name either PREDICTED documents or a --model.")

    def documents(path: str) -> list[Document]:
        found = read_documents(path, format=from_, skip_invalid=skip_invalid, options=read)
        return list(found)

    right = documents(gold)
    guess = _tag(right, model, link_only=link_only) if model else documents(str(predicted))
    seen = _entity_counts(documents(train)) if train else None
    score = evaluation.evaluate_links if link_only else evaluation.evaluate
    report = score(right, guess, seen=seen)
    typer.echo(report.to_json() if json else report)


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
