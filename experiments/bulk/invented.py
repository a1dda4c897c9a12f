"""A model and documents to tag in bulk, made without a network."""

import json
from collections.abc import Iterator, Sequence
from itertools import count, cycle, islice
from pathlib import Path
from typing import NamedTuple

from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import World, invent_world
from experiments.speed.nerlink_side import make_pipeline

__all__ = ["MIXED", "PAGES", "SHORT", "Made", "make"]

Lengths = Sequence[tuple[int, int]]
"""The fewest and the most sentences of a document, for one document after another, in turns."""

PAGES: Lengths = [(1, 18)]
"""About 20 to 600 words, 200 in the mean."""
SHORT: Lengths = [(1, 1)]
MIXED: Lengths = [(1, 1)] * 9 + [(2, 18)]
"""Nine short texts to a longer one; 40 words in the mean."""


class Made(NamedTuple):
    """What is tagged with what.

    Args:
        model: Folder of a model.
        encoder: What its encoder is called.
        world: What documents are about.
        n_entities: In the base of the model.
    """

    model: Path
    encoder: str
    world: World
    n_entities: int

    def write(self, path: Path, n_documents: int, lengths: Lengths) -> Path:
        """JSON lines of so many documents."""
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = {length: self._texts(path.stem, length) for length in lengths}
        every = (next(texts[length]) for length in cycle(lengths))
        with path.open("w", encoding="utf8") as file:
            for number, text in enumerate(islice(every, n_documents)):
                file.write(json.dumps({"id": f"{path.stem}-{number}", "text": text}) + "\n")
        return path

    def _texts(self, seed: str, sentences: tuple[int, int]) -> Iterator[str]:
        for part in count():
            for doc in self.world.documents(
                100, seed=f"{seed} {part}", n_entities=self.n_entities, sentences=sentences
            ):
                yield doc.text


def make(folder: Path, encoder: str, *, n_names: int) -> Made:
    """A model that knows the names of an invented world.

    Args:
        folder: Where it is made.
        encoder: Hub id or folder; random weights if it is nowhere.
        n_names: Each of 20 entities, which are a fifth of the base.
    """
    n_entities = n_names * 100
    found, name = encoder_folder(encoder, folder / "encoder")
    world = invent_world(found, n_names=n_names, n_meanings=20)
    learnt = world.documents(20, seed="learnt", n_entities=n_entities)
    pipeline = make_pipeline(world, n_entities, encoder=found, documents=learnt, folder=folder)
    return Made(pipeline.save(folder / "model"), name, world, n_entities)
