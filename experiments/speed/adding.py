"""How long new entities take to be linkable in a pipeline that is loaded and at work.

One, a thousand and a hundred thousand entities are added to the base of a live pipeline; seconds
run until the next document has been tagged, by when the text of all of them is encoded and a
mention of one of them, written into that document, has its entity among the candidates. The same
document is tagged before, and what that takes is taken off.

    python -m experiments.speed.adding
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import invent_world
from experiments.speed.nerlink_side import make_pipeline
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run
from nerlink import Document, Entity, KnowledgeBase, Mention, Pipeline

__all__ = ["main"]

SIZES: Final = {
    "toy": (100, 10, 5, (1, 20), 1),
    "full": (10_000, 500, 20, (1, 1000, 100_000), 3),
}
"""Entities of the base, names, meanings of a name, entities added, repetitions."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments))


def _measure(options: Options, folder: Path) -> Findings:
    n_entities, n_names, n_meanings, numbers, repeats = SIZES[options.size]
    encoder, name = encoder_folder(options.encoder, folder / "encoder")
    world = invent_world(encoder, n_names=n_names, n_meanings=n_meanings)
    learnt = world.documents(2, seed="learnt", n_entities=n_entities)
    pipeline = make_pipeline(world, n_entities, encoder=encoder, documents=learnt, folder=folder)
    findings = Findings("adding", name)
    with KnowledgeBase.open(folder / f"{n_entities}.sqlite", read_only=False) as kb:
        for number in numbers:
            found = [
                _add(pipeline, kb, number, f"{number} {turn}")
                for turn in range(options.repeats or repeats)
            ]
            findings.add_times({f"{number:,} entities": [seconds for seconds, _ in found]})
            findings.add(f"found.{number}", *(float(is_found) for _, is_found in found))
    return findings


def _add(pipeline: Pipeline, kb: KnowledgeBase, number: int, turn: str) -> tuple[float, bool]:
    """Seconds until so many new entities are linkable, and whether the first one was found."""
    name = f"Newcomer {turn}"
    text = f"{name} spoke."
    asked = [Document(text=text, mentions=(Mention(start=0, end=len(name)),))]
    new = [
        Entity(
            id=f"N {turn} {n}",
            name=name if n == 0 else f"{name} {n}",
            description="a newcomer to an invented base",
        )
        for n in range(number)
    ]
    before, _ = _link(pipeline, asked)
    start = time.perf_counter()
    kb.add(*new)
    added = time.perf_counter() - start
    after, found = _link(pipeline, asked)
    candidates = found[0].mentions[0].candidates
    return added + after - before, any(one.entity == new[0].id for one in candidates)


def _link(pipeline: Pipeline, documents: list[Document]) -> tuple[float, list[Document]]:
    start = time.perf_counter()
    found = pipeline.link_only(documents)
    return time.perf_counter() - start, found


if __name__ == "__main__":
    main()
