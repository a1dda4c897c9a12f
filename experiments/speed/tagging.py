"""Tagging and linking whole documents, from raw text to result objects.

nerlink and stock Flair, of the same encoder, run over the same documents with the same names and
candidates; the bare encoder runs over nerlink's subtokens in full windows and does nothing else.
Every repetition has documents of its own, as a stream would.

    python -m experiments.speed.tagging
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from experiments.speed.bare import full_windows, run_bare
from experiments.speed.encoders import encoder_folder
from experiments.speed.flair_side import FlairSide, make_flair
from experiments.speed.invented import World, invent_world
from experiments.speed.nerlink_side import count_mentions, make_pipeline
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, report
from experiments.speed.timing import Side, measure_in_turns
from nerlink import Document, Pipeline

__all__ = ["main"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured.

    Args:
        n_documents: In each repetition.
        n_learnt: Documents that the heads learn the names from.
        bases: Sizes of knowledge bases, entities.
        flair_bases: Those that Flair runs with, too.
        n_names: Names in the texts.
        n_meanings: Entities that share a name.
        repeats: Repetitions.
    """

    n_documents: int
    n_learnt: int
    bases: tuple[int, ...]
    flair_bases: tuple[int, ...]
    n_names: int
    n_meanings: int
    repeats: int


SIZES: Final = {
    "toy": Size(
        n_documents=1,
        n_learnt=2,
        bases=(100, 1000),
        flair_bases=(100,),
        n_names=10,
        n_meanings=5,
        repeats=2,
    ),
    "full": Size(
        n_documents=10,
        n_learnt=30,
        bases=(10_000, 100_000, 300_000, 1_000_000),
        flair_bases=(10_000, 300_000),
        n_names=500,
        n_meanings=20,
        repeats=7,
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    options = parse_options(__doc__, arguments)
    size = SIZES[options.size]
    with tempfile.TemporaryDirectory() as folder:
        encoder, name = encoder_folder(options.encoder, Path(folder) / "encoder")
        world = invent_world(encoder, n_names=size.n_names, n_meanings=size.n_meanings)
        findings = Findings("tagging", name)
        _measure(world, size, options, encoder=encoder, folder=Path(folder), findings=findings)
    report(findings, options)


def _measure(
    world: World, size: Size, options: Options, *, encoder: Path, folder: Path, findings: Findings
) -> None:
    repeats = options.repeats or size.repeats
    learnt = world.documents(size.n_learnt, seed="learnt", n_entities=size.bases[0])
    pipelines = {
        n: make_pipeline(
            world,
            n,
            encoder=encoder,
            documents=world.documents(size.n_learnt, seed="learnt", n_entities=n),
            folder=folder,
        )
        for n in size.bases
    }
    flairs = {n: make_flair(world, n, encoder=encoder, documents=learnt) for n in size.flair_bases}
    rounds = [
        world.documents(size.n_documents, seed=f"round {number}", n_entities=size.bases[0])
        for number in range(repeats + 1)
    ]
    _compare_found(pipelines[size.bases[0]], flairs[size.flair_bases[0]], rounds[0], findings)
    times = measure_in_turns(_sides(pipelines, flairs, rounds), repeats, clock=options.clock)
    findings.add_times(times)
    smallest, largest = f"nerlink, {size.bases[0]:,}", f"nerlink, {size.bases[-1]:,}"
    for n in size.flair_bases:
        suffix = "" if n == size.flair_bases[0] else f".{n}"
        findings.add_ratio(
            f"speed.vs_flair{suffix}", times[f"flair, {n:,}"], times[f"nerlink, {n:,}"]
        )
    findings.add_ratio("speed.vs_bare", times[smallest], times["bare"])
    findings.add_ratio(f"speed.{size.bases[-1]}_entities", times[largest], times[smallest])


def _sides(
    pipelines: dict[int, Pipeline], flairs: dict[int, FlairSide], rounds: list[list[Document]]
) -> dict[str, Side]:
    """Everything that is timed, by name."""
    texts = [[doc.text for doc in documents] for documents in rounds]
    encoder = next(iter(pipelines.values())).model.encoder
    batches = [full_windows(encoder, documents) for documents in rounds]
    sides: dict[str, Side] = {"bare": lambda number: run_bare(encoder, batches[number])}
    for n, pipeline in pipelines.items():
        sides[f"nerlink, {n:,}"] = partial(_run, pipeline, texts)
    for n, side in flairs.items():
        sides[f"flair, {n:,}"] = partial(_run, side, texts)
    return sides


def _run(side: Pipeline | FlairSide, texts: list[list[str]], number: int) -> None:
    side(texts[number])


def _compare_found(
    pipeline: Pipeline, flair_side: FlairSide, documents: list[Document], findings: Findings
) -> None:
    """How many mentions both sides find, and link, so that neither has less to do."""
    texts = [doc.text for doc in documents]
    ours, theirs = pipeline(texts), flair_side(texts)
    findings.add("mentions.gold", count_mentions(documents))
    findings.add("mentions.nerlink", count_mentions(ours))
    findings.add("mentions.flair", sum(map(len, theirs)))
    findings.add("links.nerlink", sum(m.entity != "NIL" for doc in ours for m in doc.mentions))
    findings.add("links.flair", sum(m[4] != "<unk>" for found in theirs for m in found))


if __name__ == "__main__":
    main()
