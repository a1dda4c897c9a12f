"""What one index costs and finds, measured in a process of its own; started by `measure`."""

import json
import sys
import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from experiments.speed.memory import resident_memory
from experiments.vectors.indexes import INDEXES, Rows, Search, Vectors, numpy_exact

__all__ = ["COLUMNS", "probe"]

COLUMNS: Final = (
    "build, CPU s",
    "a query, CPU µs",
    "of 20 in one go, CPU µs",
    "memory, MB",
    "recall at 1",
    "recall at 10",
)
WIDTH: Final = 384
N_NEAREST: Final = 10
N_TOGETHER: Final = 20
"""Queries in one go, about the surfaces of some documents that no alias covers."""


def probe(name: str, spread: str, n_vectors: int, n_queries: int) -> dict[str, list[float]]:
    """The values of `COLUMNS`, for each reach of an index.

    Memory is that beside the vectors themselves. Seconds are those of the process on all its
    threads, so that other work on the machine does not count.
    """
    vectors, queries = invented_vectors(spread, n_vectors, n_queries)
    truth = numpy_exact(vectors)(queries, N_NEAREST, 0)
    kind = INDEXES[name]
    kind.build(vectors[:2000])(queries[:1], 1, kind.reaches[0])  # the library is loaded and warm
    before = resident_memory()
    start = time.process_time()
    search = kind.build(vectors)
    built = time.process_time() - start
    search(queries[:1], N_NEAREST, kind.reaches[0])
    memory = resident_memory() - before
    found = {}
    for reach in kind.reaches:
        alone, rows = _search(search, queries, reach, n_together=1)
        together, _ = _search(search, queries, reach, n_together=N_TOGETHER)
        recalls = [_recall(rows[:, :n], truth[:, :n]) for n in (1, N_NEAREST)]
        found[f"{name}, {reach}" if reach else name] = [built, alone, together, memory, *recalls]
    return found


def invented_vectors(spread: str, n_vectors: int, n_queries: int) -> tuple[Vectors, Vectors]:
    """Vectors of length 1, and queries near some of them.

    Args:
        spread: `random`, or `grouped` where about a hundred each lie around a common centre.
        n_vectors: How many.
        n_queries: How many, each halfway between a vector and a direction drawn by chance.
    """
    rng = np.random.default_rng(0)
    n_centres = max(1, n_vectors // 100)
    vectors = np.empty((n_vectors, WIDTH), dtype=np.float16)
    centres = _directions(rng, n_centres) * (spread == "grouped")
    for first in range(0, n_vectors, 50_000):
        part = _directions(rng, min(50_000, n_vectors - first))
        part += centres[rng.integers(n_centres, size=len(part))]
        vectors[first : first + len(part)] = part / np.linalg.norm(part, axis=1, keepdims=True)
    chosen = vectors[rng.integers(n_vectors, size=n_queries)] + _directions(rng, n_queries)
    return vectors, (chosen / np.linalg.norm(chosen, axis=1, keepdims=True)).astype(np.float16)


def _directions(rng: np.random.Generator, n_vectors: int) -> NDArray[np.float32]:
    drawn = rng.standard_normal((n_vectors, WIDTH), dtype=np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def _search(search: Search, queries: Vectors, reach: int, *, n_together: int) -> tuple[float, Rows]:
    """Microseconds a query, and the rows found."""
    found = []
    start = time.process_time()
    for first in range(0, len(queries), n_together):
        found.append(search(queries[first : first + n_together], N_NEAREST, reach))
    return 1e6 * (time.process_time() - start) / len(queries), np.concatenate(found)


def _recall(found: Rows, truth: Rows) -> float:
    shared = [len(set(a) & set(b)) for a, b in zip(found.tolist(), truth.tolist(), strict=True)]
    return sum(shared) / truth.size


if __name__ == "__main__":
    json.dump(probe(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])), sys.stdout)
