"""What a command says: results to standard output, words and progress to standard error."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import typer

__all__ = ["counted", "say", "write_record"]

Item = TypeVar("Item")


def say(words: object) -> None:
    """Tell the person at the keyboard."""
    typer.echo(words, err=True)


def write_record(record: Mapping[str, Any]) -> None:
    """A result, as one line of JSON."""
    typer.echo(json.dumps(record, ensure_ascii=False))


def counted(items: Iterable[Item], *, noun: str) -> Iterator[Item]:
    """The same items; tells how many passed, while they do (on a terminal) and in the end."""
    start, n_items = time.monotonic(), 0
    for item in _with_progress(items, noun) if sys.stderr.isatty() else items:
        n_items += 1
        yield item
    seconds = time.monotonic() - start
    say(f"{n_items:,} {noun}{'' if n_items == 1 else 's'} in {seconds:.1f} s")


def _with_progress(items: Iterable[Item], noun: str) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn(f"{{task.completed:,}} {noun}s"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(items, description=noun)
