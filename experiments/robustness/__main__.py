"""What nerlink does with hostile and broken input, and when it is killed: a bounded campaign.

    python -m experiments.robustness --minutes 5
    python -m experiments.robustness --only "hostile models" --first 7 --inputs 1

Each input follows from the seed, the name of its attack and its number, so a finding can be had
again. The exit code is 1 if anything was found.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

os.environ.setdefault("OMP_NUM_THREADS", "1")

from experiments.robustness.attacks import World
from experiments.robustness.worker import AREAS, Worker
from experiments.speed.results import statistics_of, write_results
from nerlink.kb import KnowledgeBase
from nerlink.training import train
from tests.encoders import write_encoder
from tests.world import DOCUMENTS, ENTITIES, tiny_config

__all__ = ["main"]

RESULTS: Final = Path(__file__).parent / "results.json"
FINDINGS: Final = ("raw", "silent", "code", "hang")
VERDICTS: Final = ("accepted", "refused", *FINDINGS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Try inputs until the time is over, show and write what became of them."""
    options = _options(arguments)
    areas = [options.only] if options.only else list(AREAS)
    tried = {area: Counter[str]() for area in areas}
    began = time.monotonic()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder, Progress(console=console) as bar:
        worker = Worker(_make_world(Path(folder)), seed=options.seed, seconds=options.hang)
        task = bar.add_task("inputs", total=options.minutes * 60)
        until = time.monotonic() + options.minutes * 60
        numbers = {area: count(options.first) for area in areas}
        spent = dict.fromkeys(areas, 0.0)
        while spent and (now := time.monotonic()) < until:
            area = min(spent, key=lambda one: spent[one])  # each attack gets as much time
            number = next(numbers[area])
            outcome = worker(area, number)
            spent[area] += time.monotonic() - now
            tried[area][outcome.verdict] += 1
            if tried[area].total() == options.inputs:
                del spent[area]
            if outcome.verdict in FINDINGS:
                words = f"{outcome.verdict}: --only {area!r} --first {number}: {outcome.words}"
                bar.console.print(words, markup=False, highlight=False)
            bar.update(task, completed=options.minutes * 60 - (until - time.monotonic()))
        worker.close()
    _show(tried)
    if options.output:
        _write(options.output, tried, seconds=time.monotonic() - began)
    sys.exit(any(counts[kind] for counts in tried.values() for kind in FINDINGS))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.robustness",
        description=(__doc__ or "").partition("\n")[0],
        epilog="Example: python -m experiments.robustness --minutes 5",
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="another seed tries other inputs")
    parser.add_argument("--only", choices=AREAS, metavar="ATTACK", help=", ".join(AREAS))
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--inputs", type=int, help="how many inputs of each attack, at most")
    parser.add_argument("--hang", type=float, default=60.0, help="seconds until an input hangs")
    parser.add_argument("--output", type=Path, help=f"such as {RESULTS.name}; nowhere by default")
    return parser.parse_args(arguments)


def _make_world(folder: Path) -> World:
    """A small model with a random encoder, its base, and what they were made of."""
    world = World(folder)
    words = sorted({word for doc in DOCUMENTS for word in doc.text.lower().split()})
    letters = [chr(n) for n in range(33, 127)]
    vocabulary = folder / "vocab.txt"
    lines = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{x}" for x in letters)]
    vocabulary.write_text("\n".join(dict.fromkeys([*lines, *words])), encoding="utf8")
    write_encoder(world.encoder, str(vocabulary))
    KnowledgeBase.create(world.base, ENTITIES).close()
    config = tiny_config(world.encoder)
    trained = train(config, folder / "run", train=DOCUMENTS, dev=DOCUMENTS, kb=world.base)
    trained.folder.rename(world.model)
    return world


def _show(tried: dict[str, Counter[str]]) -> None:
    table = Table(title="Inputs and what became of them")
    for column in ("attack", "inputs", *VERDICTS):
        table.add_column(column, justify="left" if column == "attack" else "right")
    for area, counts in tried.items():
        table.add_row(area, *map(str, [counts.total(), *(counts[kind] for kind in VERDICTS)]))
    total = sum(tried.values(), Counter[str]())
    table.add_row("all", *map(str, [total.total(), *(total[kind] for kind in VERDICTS)]))
    Console().print(table)


def _write(path: Path, tried: dict[str, Counter[str]], *, seconds: float) -> None:
    total = sum(tried.values(), Counter[str]())
    write_results(
        path,
        question="What does nerlink do with hostile and broken input, and when it is killed?",
        corpus="mutated files, models and bases, made by the program",
        encoder="random, two layers",
        scores={
            area: {
                measure: statistics_of([n])
                for measure, n in {"inputs": counts.total(), **_found(counts)}.items()
            }
            for area, counts in {**tried, "all": total}.items()
        },
        seconds={"campaign": round(seconds, 1)},
        threads=1,
    )


def _found(counts: Counter[str]) -> dict[str, int]:
    return {kind: counts[kind] for kind in VERDICTS}


if __name__ == "__main__":
    main()
