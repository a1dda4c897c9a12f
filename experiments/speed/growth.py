"""What a larger knowledge base costs: the same documents, ten thousand entities and a million.

Both sides are nerlink and run in turns, more often than beside Flair, because the difference is
smaller than the noise of a few repetitions. Every repetition has documents of its own, so that
surfaces are looked up for the first time as often as in a stream.

    python -m experiments.speed.growth
"""

import statistics
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import invent_world
from experiments.speed.nerlink_side import make_pipeline
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run
from experiments.speed.timing import Side, measure_in_turns
from nerlink import Pipeline

__all__ = ["main"]

SIZES: Final = {
    "toy": ((100, 1000), 10, 5, 1, 2),
    "full": ((10_000, 1_000_000), 500, 20, 10, 30),
}
"""Entities of both bases, names, meanings of a name, documents, repetitions."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments))


def _measure(options: Options, folder: Path) -> Findings:
    bases, n_names, n_meanings, n_documents, repeats = SIZES[options.size]
    repeats = options.repeats or repeats
    encoder, name = encoder_folder(options.encoder, folder / "encoder")
    world = invent_world(encoder, n_names=n_names, n_meanings=n_meanings)
    rounds = [
        [doc.text for doc in world.documents(n_documents, seed=f"round {n}", n_entities=bases[0])]
        for n in range(repeats + 1)
    ]
    sides: dict[str, Side] = {}
    for n in bases:
        learnt = world.documents(min(8, 2 * n_documents), seed="learnt", n_entities=n)
        pipeline = make_pipeline(world, n, encoder=encoder, documents=learnt, folder=folder)
        sides[f"{n:,} entities"] = partial(_tag, pipeline, rounds)
    times = measure_in_turns(sides, repeats, clock=options.clock)
    small, large = times.values()
    findings = Findings("growth", name)
    findings.add_times(times)
    findings.add_ratio("speed.growth.pairs", large, small)
    findings.add("speed.growth", statistics.median(large) / statistics.median(small))
    return findings


def _tag(pipeline: Pipeline, rounds: list[list[str]], number: int) -> None:
    pipeline(rounds[number])


if __name__ == "__main__":
    main()
