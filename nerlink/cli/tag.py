"""`nerlink tag`: find and link the mentions of documents."""

from typing import Annotated

import typer

from nerlink.cli.documents import (
    InFormat,
    ReadOptions,
    SkipInvalid,
    WriteOptions,
    parse_options,
    read_documents,
)
from nerlink.cli.models import Device, Model, Precision, load_pipeline
from nerlink.cli.output import counted

__all__ = ["tag"]


def tag(
    model: Model,
    source: Annotated[
        str, typer.Argument(metavar="IN", help="Documents; '-' is text on standard input.")
    ] = "-",
    *,
    output: Annotated[str, typer.Option(help="File to write; '-' is standard output.")] = "-",
    from_: InFormat = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            "--format",
            metavar="FORMAT",
            help="Format written, if the ending does not tell; 'hf' is that of transformers.",
        ),
    ] = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = False,
    link_only: Annotated[
        bool, typer.Option("--link-only", help="Keep the documents' mentions, and link them.")
    ] = False,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Less likely links become NIL.")
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(min=0, help="Candidates that come with each mention.")
    ] = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Find the mentions of documents and link them to the model's knowledge base.

    Lists such as the pipeline of transformers gives: nerlink tag model mine.txt --to hf
    """
    from nerlink import sources

    from_ = from_ or ("text" if source == "-" else None)
    documents = read_documents(source, format=from_, skip_invalid=skip_invalid, options=read)
    pipeline = load_pipeline(
        model, device=device, precision=precision, threshold=threshold, top_k=top_k
    )
    tagged = pipeline.link_only(documents) if link_only else pipeline.stream(documents)
    write_options = parse_options(write)
    sources.write(counted(tagged, noun="document"), output, format=to, **write_options)
