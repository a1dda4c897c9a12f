"""Options for documents that go in and come out, the same in every command that has them."""

from collections.abc import Container, Iterator, Sequence
from typing import Annotated, Any, Final

import typer

from nerlink.data import Document
from nerlink.toml import parse_value

__all__ = [
    "Documents",
    "InFormat",
    "OutFormat",
    "ReadOptions",
    "SkipInvalid",
    "WriteOptions",
    "parse_options",
    "read_documents",
]

RESERVED: Final = {"documents", "format", "on_error", "path", "skipped", "unique_ids"}
"""What the commands say to readers and writers themselves."""

Documents = Annotated[
    str, typer.Argument(metavar="DOCS", help="File of documents; '-' is standard input.")
]
InFormat = Annotated[
    str | None,
    typer.Option("--from", metavar="FORMAT", help="Format read, if the ending does not tell."),
]
OutFormat = Annotated[
    str | None,
    typer.Option("--to", metavar="FORMAT", help="Format written, if the ending does not tell."),
]
ReadOptions = Annotated[
    list[str] | None,
    typer.Option("--read", metavar="KEY=VALUE", help="Option of the reader: scheme=iob1."),
]
WriteOptions = Annotated[
    list[str] | None,
    typer.Option("--write", metavar="KEY=VALUE", help="Option of the writer: scheme=bioes."),
]
SkipInvalid = Annotated[
    bool, typer.Option("--skip-invalid", help="Leave bad documents out, and count them.")
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
