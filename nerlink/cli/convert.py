"""`nerlink convert`: any reader to any writer."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from nerlink.cli.options import (
    InFormat,
    OutFormat,
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
    source: Annotated[
        str, typer.Argument(metavar="IN", help="File of documents; '-' is standard input.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="OUT", help="File to write; '-' is standard output.")
    ],
    *,
    from_: InFormat = None,
    to: OutFormat = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = False,
) -> None:
    """Convert documents, and tell what the new format and a model's tokens cannot hold."""
    from nerlink import sources
    from nerlink.converters import AlignmentReport

    documents = read_documents(source, format=from_, skip_invalid=skip_invalid, options=read)
    reports: list[AlignmentReport] = []
    report = sources.write(_aligned(documents, reports), target, format=to, **parse_options(write))
    if not report.lost:  # losses are logged
        say(report)
    say(f"As tokens: {AlignmentReport.total(reports)}")


def _aligned(documents: Iterable[Document], reports: "list[AlignmentReport]") -> Iterator[Document]:
    """The same documents; what their mentions lose on the way to tokens goes to `reports`."""
    from nerlink.converters import align, tokenize

    for doc in documents:
        reports.append(align(tokenize(doc), doc.mentions, text=doc.text, document=doc.id).report)
        yield doc
