"""What every measurement can be told on the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from experiments.speed.timing import CLOCKS

__all__ = ["Options", "parse_options"]

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line said.

    Args:
        size: `toy` keeps the program alive, `full` is what counts.
        repeats: Times that every side runs; the measurement's own number if `None`.
        threads: Threads of torch.
        encoder: Hub id or folder of the encoder; random weights if it is nowhere.
        output: Where results go; nowhere if `None`.
        count: Of whatever the measurement counts; its own number if `None`.
        clock: What seconds are: `wall`, or `cpu` on a machine that others use too.
    """

    size: str
    repeats: int | None
    threads: int
    encoder: str
    output: Path | None
    count: int | None
    clock: str


def parse_options(
    description: str | None, arguments: Sequence[str] | None, *, counts: str | None = None
) -> Options:
    """The options of a command, and torch set to its threads.

    Args:
        description: The first line of `--help`.
        arguments: Those of the command line if `None`.
        counts: What `--count` counts, for a measurement that has it.
    """
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--size", choices=("toy", "full"), default="full")
    parser.add_argument("--repeats", type=int, help="times that every side runs")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--encoder", default="sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("--output", type=Path, help="results.json of this folder at full size")
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    if counts:
        parser.add_argument("--count", type=int, help=counts)
    parsed = parser.parse_args(arguments)
    torch.set_num_threads(parsed.threads)
    return Options(
        size=parsed.size,
        repeats=parsed.repeats,
        threads=parsed.threads,
        encoder=parsed.encoder,
        output=parsed.output or (RESULTS if parsed.size == "full" else None),
        count=parsed.count if counts else None,
        clock=parsed.clock,
    )
