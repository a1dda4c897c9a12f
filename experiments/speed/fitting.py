"""How much memory training data takes: training holds all documents at once.

Documents are read from a file of JSON lines and made examples, as `nerlink train` does; what the
process has resident before and after is compared.

    python -m experiments.speed.fitting
"""

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import invent_world
from experiments.speed.memory import resident_memory
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run
from nerlink import read, write
from nerlink.config import DataConfig
from nerlink.training.data import training_set

__all__ = ["main"]

SIZES: Final = {"toy": (100, 10, 5, 20), "full": (10_000, 500, 20, 5000)}
"""Entities, names, meanings of a name, documents."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments))


def _measure(options: Options, folder: Path) -> Findings:
    n_entities, n_names, n_meanings, n_documents = SIZES[options.size]
    encoder, name = encoder_folder(options.encoder, folder / "encoder")
    world = invent_world(encoder, n_names=n_names, n_meanings=n_meanings)
    path = folder / "train.jsonl"
    write(world.documents(n_documents, seed="fitting", n_entities=n_entities), path)
    gc.collect()
    before = resident_memory()
    documents = read(path)
    entry = DataConfig(train=str(path))
    data = training_set([(documents, entry)], tasks=("ner", "nel"), piece_tokens=512)
    gc.collect()
    grown = resident_memory() - before
    n_tokens = sum(len(example.passage.tokens.words) for example in data.examples)
    findings = Findings("fitting", name)
    findings.add("fitting.tokens", n_tokens)
    findings.add("fitting.megabytes_per_million_tokens", grown / n_tokens * 1e6)
    return findings


if __name__ == "__main__":
    main()
