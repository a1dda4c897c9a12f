"""A model and documents to tag in bulk, made without a network."""

import json
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import World, invent_world
from experiments.speed.nerlink_side import make_pipeline

__all__ = ["Made", "make"]

N_ENTITIES = 10_000
SENTENCES = (1, 18)
"""Of a document: about 20 to 600 words, 200 in the mean."""


class Made(NamedTuple):
    """What is tagged with what.

    Args:
        model: Folder of a model.
        encoder: What its encoder is called.
        world: What documents are about.
    """

    model: Path
    encoder: str
    world: World

    def write(
        self, path: Path, n_documents: int, *, sentences: tuple[int, int] = SENTENCES
    ) -> Path:
        """JSON lines of so many documents."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf8") as file:
            for number, text in enumerate(islice(self._texts(path.stem, sentences), n_documents)):
                file.write(json.dumps({"id": f"{path.stem}-{number}", "text": text}) + "\n")
        return path

    def _texts(self, seed: str, sentences: tuple[int, int]) -> Iterator[str]:
        for part in count():
            for doc in self.world.documents(
                100, seed=f"{seed} {part}", n_entities=N_ENTITIES, sentences=sentences
            ):
                yield doc.text


def make(folder: Path, encoder: str) -> Made:
    """A model that knows the names of an invented world.

    Args:
        folder: Where it is made.
        encoder: Hub id or folder; random weights if it is nowhere.
    """
    found, name = encoder_folder(encoder, folder / "encoder")
    world = invent_world(found, n_names=100, n_meanings=20)
    learnt = world.documents(20, seed="learnt", n_entities=N_ENTITIES)
    pipeline = make_pipeline(world, N_ENTITIES, encoder=found, documents=learnt, folder=folder)
    return Made(pipeline.save(folder / "model"), name, world)
