"""`nerlink convert`: any reader to any writer."""

from typing import Annotated

import typer

from nerlink.cli.documents import (
    Documents,
    InFormat,
    OutFormat,
    ReadOptions,
    SkipInvalid,
    WriteOptions,
    parse_options,
    read_documents,
)
from nerlink.cli.output import say

__all__ = ["convert"]


def convert(
    source: Documents,
    target: Annotated[str, typer.Argument(help="File to write; '-' is standard output.")],
    *,
    from_: InFormat = None,
    to: OutFormat = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = False,
) -> None:
    """Convert documents from one format to another, and tell what the new one cannot hold."""
    from nerlink import sources

    documents = read_documents(source, format=from_, skip_invalid=skip_invalid, options=read)
    report = sources.write(documents, target, format=to, **parse_options(write))
    if not report.lost:  # losses are logged
        say(report)
