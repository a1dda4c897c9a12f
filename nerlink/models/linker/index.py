"""An index over the text part of prototypes, so that not all are compared with a surface."""

from __future__ import annotations

from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn

from nerlink.config import CandidateSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["INDEXED_FROM", "TextIndex", "index_of"]

INDEXED_FROM: Final = 100_000
"""Rows from which a table is worth an index; fewer are compared one by one."""

_LOOKED_AT: Final = 0.1
"""Share of the groups that a search looks into."""

_LEARNT_FROM: Final = 64
"""Rows of each group that its centre is learnt from."""

_BLOCK: Final = 50_000


def index_of(text: Tensor, generators: Collection[CandidateSource]) -> TextIndex | None:
    """An index of a table, if it is large, somebody asks for what is near, and faiss is installed.

    Args:
        text: The table, (n_rows, width).
        generators: Who is asked for candidates.
    """
    is_wanted = "nearest" in generators and len(text) >= INDEXED_FROM
    return TextIndex.of(text) if is_wanted and find_spec("faiss") else None


class TextIndex:
    """Rows in groups of like vectors, a byte a number; a search looks into the nearest groups.

    What it finds is to be compared again with the table, which is exact
    (`experiments/vectors` has its costs and its recall beside other indexes').

    Args:
        index: What faiss made.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def of(cls, text: Tensor) -> TextIndex:
        """An index of a table, (n_rows, width); some ten seconds for a million rows."""
        import faiss

        n_groups = max(1, int(len(text) ** 0.5))
        index = faiss.index_factory(text.shape[1], f"IVF{n_groups},SQ8", faiss.METRIC_INNER_PRODUCT)
        step = max(1, len(text) // (_LEARNT_FROM * n_groups))
        index.train(_directions(text[::step]))
        for first in range(0, len(text), _BLOCK):
            index.add(_directions(text[first : first + _BLOCK]))
        return cls(index)

    @classmethod
    def open(cls, path: Path) -> TextIndex:
        """The index in a file, which stays there: what a search looks at is read when needed."""
        import faiss

        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP))

    def save(self, path: Path) -> None:
        """Write it to a file."""
        import faiss

        faiss.write_index(self._index, str(path))

    def nearest(self, queries: Tensor, n: int, *, without: NDArray[np.int64]) -> Tensor:
        """Rows that are probably the nearest, (n_queries, n), -1 where a search found fewer.

        Args:
            queries: Of length 1, (n_queries, width).
            n: Rows of each.
            without: Rows that are not to be found.
        """
        import faiss

        settings: dict[str, Any] = {"nprobe": max(1, round(_LOOKED_AT * self._index.nlist))}
        if len(without):
            settings["sel"] = faiss.IDSelectorNot(faiss.IDSelectorBatch(without))
        # What is set afterwards instead is not kept alive by faiss before 1.14.
        parameters = faiss.SearchParametersIVF(**settings)
        _, rows = self._index.search(queries.numpy(), n, params=parameters)
        return torch.from_numpy(rows)


def _directions(text: Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = nn.functional.normalize(text.float(), dim=-1).numpy()
    return found
