"""`nerlink show`: documents as a page, or in the terminal."""

from pathlib import Path
from typing import Annotated

from typer import Option

from nerlink.cli.options import (
    Documents,
    InFormat,
    Names,
    ReadOptions,
    SkipInvalid,
    names_in,
    read_documents,
)
from nerlink.cli.output import say, write_page

__all__ = ["show"]


def show(
    documents: Documents,
    *,
    output: Annotated[
        str | None,
        Option(
            "--output",
            "-o",
            metavar="FILE",
            help="HTML page to write; by default, the terminal shows them.",
        ),
    ] = None,
    kb: Names = None,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = None,
) -> None:
    """Show documents with their mentions in colour, with links, scores and candidates."""
    from nerlink.display.html import to_html
    from nerlink.display.terminal import print_document

    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    names = names_in(kb)
    if output is None:
        for doc in docs:
            print_document(doc, names=names)
        return
    write_page(to_html(docs, title=Path(documents).stem, names=names), output)
    say(f"{output}: written")
