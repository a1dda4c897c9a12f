"""`nerlink convert`: any reader to any writer."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

from typer import Argument, BadParameter

from nerlink.cli.options import (
    Documents,
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
    documents: Documents,
    target: Annotated[
        str | None, Argument(metavar="[OUT]", help="File to write, as --output names it.")
    ] = None,
    *,
    output: Output = "-",
    from_: InFormat = None,
    to: OutFormat = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = None,
) -> None:
    """Convert documents from one format to another.

    Says what is lost: what the new format cannot hold, and which mentions the tokens of a model
    could not hold.
    """
    from nerlink import sources
    from nerlink.converters import AlignmentReport

    if target is not None and output != "-":
        raise BadParameter(f"the output is named twice: {target} and {output}.")
    output = target or output
    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    reports: list[AlignmentReport] = []
    report = sources.write(_aligned(docs, reports), output, format=to, **parse_options(write))
    if not report.lost:  # losses are logged
        say(report)
    say(f"As tokens: {AlignmentReport.total(reports)}")


def _aligned(documents: Iterable[Document], reports: "list[AlignmentReport]") -> Iterator[Document]:
    """The same documents; what their mentions lose on the way to tokens goes to `reports`."""
    from nerlink.converters import align, tokenize

    for doc in documents:
        reports.append(align(tokenize(doc), doc.mentions, text=doc.text, document=doc.id).report)
        yield doc
