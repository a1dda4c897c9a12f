"""What busy neighbours cost: tagging beside processes that want the same cores.

torch's threads wait for each other by spinning, as OpenMP has it, or by sleeping, as nerlink has
it. Two processes with the same pipeline, one of each kind, tag the same documents in turns.

    python -m experiments.speed.neighbours
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import invent_world
from experiments.speed.nerlink_side import make_pipeline
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run
from experiments.speed.timing import Side, measure_in_turns

__all__ = ["main"]

SIZES: Final = {"toy": (100, 10, 5, 1, 1, 1), "full": (10_000, 500, 20, 6, 7, 2)}
"""Entities, names, meanings of a name, documents, repetitions, most neighbours."""

SPINNING: Final = {"GOMP_SPINCOUNT": "300000"}
"""What libgomp does where nothing is said, in words that nerlink leaves alone."""

WAITING: Final[Mapping[str, Mapping[str, str]]] = {"spinning": SPINNING, "sleeping": {}}

ROOT: Final = Path(__file__).parent.parent.parent
BUSY: Final = "while True: pass"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments))


def _measure(options: Options, folder: Path) -> Findings:
    n_entities, n_names, n_meanings, n_documents, repeats, most = SIZES[options.size]
    encoder, name = encoder_folder(options.encoder, folder / "encoder")
    world = invent_world(encoder, n_names=n_names, n_meanings=n_meanings)
    learnt = world.documents(min(8, 2 * n_documents), seed="learnt", n_entities=n_entities)
    model = make_pipeline(world, n_entities, encoder=encoder, documents=learnt, folder=folder).save(
        folder / "model"
    )
    documents = world.documents(n_documents, seed="neighbours", n_entities=n_entities)
    texts = folder / "texts.json"
    texts.write_text(json.dumps([doc.text for doc in documents]), "utf8")
    with ExitStack() as stack:
        sides: dict[str, Side] = {}
        for how, said in WAITING.items():
            tagger = stack.enter_context(_tagger(model, texts, said, options.threads))
            for n in range(most + 1):
                sides[f"{how}, {n} neighbours"] = partial(_tag, tagger, n)
        # Seconds of this process alone would leave out those of the taggers.
        times = measure_in_turns(sides, options.repeats or repeats, clock="wall")
    findings = Findings("neighbours", name)
    findings.add_times(times)
    alone = statistics.median(times["sleeping, 0 neighbours"])
    for side, seconds in times.items():
        how, n = side.split(", ")
        findings.add(f"slower.{how}.{n.partition(' ')[0]}", *(one / alone for one in seconds))
    return findings


@contextmanager
def _tagger(
    model: Path, texts: Path, said: Mapping[str, str], n_threads: int
) -> Iterator["subprocess.Popen[str]"]:
    """A process that tags the texts once for each line that it is sent, and answers with a line."""
    inherited = {key: value for key, value in os.environ.items() if not _is_about_threads(key)}
    command = [sys.executable, "-m", "experiments.speed.neighbours_probe", model, texts]
    with subprocess.Popen(
        [*map(str, command), str(n_threads)],
        cwd=ROOT,
        env={**inherited, **said},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.communicate()  # the end of its input is the end of the process


def _is_about_threads(key: str) -> bool:
    return key.startswith(("OMP_", "GOMP_", "KMP_"))


def _tag(tagger: "subprocess.Popen[str]", n_neighbours: int, _: int) -> None:
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(n_neighbours)]
    try:
        if tagger.stdin and tagger.stdout:
            print("tag", file=tagger.stdin, flush=True)
            tagger.stdout.readline()
    finally:
        for process in busy:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
