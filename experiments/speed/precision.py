"""What a processor gains from fewer bits: bf16 and int8 beside fp32.

The same pipeline, the same documents; whether the same mentions and links are found is told as
F1 between the answers in fp32 and in fewer bits.

    python -m experiments.speed.precision
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import torch

from experiments.speed.bare import full_windows, run_bare
from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import invent_world
from experiments.speed.nerlink_side import count_mentions, make_pipeline
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run
from experiments.speed.timing import Side, measure_in_turns
from nerlink import Document, Pipeline
from nerlink.models.encoder.fast.precision import can_int8

__all__ = ["main"]

SIZES: Final = {"toy": (100, 10, 5, 2, 1), "full": (10_000, 500, 20, 10, 9)}
"""Entities, names, meanings of a name, documents, repetitions."""


MODES: Final = ("fp32", "bf16", "int8") if can_int8() else ("fp32", "bf16")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments))


def _measure(options: Options, folder: Path) -> Findings:
    n_entities, n_names, n_meanings, n_documents, repeats = SIZES[options.size]
    encoder, name = encoder_folder(options.encoder, folder / "encoder")
    world = invent_world(encoder, n_names=n_names, n_meanings=n_meanings)
    learnt = world.documents(min(8, 2 * n_documents), seed="learnt", n_entities=n_entities)
    pipelines = {}
    for mode in MODES:
        pipelines[mode] = make_pipeline(
            world, n_entities, encoder=encoder, documents=learnt, folder=folder
        )
        pipelines[mode].model.encoder.set_precision(mode)
    documents = world.documents(n_documents, seed="precision", n_entities=n_entities)
    texts = [doc.text for doc in documents]
    findings = Findings("precision", name)
    expected = pipelines["fp32"](texts)
    for mode, pipeline in pipelines.items():
        findings.add(f"agreement.{mode}", _agreement(expected, pipeline(texts)))
    sides: dict[str, Side] = {}
    batches = full_windows(pipelines["fp32"].model.encoder, documents)
    for mode, pipeline in pipelines.items():
        sides[mode] = partial(_tag, pipeline, texts)
        sides[f"{mode}, encoder alone"] = partial(_encode, pipeline, batches)
    times = measure_in_turns(sides, options.repeats or repeats, clock=options.clock)
    findings.add_times(times)
    for mode in MODES:
        findings.add_ratio(f"speed.{mode}", times["fp32"], times[mode])
        alone = [times[f"{m}, encoder alone"] for m in ("fp32", mode)]
        findings.add_ratio(f"speed.{mode}.encoder", *alone)
    return findings


def _tag(pipeline: Pipeline, texts: list[str], _: int) -> None:
    pipeline(texts)


def _encode(pipeline: Pipeline, batches: list[torch.Tensor], _: int) -> None:
    run_bare(pipeline.model.encoder, batches)


def _agreement(expected: Sequence[Document], found: Sequence[Document]) -> float:
    """F1 of mentions with label and link, one answer against the other."""
    common = sum(len(_keys(a) & _keys(b)) for a, b in zip(expected, found, strict=True))
    return 2 * common / max(1, count_mentions(expected) + count_mentions(found))


def _keys(doc: Document) -> set[tuple[int, int, str | None, str | None]]:
    return {(m.start, m.end, m.label, m.entity) for m in doc.mentions}


if __name__ == "__main__":
    main()
