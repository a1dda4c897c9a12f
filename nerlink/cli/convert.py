"""`nerlink convert`: any reader to any writer."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from nerlink.cli.options import (
    InFormat,
    OutFormat,
    Output,
    ReadOptions,
    SkipInvalid,
    WriteOptions,
    parse_options,
    read_documents,
)
from nerlink.cli.output import say
from nerlink.data import Document

if TYPE_CHECKING:
    from nerlink.converters import AlignmentReport

__all__ = ["convert"]


def convert(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="IN", help="Documents; '-' is standard input.")],
    *,
    output: Output = "-",
    from_: InFormat = None,
    to: OutFormat = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = False,
) -> None:
    """Convert documents from one format to another.

    Tells what the new format cannot hold, and what the tokens of a model could not.
    """
    from nerlink import sources
    from nerlink.converters import AlignmentReport

    if context.args:  # as the output was named in the past
        raise typer.BadParameter("The file to write is an option: nerlink convert IN --output OUT")
    documents = read_documents(source, format=from_, skip_invalid=skip_invalid, options=read)
    reports: list[AlignmentReport] = []
    report = sources.write(_aligned(documents, reports), output, format=to, **parse_options(write))
    if not report.lost:  # losses are logged
        say(report)
    say(f"As tokens: {AlignmentReport.total(reports)}")


def _aligned(documents: Iterable[Document], reports: "list[AlignmentReport]") -> Iterator[Document]:
    """The same documents; what their mentions lose on the way to tokens goes to `reports`."""
    from nerlink.converters import align, tokenize

    for doc in documents:
        reports.append(align(tokenize(doc), doc.mentions, text=doc.text, document=doc.id).report)
        yield doc
