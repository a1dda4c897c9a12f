"""Options that several commands share: documents that go in and come out, and models."""

import logging
import os
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

from typer import Argument, BadParameter, Option
from typer.core import TyperCommand

from nerlink.cli.output import progress_bar
from nerlink.data import Document, EntityNames
from nerlink.errors import ConfigError
from nerlink.files import STANDARD
from nerlink.toml import parse_value

if TYPE_CHECKING:
    from nerlink.pipeline import Pipeline
    from nerlink.sources.check import OnError

__all__ = [
    "Device",
    "Documents",
    "InFormat",
    "Model",
    "Names",
    "OutFormat",
    "Output",
    "Precision",
    "ReadOptions",
    "ReadingCommand",
    "SkipInvalid",
    "Threshold",
    "WriteOptions",
    "check_output",
    "load_pipeline",
    "log_to_stderr",
    "names_in",
    "parse_options",
    "read_documents",
]


Model = Annotated[
    str, Argument(metavar="MODEL", help="Folder of a model, or owner/name on the Hugging Face hub.")
]
Device = Annotated[
    str, Option(metavar="DEVICE", help="Where the model runs: auto, cpu, cuda, cuda:1 or mps.")
]
Precision = Annotated[
    str,
    Option(
        metavar="TYPE", help="Numbers that the model computes with: auto, fp32, bf16, int8 or fp16."
    ),
]
Threshold = Annotated[
    float | None,
    Option(min=0, max=1, metavar="P", help="Links of a lower probability become NIL."),
]
Names = Annotated[
    Path | None, Option(metavar="KB", help="Knowledge base that has the names of entities.")
]


def load_pipeline(model: str, **options: Any) -> "Pipeline":
    """The model, ready to tag; texts of entities that were added to its base are read.

    Args:
        model: A folder, or owner/name on the Hugging Face hub.
        **options: As `Pipeline.load` takes them.
    """
    from nerlink.pipeline import Pipeline

    log_to_stderr()
    pipeline = Pipeline.load(model, **options)
    with progress_bar("texts of new entities") as on_progress:
        pipeline.refresh(on_progress=on_progress)
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

Documents = Annotated[
    str,
    Argument(
        metavar="DOCS",
        help="A file, a folder or a pattern such as '*.json'; '-' is standard input.",
    ),
]
InFormat = Annotated[
    str | None,
    Option("--from", metavar="FORMAT", help="Format of the input; by default, its ending decides."),
]
OutFormat = Annotated[
    str | None,
    Option(
        "--to",
        "--format",
        metavar="FORMAT",
        help="Format of the output; by default, its ending decides.",
    ),
]
Output = Annotated[
    str, Option("--output", "-o", metavar="FILE", help="File to write; '-' is standard output.")
]
ReadOptions = Annotated[
    list[str] | None,
    Option(
        "--read",
        metavar="KEY=VALUE",
        help="Option of the reader, such as scheme=iob1 or lines=true; `nerlink formats` has all.",
    ),
]
WriteOptions = Annotated[
    list[str] | None,
    Option(
        "--write",
        metavar="KEY=VALUE",
        help="Option of the writer, such as scheme=bioes; `nerlink formats` has all.",
    ),
]
SkipInvalid = Annotated[
    Literal["document", "mention"] | None,
    Option(
        "--skip-invalid",
        metavar="[document|mention]",
        help="Leave bad documents out, or bad mentions alone, and count them.",
    ),
]
_ON_ERROR: Final[Mapping[str | None, "OnError"]] = {
    None: "raise",
    "document": "skip",
    "mention": "skip-mention",
}


class ReadingCommand(TyperCommand):
    """A command whose `--skip-invalid` may stand without a word: then it means documents."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments of the command line."""
        words = get_args(get_args(get_args(SkipInvalid)[0])[0])
        for place, (_, following) in enumerate(pairwise([*args, ""])):
            if args[place] == "--":
                break
            if args[place] == "--skip-invalid" and following not in words:
                args[place] += "=document"
        return super().parse_args(ctx, args)


def names_in(base: Path | None) -> EntityNames | None:
    """The names of the entities of a knowledge base, if one is given."""
    from nerlink.kb import KnowledgeBase

    return KnowledgeBase.open(base).name_of if base else None


def check_output(output: str | Path, *others: str | Path | None) -> None:
    """Refuse an output that is a file that is read, or written besides: one would be lost.

    Raises:
        ConfigError: The output is one of the others.
    """
    target = Path(os.path.realpath(output))
    if str(output) == STANDARD or (target.exists() and not target.is_file()):
        return  # a pipe or a device, such as /dev/null, holds nothing
    if str(target) in {os.path.realpath(other) for other in others if other is not None}:
        raise ConfigError(
            f"{output} is named twice, and one would be written over the other. Name another file."
        )


def read_documents(
    path: str,
    *,
    format: str | None = None,  # noqa: A002 - the word users know
    skip_invalid: Literal["document", "mention"] | None = None,
    options: Sequence[str] | None = None,
) -> Iterator[Document]:
    """The documents of a file, a folder or a pattern, one at a time."""
    from nerlink import sources

    return sources.stream(
        path,
        format=format,
        on_error=_ON_ERROR[skip_invalid],
        **parse_options(options, reserved=RESERVED - {"documents"}),
    )


def parse_options(
    options: Sequence[str] | None, *, reserved: Container[str] = RESERVED
) -> dict[str, Any]:
    """`["scheme=iob1", "n=3"]` to `{"scheme": "iob1", "n": 3}`.

    Raises:
        BadParameter: Something else than a key and a value, or a key of the command's own.
    """
    parsed = {}
    for option in options or ():
        key, separator, value = option.partition("=")
        if not separator:
            raise BadParameter(f"{option!r} is not of the form KEY=VALUE.")
        if key in reserved:
            raise BadParameter(f"{key!r} is not an option of a reader or writer.")
        parsed[key] = "\t" if value == r"\t" else parse_value(value)
    return parsed
