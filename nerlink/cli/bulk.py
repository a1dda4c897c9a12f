"""`nerlink bulk`: tag the documents of many files, on all cores or machines."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer import Argument, BadParameter, Option

from nerlink.cli.options import (
    Device,
    InFormat,
    Model,
    Precision,
    ReadOptions,
    Threshold,
    log_to_stderr,
    parse_options,
)
from nerlink.cli.output import say, write_record

if TYPE_CHECKING:
    from nerlink.bulk import Progress

__all__ = ["bulk", "parse_size"]

LINE_SECONDS: Final = 60
"""Seconds between two lines of progress where no bar can be drawn."""


def _show_status(output: str | None) -> None:
    if output is not None:
        from nerlink.bulk import status_of

        write_record(status_of(output))
        raise typer.Exit


Inputs = Annotated[
    list[str],
    Argument(metavar="IN...", help="Files, folders or patterns; also s3:// and the like."),
]
Folder = Annotated[
    str, Option("--output", "-o", metavar="DIR", help="Folder of its own to write to.")
]
Status = Annotated[
    str | None,
    Option(
        metavar="DIR",
        callback=_show_status,
        is_eager=True,
        help="Tell how far the job of an output has come, and do nothing else.",
    ),
]
To = Annotated[str, Option(metavar="FORMAT", help="What is written: jsonl or parquet.")]
Shape = Annotated[
    str, Option(metavar="SHAPE", help="What a row of it is: a document or a mention.")
]
LinkOnly = Annotated[bool, Option("--link-only", help="Link the mentions that the documents have.")]
TopK = Annotated[
    int | None,
    Option(min=0, metavar="N", help="Number of candidates that come with each mention."),
]
ShardSize = Annotated[str, Option(metavar="SIZE", help="Where inputs that can be cut are cut.")]
Engine = Annotated[
    str, Option(metavar="NAME", help="What runs the workers: local (this machine) or ray.")
]
Workers = Annotated[
    str, Option(metavar="N", help="Processes; auto: one a core or a GPU; 0: this one alone.")
]
Threads = Annotated[int | None, Option(min=1, metavar="N", help="Threads of each worker.")]
Retries = Annotated[
    int, Option(min=0, metavar="N", help="Further tries of a shard whose worker died.")
]
MaxErrors = Annotated[
    int | None, Option(min=0, metavar="N", help="Stop when more documents have failed.")
]
Force = Annotated[
    bool, Option("--force", help="Throw away what another model or other options have written.")
]
Address = Annotated[
    str | None, Option(metavar="ADDRESS", help="Of a running Ray cluster, such as auto.")
]
NumCpus = Annotated[float | None, Option(metavar="N", help="Cores that a Ray task takes.")]
NumGpus = Annotated[float, Option(metavar="N", help="GPUs that a Ray task takes, such as 0.5.")]


def bulk(
    model: Model,
    inputs: Inputs,
    *,
    output: Folder,
    status: Status = None,  # noqa: ARG001 - `_show_status` has it
    from_: InFormat = None,
    read: ReadOptions = None,
    to: To = "jsonl",
    shape: Shape = "document",
    link_only: LinkOnly = False,
    threshold: Threshold = None,
    top_k: TopK = None,
    device: Device = "auto",
    precision: Precision = "auto",
    shard_size: ShardSize = "64MB",
    engine: Engine = "local",
    workers: Workers = "auto",
    threads: Threads = None,
    retries: Retries = 2,
    max_errors: MaxErrors = None,
    force: Force = False,
    address: Address = None,
    num_cpus: NumCpus = None,
    num_gpus: NumGpus = 0,
) -> None:
    """Tag many files on all cores or machines, a shard at a time; what is done stays done.

    The same command again tags what is left. A document that fails has a column 'error'. Standard
    output gets a summary as JSON.
    """
    options = {
        "format": from_,
        "read": parse_options(read),
        "to": to,
        "shape": shape,
        "link_only": link_only,
        "threshold": threshold,
        "top_k": top_k,
        "device": device,
        "precision": precision,
        "shard_size": parse_size(shard_size),
        "engine": engine,
        "workers": int(workers) if workers.isdecimal() else workers,
        "threads": threads,
        "retries": retries,
        "max_errors": max_errors,
        "force": force,
        "address": address,
        "num_cpus": num_cpus,
        "num_gpus": num_gpus,
    }
    _tag(model, inputs, output, options)


def _tag(model: str, inputs: list[str], output: str, options: dict[str, Any]) -> None:
    from nerlink.bulk import tag_files
    from nerlink.sources import Losses

    log_to_stderr()
    try:
        with _progress() as on_progress:
            summary = tag_files(model, inputs, output, on_progress=on_progress, **options)
    except KeyboardInterrupt:
        say("stopped: what is done stays done, and the same command goes on.")
        raise
    for name, error in summary.failed.items():
        say(f"{name} failed: {error}")
    if summary.lost:
        say(f"{output}: the output cannot hold {Losses(Counter(summary.lost))}.")
    write_record(asdict(summary))
    if summary.n_failed:
        raise typer.Exit(1)


UNITS: Final = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}


def parse_size(text: str) -> int:
    """Bytes of `64MB`, `1.5 GB`, `500k` or `1000`.

    Raises:
        BadParameter: It is no size.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) *([kmg]?)b?", text.strip().lower())
    if not match:
        raise BadParameter(f"{text!r} is no size; write one as 64MB, 1.5GB or 500KB.")
    return int(float(match[1]) * UNITS[match[2]])


@contextmanager
def _progress() -> Iterator[Callable[["Progress"], None]]:
    """A function that shows how far a job is: a bar, or a line a minute where there is none."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    last = time.monotonic()

    def show(progress: "Progress") -> None:
        nonlocal last
        n_over = progress.n_skipped + progress.n_done + progress.n_failed
        bar.update(task, total=progress.n_shards, completed=n_over, description=str(progress))
        if not console.is_terminal and time.monotonic() - last >= LINE_SECONDS:
            last = time.monotonic()
            say(progress)

    columns = BarColumn(), TextColumn("{task.description}", markup=False)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("")
        yield show
