"""`nerlink show`: documents as a page, or in the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from nerlink.cli.options import Documents, InFormat, ReadOptions, SkipInvalid, read_documents
from nerlink.cli.output import say, write_page

__all__ = ["show"]


def show(
    documents: Documents,
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="HTML page to write; without it, documents are shown in the terminal.",
        ),
    ] = None,
    kb: Annotated[
        Path | None, typer.Option(help="Knowledge base with the names of entities.")
    ] = None,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = False,
) -> None:
    """Show documents with their mentions in colour, with links, scores and candidates."""
    from nerlink.display.html import to_html
    from nerlink.display.terminal import print_document
    from nerlink.kb import KnowledgeBase

    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    names = KnowledgeBase.open(kb).name_of if kb else None
    if output is None:
        for doc in docs:
            print_document(doc, names=names)
        return
    write_page(to_html(docs, title=Path(documents).stem, names=names), output)
    say(f"{output}: written")
