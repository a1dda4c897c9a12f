"""`nerlink tag`: find and link the mentions of documents."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from typer import Option

from nerlink.cli.options import (
    Device,
    Documents,
    InFormat,
    Model,
    OutFormat,
    Output,
    Precision,
    ReadOptions,
    SkipInvalid,
    Threshold,
    WriteOptions,
    load_pipeline,
    parse_options,
    read_documents,
)
from nerlink.cli.output import say, with_progress
from nerlink.data import Document

__all__ = ["tag"]


def tag(
    model: Model,
    documents: Documents = "-",
    *,
    output: Output = "-",
    from_: InFormat = None,
    to: OutFormat = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = None,
    link_only: Annotated[
        bool, Option("--link-only", help="Link the mentions that the documents have.")
    ] = False,
    threshold: Threshold = None,
    top_k: Annotated[
        int | None,
        Option(min=0, metavar="N", help="Number of candidates that come with each mention."),
    ] = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Find the mentions in documents and link them to the knowledge base of the model.

    Standard input is plain text unless --from names another format. For lists such as the pipeline
    of transformers gives: nerlink tag model mine.txt --to hf
    """
    from nerlink import sources

    from_ = from_ or ("text" if documents == "-" else None)
    write_options = parse_options(write)  # what is wrong is said before the model is loaded
    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    pipeline = load_pipeline(
        model, device=device, precision=precision, threshold=threshold, top_k=top_k
    )
    tagged = pipeline.stream(docs, link_only=link_only)
    if link_only:
        tagged = _warn_if_bare(tagged)
    sources.write(with_progress(tagged, things="documents"), output, format=to, **write_options)


def _warn_if_bare(documents: Iterable[Document]) -> Iterator[Document]:
    """The same documents, and a word if none of them has a mention that could be linked."""
    n_mentions = 0
    for doc in documents:
        n_mentions += len(doc.mentions)
        yield doc
    if not n_mentions:
        say("no document has a mention to link; without --link-only, mentions are found first.")
