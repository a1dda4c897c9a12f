"""Results of a command go to standard output, words and progress to standard error."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer

from nerlink.words import UNSHOWABLE, number_of, visible

__all__ = [
    "progress_bar",
    "say",
    "show",
    "stage_bar",
    "with_progress",
    "write_page",
    "write_record",
]

Item = TypeVar("Item")


def say(words: object) -> None:
    """Write words for a person, on standard error."""
    show(words, err=True)


def show(words: object = "", *, err: bool = False) -> None:
    """Write words for a person, by default on standard output.

    Words may hold labels, ids and texts of files from elsewhere: nothing that a terminal obeys
    is written.
    """
    typer.echo(visible(str(words)).replace("\r", "\ufffd"), err=err)


def write_record(record: Mapping[str, Any], *, indent: int | None = None) -> None:
    """Write a result to standard output as JSON, by default in one line."""
    written = json.dumps(record, ensure_ascii=False, indent=indent)
    # The same JSON, with characters that a terminal obeys as escapes.
    typer.echo(UNSHOWABLE.sub(lambda one: f"\\u{ord(one[0]):04x}", written))


def write_page(page: str, path: str | Path) -> None:
    """Write a page of HTML to a file, whole or not at all; `-` is standard output."""
    from nerlink.files import open_output

    with open_output(path) as file:
        file.write(page)


def with_progress(items: Iterable[Item], *, things: str) -> Iterator[Item]:
    """The same items; a terminal shows how many have passed, a line at the end how many did.

    Args:
        items: Any number of them.
        things: What they are, in the plural.
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn(f"{{task.completed:,}} {things}"), TimeElapsedColumn()
    start, n_items = time.monotonic(), 0
    with Progress(*columns, **_on_terminal()) as bar:
        for item in bar.track(items, description=things):
            n_items += 1
            yield item
    say(f"{number_of(n_items, things)} in {time.monotonic() - start:.1f} s")


@contextmanager
def stage_bar() -> Iterator[Callable[[str, int], None]]:
    """A function to call with a stage of work and how much is done in it; a terminal shows both."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, **_on_terminal()) as bar:
        task = bar.add_task("", total=None, visible=False)
        yield lambda stage, n_done: bar.update(
            task, description=stage, completed=n_done, visible=True
        )


@contextmanager
def progress_bar(words: str) -> Iterator[Callable[[int, int], None]]:
    """A function to call with how much is done and how much there is; a terminal shows a bar."""
    from rich.progress import Progress

    with Progress(**_on_terminal()) as bar:
        task = bar.add_task(words, visible=False)
        yield lambda n_done, n_all: bar.update(task, completed=n_done, total=n_all, visible=True)


def _on_terminal() -> dict[str, Any]:
    """Options of a bar that is shown on standard error only, if that is a terminal."""
    from rich.console import Console

    is_off = not sys.stderr.isatty()
    return {"console": Console(stderr=True), "transient": True, "disable": is_off}
