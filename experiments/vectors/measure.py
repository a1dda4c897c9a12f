"""Vector indexes side by side: what they cost, and what they find.

    python -m experiments.vectors.measure --count 40000
    python -m experiments.vectors.measure --count 1000000 --index "faiss, groups"

Results are added to those that are there already.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from experiments.speed.results import statistics_of, write_results
from experiments.vectors.indexes import INDEXES
from experiments.vectors.probe import COLUMNS

__all__ = ["main"]

QUESTION: Final = "Which index finds the nearest of many prototypes, and at what cost?"
ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = Path(__file__).parent / "results.json"
SPREADS: Final = ("random", "grouped")
PACKAGES: Final = {
    "numpy": "numpy",
    "usearch": "usearch",
    "faiss": "faiss-cpu",
    "hnswlib": "hnswlib",
}
"""Of each library."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=40_000, help="vectors")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--index", action="append", choices=tuple(INDEXES), help="all if not given")
    parser.add_argument("--spread", action="append", choices=SPREADS, help="both if not given")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    path: Path = options.output
    before = json.loads(path.read_text("utf8"))["scores"] if path.is_file() else {}
    scores = {column: before.get(column, {}) for column in COLUMNS}
    for spread in options.spread or SPREADS:
        for name in options.index or filter(is_installed, INDEXES):
            command = [sys.executable, "-m", "experiments.vectors.probe", name, spread]
            command += [str(options.count), str(options.queries)]
            answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
            for found, values in json.loads(answer).items():
                print(spread, options.count, found, [round(value, 3) for value in values])
                for column, value in zip(COLUMNS, values, strict=True):
                    row = f"{options.count:,} {spread}: {found}"
                    scores[column][row] = statistics_of([value])
    write_results(
        path,
        question=QUESTION,
        corpus="invented vectors",
        encoder="none",
        scores={column: dict(sorted(rows.items())) for column, rows in scores.items()},
        seconds={},
        threads=2,
        packages=[package for name, package in PACKAGES.items() if is_installed(name)],
    )


def is_installed(name: str) -> bool:
    """Whether the library that an index's name opens with is there."""
    return importlib.util.find_spec(name.partition(",")[0]) is not None


if __name__ == "__main__":
    main()
