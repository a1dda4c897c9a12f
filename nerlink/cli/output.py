"""What a command says: results to standard output, words and progress to standard error."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer

from nerlink.errors import plural

__all__ = ["counted", "progress", "say", "write_page", "write_record"]

Item = TypeVar("Item")


def say(words: object) -> None:
    """Tell the person at the keyboard."""
    typer.echo(words, err=True)


def write_record(record: Mapping[str, Any]) -> None:
    """A result, as one line of JSON."""
    typer.echo(json.dumps(record, ensure_ascii=False))


def write_page(page: str, path: str | Path) -> None:
    """Write a page of HTML to a file, whole or not at all; `-` is standard output."""
    from nerlink.files import open_output

    with open_output(path) as file:
        file.write(page)


def counted(items: Iterable[Item], *, noun: str) -> Iterator[Item]:
    """The same items; tells how many passed, while they do (on a terminal) and in the end."""
    start, n_items = time.monotonic(), 0
    for item in _with_progress(items, noun) if sys.stderr.isatty() else items:
        n_items += 1
        yield item
    seconds = time.monotonic() - start
    say(f"{plural(n_items, noun)} in {seconds:.1f} s")


@contextmanager
def progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """A function to tell what is done, and of how many; a bar shows it on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    is_off = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=is_off) as bar:
        task = bar.add_task(words, visible=False)
        yield lambda n_done, n_all: bar.update(task, completed=n_done, total=n_all, visible=True)


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
