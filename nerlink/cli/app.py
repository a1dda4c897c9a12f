"""The `nerlink` command: the list of its commands, and what becomes of errors."""

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from nerlink.cli.annotate import annotate
from nerlink.cli.bulk import bulk
from nerlink.cli.check import check
from nerlink.cli.convert import convert
from nerlink.cli.corpus import corpus
from nerlink.cli.demo import demo
from nerlink.cli.evaluate import evaluate
from nerlink.cli.explain import explain
from nerlink.cli.formats import formats
from nerlink.cli.info import info
from nerlink.cli.kb import kb
from nerlink.cli.kb_model import model
from nerlink.cli.options import ReadingCommand
from nerlink.cli.output import say
from nerlink.cli.propose_entities import propose_entities
from nerlink.cli.review import review
from nerlink.cli.select import select
from nerlink.cli.serve import serve
from nerlink.cli.show import show
from nerlink.cli.tag import tag
from nerlink.cli.train import train
from nerlink.errors import NerlinkError
from nerlink.words import visible

__all__ = ["app", "main"]

COMMANDS: Final[Mapping[Callable[..., Any], str]] = {
    demo: "nerlink demo --output demo",
    convert: "nerlink convert train.conll --output train.jsonl --read scheme=iob1",
    check: "nerlink check train.jsonl --dev dev.jsonl --kb towns.sqlite",
    annotate: "nerlink annotate towns.sqlite news.jsonl --output silver.jsonl",
    train: "nerlink train config.toml --output model --training.epochs 3",
    tag: "nerlink tag model news.jsonl --output tagged.jsonl",
    select: "nerlink select model news.jsonl --n 50 --output ask.jsonl",
    propose_entities: "nerlink propose-entities model news.jsonl --output new.csv",
    bulk: "nerlink bulk model news.jsonl --output tagged-news",
    serve: "nerlink serve model --port 8000",
    review: "nerlink review ask.jsonl --model model --output gold.jsonl",
    evaluate: "nerlink evaluate gold.jsonl tagged.jsonl",
    show: "nerlink show tagged.jsonl --output page.html",
    explain: 'nerlink explain model "Jordan scored 34 points." --mention Jordan',
    info: "nerlink info model",
    formats: "nerlink formats conll",
}
"""Every command, with an example to paste."""

GROUPS: Final = {"kb": kb, "corpus": corpus}
SETTINGS: Final[Mapping[Callable[..., Any], dict[Any, Any]]] = {
    train: {"allow_extra_args": True, "ignore_unknown_options": True},
}
"""`train` takes every key of the configuration as an option."""

app = typer.Typer(
    no_args_is_help=True,
    epilog="Example: nerlink demo --output demo",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from nerlink import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def nerlink(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Find the entities in documents and link them to a knowledge base.

    Begin with `nerlink demo`.
    """


for command, example in COMMANDS.items():
    settings = SETTINGS.get(command)
    app.command(cls=ReadingCommand, epilog=f"Example: {example}", context_settings=settings)(
        command
    )
kb.command(epilog="Example: nerlink kb model towns.sqlite --output town-model")(model)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; raises `SystemExit` in the end.

    The exit code is 0; 1 for a `NerlinkError` or an error of the operating system, which is shown
    in one line; 2 for a wrong command line; 130 after Ctrl-C.
    """
    if logging.lastResort:  # the handler of warnings, where a program has set none
        logging.lastResort.setFormatter(_Visible())
    try:
        app(arguments, prog_name="nerlink")
    except (NerlinkError, OSError) as error:
        say(f"nerlink: {_line_of(error)}")
        sys.exit(1)
    finally:
        _flush()


class _Visible(logging.Formatter):
    """Warnings, as `say` writes words."""

    def format(self, record: logging.LogRecord) -> str:
        """The message alone."""
        return visible(super().format(record))


def _flush() -> None:
    """Write what is left; end quietly if nobody reads it any more, as `head` does."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would write again at exit, and complain that nobody reads.
        _write_no_more()
    except OSError as error:
        say(f"nerlink: {_line_of(error)}")
        _write_no_more()


def _line_of(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}."


def _write_no_more() -> None:
    """End with exit code 1; what Python still holds for standard output goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)
