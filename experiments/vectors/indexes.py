"""Ways to find the nearest of many vectors: what a library builds, and how far it can look."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["INDEXES", "Kind", "Rows", "Search", "Vectors", "numpy_exact"]

Vectors: TypeAlias = NDArray[np.float16]
Rows: TypeAlias = NDArray[np.int64]

Search: TypeAlias = Callable[[Vectors, int, int], Rows]
"""Rows of the nearest vectors of queries, nearest first, (n_queries, n_nearest); told the queries,
how many nearest ones, and how far to look."""

_BLOCK: Final = 50_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of index.

    Args:
        build: Makes one of vectors of length 1.
        reaches: How far it is told to look; what that counts is its own business.
    """

    build: Callable[[Vectors], Search]
    reaches: tuple[int, ...] = (0,)


def numpy_exact(vectors: Vectors) -> Search:
    """Every product, in full precision, a block of vectors at a time."""

    def search(queries: Vectors, n_nearest: int, reach: int) -> Rows:  # noqa: ARG001
        wanted = queries.astype(np.float32)
        products = [
            wanted @ vectors[first : first + _BLOCK].astype(np.float32).T
            for first in range(0, len(vectors), _BLOCK)
        ]
        scores = np.concatenate(products, axis=1)
        best = np.argpartition(-scores, n_nearest, axis=1)[:, :n_nearest]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
        return np.take_along_axis(best, order, axis=1)

    return search


def usearch_exact(vectors: Vectors) -> Search:
    """Every product, in half precision, on the vectors where they are."""
    from usearch.index import MetricKind, search

    def search_all(queries: Vectors, n_nearest: int, reach: int) -> Rows:  # noqa: ARG001
        found = search(vectors, queries, n_nearest, MetricKind.IP, exact=True).keys
        return found.reshape(len(queries), -1).astype(np.int64)

    return search_all


def usearch_graph(vectors: Vectors) -> Search:
    """A graph (HNSW) in half precision."""
    from usearch.index import Index

    graph = Index(ndim=vectors.shape[1], metric="ip", dtype="f16")
    graph.add(np.arange(len(vectors)), vectors)

    def search(queries: Vectors, n_nearest: int, reach: int) -> Rows:
        graph.expansion_search = reach
        return graph.search(queries, n_nearest).keys.reshape(len(queries), -1).astype(np.int64)

    return search


def hnswlib_graph(vectors: Vectors) -> Search:
    """A graph (HNSW) in full precision."""
    import hnswlib

    graph = hnswlib.Index(space="ip", dim=vectors.shape[1])
    graph.init_index(max_elements=len(vectors), M=16, ef_construction=128)
    graph.add_items(vectors.astype(np.float32))

    def search(queries: Vectors, n_nearest: int, reach: int) -> Rows:
        graph.set_ef(reach)
        return graph.knn_query(queries.astype(np.float32), k=n_nearest)[0].astype(np.int64)

    return search


def faiss_index(recipe: str, setting: str = "") -> Callable[[Vectors], Search]:
    """What faiss makes of a recipe in half precision.

    Args:
        recipe: For its `index_factory`; `{groups}` is the root of the number of vectors.
        setting: What says how far to look.
    """

    def build(vectors: Vectors) -> Search:
        import faiss

        n_groups = max(1, int(len(vectors) ** 0.5))
        index: Any = faiss.index_factory(
            vectors.shape[1], recipe.format(groups=n_groups), faiss.METRIC_INNER_PRODUCT
        )
        if hasattr(index, "hnsw"):
            index.hnsw.efConstruction = 128
        index.train(vectors[: 64 * n_groups].astype(np.float32))
        for first in range(0, len(vectors), _BLOCK):
            index.add(vectors[first : first + _BLOCK].astype(np.float32))
        space = faiss.ParameterSpace()

        def search(queries: Vectors, n_nearest: int, reach: int) -> Rows:
            if setting:
                space.set_index_parameter(index, setting, reach)
            found: Rows = index.search(queries.astype(np.float32), n_nearest)[1]
            return found

        return search

    return build


INDEXES: Final[Mapping[str, Kind]] = {
    "numpy, exact": Kind(numpy_exact),
    "usearch, exact": Kind(usearch_exact),
    "faiss, exact": Kind(faiss_index("SQfp16")),
    "usearch, graph": Kind(usearch_graph, (64, 512)),
    "hnswlib, graph": Kind(hnswlib_graph, (64, 512)),
    "faiss, graph": Kind(faiss_index("HNSW16_SQfp16", "efSearch"), (64, 512)),
    "faiss, groups": Kind(faiss_index("IVF{groups},SQfp16", "nprobe"), (4, 16, 64)),
    "faiss, groups of bytes": Kind(faiss_index("IVF{groups},SQ8", "nprobe"), (4, 16, 64, 100)),
}
