"""Writers that are killed: what stands there afterwards is the old or the new, whole."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

from experiments.robustness.attacks import Broken, World, one_of
from nerlink import Pipeline, read, write
from nerlink.data import Entity
from nerlink.kb import KnowledgeBase
from nerlink.training import train
from tests.world import DOCUMENTS, tiny_config

__all__ = ["killed_base", "killed_save", "killed_training", "killed_writer"]

_seconds: dict[str, float] = {}
"""How long each writer took when it was left alone."""


def _killed(name: str, work: Callable[[], object], rng: Random) -> None:
    """Run some work in a fork, and kill the fork somewhere on the way.

    The first run of each kind of work is left alone, and tells how long the work takes.
    """
    child = os.fork()
    if not child:
        # Nothing of the parent may be written twice, so the fork ends without ceremony.
        code = 1
        try:
            os.close(2)
            work()
            code = 0
        finally:
            os._exit(code)
    start = time.monotonic()
    if name in _seconds:
        time.sleep(rng.uniform(0, 1.2) * _seconds[name])
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if name not in _seconds:
        if status:
            raise Broken(f"{name}: the work ends with {os.waitstatus_to_exitcode(status)}")
        _seconds[name] = time.monotonic() - start


def _rests(folder: Path, *wanted: str) -> None:
    rests = sorted(path.name for path in folder.iterdir() if path.name not in wanted)
    if rests:
        raise Broken(f"rests of a killed writer stay: {', '.join(rests)}")


def killed_writer(_world: World, rng: Random, folder: Path) -> None:
    """A file of documents, written over an older one."""
    ending = one_of(rng, ".jsonl", ".csv", ".parquet", ".ttl", ".conll", ".jsonl.gz", ".json")
    path = folder / f"out{ending}"
    old = [replace(doc, id=f"old-{doc.id}") for doc in DOCUMENTS]
    new = [replace(doc, id=f"{n}-{doc.id}") for n in range(60) for doc in DOCUMENTS]
    write(old, path)
    _killed(f"write {ending}", lambda: write(new, path), rng)
    if len(read(path)) not in (len(old), len(new)):
        raise Broken(f"{len(read(path))} documents in {path.name}, neither old nor new")
    write(new, path)
    if len(read(path)) != len(new):
        raise Broken(f"{path.name} is not written again")
    _rests(folder, path.name)


def killed_base(world: World, rng: Random, folder: Path) -> None:
    """`kb add` to the base of a model, or a base built anew; then the model tags."""
    model = Path(shutil.copytree(world.model, folder / "model"))
    path = model / "kb.sqlite"
    new = [Entity(id=f"n{n}", name=f"Name {n % 700}", aliases={f"a{n}": 1}) for n in range(4000)]

    def add() -> None:
        with KnowledgeBase.open(path, read_only=False) as kb:
            kb.add(*new)

    with KnowledgeBase.open(path) as kb:
        before = len(kb)
    _killed("kb add", add, rng)
    Pipeline.load(model, device="cpu")("Ada Byron wrote to Acme.")
    with KnowledgeBase.open(path) as kb:
        after = len(list(kb.entities()))
    if after not in (before, before + len(new)):
        raise Broken(f"{after} entities, neither {before} nor {before + len(new)}")
    _killed("kb build", lambda: KnowledgeBase.create(folder / "kb.sqlite", new), rng)
    if (folder / "kb.sqlite").exists():
        with KnowledgeBase.open(folder / "kb.sqlite") as kb:
            if len(kb) != len(new):
                raise Broken(f"{len(kb)} entities in a base that was built")
    KnowledgeBase.create(folder / "kb.sqlite", new, overwrite=True).close()
    _rests(folder, "model", "kb.sqlite")


TEXT: Final = "Ada Byron wrote to Acme in Paris."


def killed_save(world: World, rng: Random, folder: Path) -> None:
    """A model saved over another one, or over itself; then it is saved again."""
    model = Path(shutil.copytree(world.model, folder / "model"))
    pipeline = Pipeline.load(model if rng.random() < 0.5 else world.model, device="cpu")
    right = pipeline(TEXT)
    _killed("save", lambda: pipeline.save(model), rng)
    if Pipeline.load(model, device="cpu")(TEXT) != right:
        raise Broken("the model answers otherwise after a killed save")
    pipeline.save(model)
    if Pipeline.load(model, device="cpu")(TEXT) != right:
        raise Broken("the model answers otherwise after the next save")
    found = {path.name for path in model.iterdir()}
    if found != (whole := {path.name for path in world.model.iterdir()}):
        raise Broken(f"rests of a killed save stay: {sorted(found ^ whole)}")
    _rests(folder, "model")


def killed_training(world: World, rng: Random, folder: Path) -> None:
    """A training killed and started again: it ends, and with the same weights as one left alone."""
    config = tiny_config(world.encoder, training={"epochs": 4})
    output = folder / "out"

    def learn() -> None:
        train(config, output, train=DOCUMENTS, dev=DOCUMENTS, kb=world.base)

    _killed("train", learn, rng)
    learn()
    sums = _sums(output)
    if "train" not in _weights:
        _weights["train"] = sums
    if sums != _weights["train"]:
        raise Broken("a resumed training has other weights than one left alone")
    _rests(folder, "out")


_weights: dict[str, Mapping[str, bytes]] = {}


def _sums(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(output.rglob("*.safetensors"))}
