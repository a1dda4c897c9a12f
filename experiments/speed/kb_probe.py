"""What one knowledge base costs, measured in a process of its own; started by `kb_scale`."""

import gc
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from experiments.speed.memory import resident_memory
from experiments.speed.words import syllable_words
from nerlink.config import KnowledgeBaseConfig
from nerlink.data import Entity
from nerlink.kb import CandidateGenerator, Exact, KnowledgeBase, Normalised
from nerlink.models.build import candidate_generator

__all__ = ["entities", "probe"]

ALIASES_PER_ENTITY: Final = 5
N_SURFACES: Final = 20_000
"""Surfaces looked up, at most; all different."""

N_TOGETHER: Final = 50
"""Surfaces looked up in one go, about those of a document."""


def entities(n_aliases: int) -> Iterator[Entity]:
    """Entities with five aliases each; every alias is shared by two entities."""
    for number, names in _pairs(n_aliases):
        aliases = dict.fromkeys(names[1:], 1 + number % 7)
        for one in (number, number + 1):
            yield Entity(id=f"E{one}", name=names[0], popularity=one % 1000, aliases=aliases)


def probe(path: Path, n_aliases: int) -> dict[str, float]:
    """Milliseconds to open, microseconds a look-up, megabytes that stay resident.

    The collector of garbage stays on, but passes over what was imported: one full pass over the
    half million objects of torch and transformers takes as long as all look-ups of a round, and
    falls into any of them by chance.
    """
    gc.collect()
    gc.freeze()
    found: dict[str, float] = {}
    surfaces = _surfaces(n_aliases)
    _forget_file(path)
    before = resident_memory()
    start = time.perf_counter()
    with KnowledgeBase.open(path) as kb:
        found["open_ms"] = 1000 * (time.perf_counter() - start)
        filled = candidate_generator(kb, KnowledgeBaseConfig())
        found["filled_cold_us"] = _look_up_together(filled, surfaces)
        found["filled_remembered_us"] = _look_up_together(filled, surfaces[-1000:])
        found["memory_megabytes"] = resident_memory() - before
        filled = candidate_generator(kb, KnowledgeBaseConfig())
        found["filled_warm_us"] = _look_up_together(filled, surfaces)
        _forget_file(path)
        found["normalised_cold_us"] = _look_up(Normalised(kb), surfaces)
        generator = Normalised(kb)
        found["normalised_warm_us"] = _look_up(generator, surfaces)
        found["normalised_remembered_us"] = _look_up(generator, surfaces[-1000:])
        _forget_file(path)
        found["together_cold_us"] = _look_up_together(Normalised(kb), surfaces)
        found["together_warm_us"] = _look_up_together(Normalised(kb), surfaces)
        _forget_file(path)
        found["exact_cold_us"] = _look_up(Exact(kb), surfaces)
        found["exact_warm_us"] = _look_up(Exact(kb), surfaces)
    return found


def _pairs(n_aliases: int) -> Iterator[tuple[int, list[str]]]:
    """The first entity of each pair that shares its names, and the names."""
    words = syllable_words()
    for number in range(0, n_aliases // ALIASES_PER_ENTITY, 2):
        yield number, [f"{next(words)} {number}".title() for _ in range(ALIASES_PER_ENTITY)]


def _surfaces(n_aliases: int) -> list[str]:
    """Different aliases of a base, in an order drawn by chance."""
    rng = random.Random(0)
    share = N_SURFACES * 2 * ALIASES_PER_ENTITY / max(1, n_aliases)
    found = [rng.choice(names) for _, names in _pairs(n_aliases) if rng.random() < share]
    rng.shuffle(found)
    return found


def _look_up(generator: CandidateGenerator, surfaces: list[str]) -> float:
    """Microseconds a surface."""
    start = time.perf_counter()
    for surface in surfaces:
        generator.candidates(surface)
    return 1e6 * (time.perf_counter() - start) / max(1, len(surfaces))


def _look_up_together(generator: CandidateGenerator, surfaces: list[str]) -> float:
    """Microseconds a surface, many in one go."""
    start = time.perf_counter()
    for first in range(0, len(surfaces), N_TOGETHER):
        generator.candidates_of(surfaces[first : first + N_TOGETHER])
    return 1e6 * (time.perf_counter() - start) / max(1, len(surfaces))


def _forget_file(path: Path) -> None:
    """Have the operating system drop its copy of a file from memory, where it can be told."""
    if hasattr(os, "posix_fadvise"):
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


if __name__ == "__main__":
    json.dump(probe(Path(sys.argv[1]), int(sys.argv[2])), sys.stdout)
