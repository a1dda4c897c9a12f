"""`nerlink annotate`: mark the names of a knowledge base in texts that nobody has annotated."""

from pathlib import Path
from typing import Annotated

from typer import Argument

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
from nerlink.cli.output import progress_bar, with_progress

__all__ = ["annotate"]


def annotate(
    kb: Annotated[Path, Argument(metavar="KB", help="Knowledge base, or the folder of a model.")],
    documents: Documents = "-",
    *,
    output: Output = "-",
    from_: InFormat = None,
    to: OutFormat = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = None,
) -> None:
    """Mark the names and aliases of a knowledge base in texts: silver to train on.

    Standard input is plain text unless --from names another format.
    """
    from nerlink import sources
    from nerlink.kb import KnowledgeBase
    from nerlink.matching import Matcher

    from_ = from_ or ("text" if documents == "-" else None)
    write_options = parse_options(write)  # what is wrong is said before the base is read
    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    with KnowledgeBase.open(kb) as base:
        with progress_bar("aliases") as on_progress:
            matcher = Matcher(base, on_progress=on_progress)
        marked = with_progress(matcher.stream(docs), things="documents")
        sources.write(marked, output, format=to, **write_options)
