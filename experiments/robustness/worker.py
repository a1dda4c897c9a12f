"""A process that tries inputs, so that one that hangs or ends it costs nothing but itself."""

import logging
import multiprocessing
import resource
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Final

from experiments.robustness import bases, files, folders, kills
from experiments.robustness.attacks import Attack, Broken, World, chance
from nerlink.errors import NerlinkError

__all__ = ["AREAS", "Outcome", "Worker"]

AREAS: Final[Mapping[str, Attack]] = {
    "broken documents": files.broken_documents,
    "cut documents": files.cut_documents,
    "written documents": files.written,
    "files of people": files.people,
    "tables of entities": files.tables,
    "configurations": files.configurations,
    "damaged bases": bases.damaged_base,
    "hostile bases": bases.hostile_base,
    "values in bases": bases.base_values,
    "damaged models": folders.damaged_model,
    "hostile models": folders.hostile_model,
    "values in models": folders.model_values,
    "killed writers": kills.killed_writer,
    "killed bases": kills.killed_base,
    "killed saves": kills.killed_save,
    "killed trainings": kills.killed_training,
}
"""Every attack by its name."""

MEMORY: Final = 4 << 30
"""Bytes that a worker may take beyond what it has when it starts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input.

    Args:
        verdict: `accepted`, `refused`, `raw` (an error that is not for people), `silent` (a wrong
            result without a word), `code` (the input's own code ran) or `hang`.
        words: The error or the finding.
    """

    verdict: str
    words: str = ""


class Worker:
    """The process, started again when it is lost.

    Args:
        world: What attacks start from.
        seed: Of all inputs.
        seconds: After which an input hangs.
    """

    def __init__(self, world: World, *, seed: int, seconds: float) -> None:
        self.world = world
        self.seed = seed
        self.seconds = seconds
        self._start()

    def _start(self) -> None:
        # Spawned: a fork of a process whose torch has threads would wait for them.
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(other, self.world.folder, self.seed), daemon=True
        )
        self._process.start()
        other.close()
        self._pipe.recv()

    def __call__(self, area: str, number: int) -> Outcome:
        """What becomes of an input."""
        self._pipe.send((area, number))
        try:
            if self._pipe.poll(self.seconds):
                outcome: Outcome = self._pipe.recv()
                return outcome
            lost = Outcome("hang", f"no answer in {self.seconds:.0f} s")
        except EOFError:
            self._process.join()
            lost = Outcome("raw", f"the process ended with {self._process.exitcode}")
        self.close()
        self._start()
        return lost

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


def _serve(pipe: Connection, folder: Path, seed: int) -> None:
    logging.disable()
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(1000)
    world = World(folder)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, resource.RLIM_INFINITY))
    pipe.send("ready")
    while True:
        area, number = pipe.recv()
        place = Path(tempfile.mkdtemp(prefix="nerlink-"))
        try:
            pipe.send(_try(AREAS[area], world, chance(seed, area, number), place))
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _try(attack: Attack, world: World, rng: Random, place: Path) -> Outcome:
    try:
        attack(world, rng, place)
    except NerlinkError as error:
        return Outcome("refused", str(error))
    except Broken as broken:
        return Outcome(broken.verdict, str(broken))
    except Exception:  # noqa: BLE001  # what is counted here is every other exception
        return Outcome("raw", traceback.format_exc())
    return Outcome("accepted")
