"""Memory while a long stream of short documents goes through a pipeline.

python -m experiments.speed.streaming --count 100000
"""

import time
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Final

from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import World, invent_world
from experiments.speed.memory import peak_memory
from experiments.speed.nerlink_side import make_pipeline
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run

__all__ = ["main"]

SIZES: Final = {"toy": (100, 10, 5, 60, 20), "full": (10_000, 500, 20, 100_000, 1000)}
"""Entities, names, meanings of a name, documents, documents after which memory is to be flat."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments, counts="documents in the stream"))


def _measure(options: Options, folder: Path) -> Findings:
    n_entities, n_names, n_meanings, n_documents, n_first = SIZES[options.size]
    n_documents = max(options.count or n_documents, n_first + 1)
    encoder, name = encoder_folder(options.encoder, folder / "encoder")
    world = invent_world(encoder, n_names=n_names, n_meanings=n_meanings)
    learnt = world.documents(2, seed="learnt", n_entities=n_entities)
    pipeline = make_pipeline(world, n_entities, encoder=encoder, documents=learnt, folder=folder)
    found = pipeline.stream(_texts(world, n_entities, n_documents))
    start = time.perf_counter()
    for _ in islice(found, n_first):
        pass
    early = peak_memory()
    n_mentions = sum(len(doc.mentions) for doc in found)
    seconds = time.perf_counter() - start
    late = peak_memory()
    findings = Findings("streaming", name)
    findings.add("memory.first_megabytes", early)
    findings.add("memory.peak_megabytes", late)
    findings.add("memory.growth", late / early - 1)
    findings.add("documents_per_second", n_documents / seconds)
    findings.add("mentions", n_mentions)
    findings.seconds["streaming: all documents"] = round(seconds, 1)
    return findings


def _texts(world: World, n_entities: int, n_documents: int) -> Iterator[str]:
    """Short texts, made while they are asked for."""
    parts = (
        world.documents(
            100, seed=f"part {part}", n_entities=n_entities, sentences=(1, 1), words=(8, 16)
        )
        for part in count()
    )
    return islice((doc.text for part in parts for doc in part), n_documents)


if __name__ == "__main__":
    main()
