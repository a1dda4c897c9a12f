"""`nerlink select`: the documents that a person should annotate next."""

from typing import Annotated, Literal

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
    WriteOptions,
    check_output,
    load_pipeline,
    parse_options,
    read_documents,
)
from nerlink.cli.output import say, with_progress
from nerlink.words import number_of

__all__ = ["select"]


def select(
    model: Model,
    documents: Documents = "-",
    *,
    output: Output = "-",
    n: Annotated[int, Option("--n", "-n", min=1, metavar="N", help="Documents to choose.")] = 50,
    strategy: Annotated[
        Literal["uncertain", "random"],
        Option(help="Those that the model is most unsure of and that differ, or any."),
    ] = "uncertain",
    seed: Annotated[int, Option(metavar="SEED", help="Of --strategy random.")] = 0,
    exclude: Annotated[
        list[str] | None,
        Option(
            metavar="DOCS",
            help="Documents annotated before, left out by id and by text; repeat it.",
        ),
    ] = None,
    from_: InFormat = None,
    to: OutFormat = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Choose the documents that a person should annotate next, with the model's mentions in them.

    They come the most useful first: those in which the model expects most mistakes for their
    length, and that are unlike the ones before them. "selection" says why. What is marked is a
    proposal, so that documents are not "complete". Standard input is plain text unless --from names
    another format.
    """
    from nerlink import sources
    from nerlink.selection import choose_documents

    from_ = from_ or ("text" if documents == "-" else None)
    check_output(output, documents, *(exclude or ()))
    write_options = parse_options(write)
    before = [doc for path in exclude or () for doc in read_documents(path)]
    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    pipeline = load_pipeline(model, device=device, precision=precision)
    chosen = choose_documents(
        pipeline,
        with_progress(docs, things="documents"),
        n=n,
        strategy=strategy,
        exclude=before,
        seed=seed,
    )
    sources.write(chosen.documents, output, format=to, **write_options)
    for note in chosen.notes():
        say(note)
    if len(chosen.documents) < n:
        say(f"{number_of(len(chosen.documents), 'documents')} to choose from, not {n:,}.")
