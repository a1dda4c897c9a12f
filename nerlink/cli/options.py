"""Options that several commands share: documents that go in and come out, and models."""

import logging
import sys
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from nerlink.cli.output import progress_bar
from nerlink.data import Document
from nerlink.toml import parse_value

if TYPE_CHECKING:
    from nerlink.pipeline import Pipeline

__all__ = [
    "Device",
    "Documents",
    "InFormat",
    "Model",
    "OutFormat",
    "Output",
    "Precision",
    "ReadOptions",
    "SkipInvalid",
    "WriteOptions",
    "load_pipeline",
    "log_to_stderr",
    "parse_options",
    "read_documents",
]


Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="Folder of a trained model, or owner/name on the Hugging Face hub."
    ),
]
Device = Annotated[str, typer.Option(help="Where the model runs: auto, cpu, cuda, cuda:1 or mps.")]
Precision = Annotated[
    str, typer.Option(help="What the model computes in: auto, fp32, bf16, int8 or fp16.")
]


def load_pipeline(
    model: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    threshold: float | None = None,
    top_k: int | None = None,
) -> "Pipeline":
    """The model, ready to tag; texts of entities that were added to its base are read."""
    from nerlink.pipeline import Pipeline

    log_to_stderr()
    pipeline = Pipeline.load(
        model, device=device, precision=precision, threshold=threshold, top_k=top_k
    )
    with progress_bar("texts of new entities") as told:
        pipeline.refresh(told=told)
    return pipeline


def log_to_stderr() -> None:
    """Let flair warn on standard error only: what it logs would stand among the results."""
    logger = logging.getLogger("flair")
    logger.setLevel(logging.WARNING)
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)


RESERVED: Final = {"documents", "format", "on_error", "path", "skipped", "unique_ids"}
"""Arguments of readers and writers that the commands pass themselves."""

Documents = Annotated[str, typer.Argument(metavar="DOCS", help="Documents; '-' is standard input.")]
InFormat = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="FORMAT", help="Format of the input, if the ending does not tell it."
    ),
]
OutFormat = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="FORMAT", help="Format of the output, if the ending does not tell it."
    ),
]
Output = Annotated[
    str, typer.Option("--output", "-o", help="File to write; '-' is standard output.")
]
ReadOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--read", metavar="KEY=VALUE", help="An option of the reader, such as scheme=iob1."
    ),
]
WriteOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--write", metavar="KEY=VALUE", help="An option of the writer, such as scheme=bioes."
    ),
]
SkipInvalid = Annotated[
    bool, typer.Option("--skip-invalid", help="Leave bad documents out and count them.")
]


def read_documents(
    path: str,
    *,
    format: str | None = None,  # noqa: A002 - the word users know
    skip_invalid: bool = False,
    options: Sequence[str] | None = None,
) -> Iterator[Document]:
    """The documents of a file, one at a time."""
    from nerlink import sources

    return sources.stream(
        path,
        format=format,
        on_error="skip" if skip_invalid else "raise",
        **parse_options(options, reserved=RESERVED - {"documents"}),
    )


def parse_options(
    options: Sequence[str] | None, *, reserved: Container[str] = RESERVED
) -> dict[str, Any]:
    """`["scheme=iob1", "n=3"]` to `{"scheme": "iob1", "n": 3}`.

    Raises:
        typer.BadParameter: Something else than a key and a value, or a key of the command's own.
    """
    parsed = {}
    for option in options or ():
        key, separator, value = option.partition("=")
        if not separator:
            raise typer.BadParameter(f"{option!r} is not of the form KEY=VALUE.")
        if key in reserved:
            raise typer.BadParameter(f"{key!r} is not an option of a reader or writer.")
        parsed[key] = "\t" if value == r"\t" else parse_value(value)
    return parsed
