"""`nerlink propose-entities`: what documents mention and the base of a model lacks."""

from typing import Annotated

from typer import Option

from nerlink.cli.options import (
    Device,
    Documents,
    InFormat,
    Model,
    Output,
    Precision,
    ReadOptions,
    SkipInvalid,
    Threshold,
    check_output,
    load_pipeline,
    read_documents,
)
from nerlink.cli.output import say, with_progress

__all__ = ["propose_entities"]


def propose_entities(
    model: Model,
    documents: Documents = "-",
    *,
    output: Output = "-",
    min_count: Annotated[
        int, Option(min=1, metavar="N", help="Mentions that a proposed entity has at least.")
    ] = 1,
    threshold: Threshold = None,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Propose entities that the base of a model lacks: names of mentions that are NIL.

    The output is a table for a person to go through: delete rows, write descriptions, then
    `nerlink kb add model new.csv`. Counts, the nearest entity of the base, fuller names that may be
    the same, and examples are columns that a base leaves out. Standard input is plain text unless
    --from names another format.
    """
    from nerlink import selection

    from_ = from_ or ("text" if documents == "-" else None)
    check_output(output, documents)
    selection.check_table(output)
    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    pipeline = load_pipeline(model, device=device, precision=precision)
    found = selection.propose_entities(
        pipeline,
        with_progress(docs, things="documents"),
        min_count=min_count,
        threshold=threshold,
    )
    names = pipeline.kb.name_of if pipeline.kb else str
    selection.write_proposals(found.entities, output, names=names)
    for note in found.notes():
        say(note)
