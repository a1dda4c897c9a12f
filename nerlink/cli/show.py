"""`nerlink show`: documents as a page, or in the terminal."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nerlink.cli.documents import Documents, InFormat, ReadOptions, SkipInvalid, read_documents
from nerlink.cli.output import say

__all__ = ["show"]


def show(
    documents: Documents,
    *,
    output: Annotated[
        str | None, typer.Option(help="HTML page to write; without it, show in the terminal.")
    ] = None,
    kb: Annotated[
        Path | None, typer.Option(help="Knowledge base that knows the entities' names.")
    ] = None,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = False,
) -> None:
    """Show mentions in colour, with links, scores and candidates."""
    from nerlink.display import print_document, to_html
    from nerlink.sources.files import open_output

    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    if output is None:
        for doc in docs:
            print_document(doc)
        return
    page = to_html(list(docs), title=Path(documents).stem, names=_names_in(kb) if kb else None)
    with open_output(output) as file:
        file.write(page)
    say(f"{output}: written")


def _names_in(kb: Path) -> Callable[[str], str]:
    from nerlink.kb import KnowledgeBase

    base = KnowledgeBase.open(kb)
    return lambda entity: base[entity].name if entity in base else entity
