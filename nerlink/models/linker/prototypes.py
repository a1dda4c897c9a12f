"""Prototypes of entities: the vector of a text, plus an offset that training learns."""

from collections.abc import Sequence

import numpy as np
import torch
from flair.nn import PrototypicalDecoder
from numpy.typing import NDArray
from torch import Tensor, nn

__all__ = ["Prototypes"]


class Prototypes(PrototypicalDecoder):
    """Prototype = text + memory.

    The text part is a row of a table that no gradient reaches: the encoder's own vector of the
    entity's name, description and type. The memory part is a learned offset, and only entities
    that training linked to have one, so neither memory nor the cost of a step grows with the
    knowledge base.

    Args:
        rows: Rows of the knowledge base that have a memory, without repeats.
        width: Width of a prototype.

    Attributes:
        version: Version of the knowledge base whose texts the text part has.
    """

    rows: Tensor
    version: int

    def __init__(self, rows: Sequence[int], width: int) -> None:
        super().__init__(1, width, distance_function="dot_product")
        # Flair's decoder holds a vector for each entity as a parameter: a million vectors would
        # not fit in an optimiser. Of Flair's decoder, only the interface remains.
        del self.prototype_vectors
        self.width = width
        # Row 0 is for entities without a memory: it stays zero and gets no gradient.
        self.memory = nn.Embedding(len(rows) + 1, width, padding_idx=0)
        nn.init.zeros_(self.memory.weight)
        self.register_buffer("rows", torch.tensor(sorted(rows), dtype=torch.long))
        self.text = torch.zeros(0, width, dtype=torch.float16)
        self.version = 0
        self._late_rows: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._late_text = torch.zeros(0, width, dtype=torch.float16)

    def set_text(self, text: Tensor, *, version: int) -> None:
        """Replace the whole table.

        Args:
            text: One row for each row of the knowledge base, (n_rows, width), on the CPU.
            version: Version of the knowledge base whose texts these are.
        """
        self.text = text
        self.version = version
        self._late_rows = np.zeros(0, dtype=np.int64)
        self._late_text = text[:0]

    def add_text(self, rows: Sequence[int], text: Tensor) -> None:
        """Lay new rows over the table; the table stays as it is, as it may be mapped from a file.

        Args:
            rows: Rows of the knowledge base whose text is new or has changed.
            text: Vectors of these rows, (n_rows, width).
        """
        # The new rows stand first, and np.unique keeps the first of equal ones: the latest text
        # wins.
        both = np.concatenate([np.array(rows, dtype=np.int64), self._late_rows])
        vectors = torch.cat([text.to(self.text.dtype).cpu(), self._late_text])
        self._late_rows, first = np.unique(both, return_index=True)
        self._late_text = vectors[torch.from_numpy(first)]

    def full_text(self, n_rows: int) -> Tensor:
        """The whole table, (n_rows, width), late rows included; rows without text are zero."""
        table = torch.zeros(n_rows, self.width, dtype=self.text.dtype)
        table[: len(self.text)] = self.text[:n_rows]
        table[torch.from_numpy(self._late_rows)] = self._late_text
        return table

    def writable_text(self, n_rows: int) -> Tensor:
        """The whole table to write to: the table in use, uncopied, if it has all rows."""
        is_whole = len(self.text) == n_rows and not len(self._late_rows)
        return self.text if is_whole else self.full_text(n_rows)

    def text_of(self, rows: Tensor) -> Tensor:
        """The text part of rows, (n, width), in full precision on the decoder's device.

        Rows without text are zero.
        """
        rows = rows.cpu()
        inside = rows.clamp(max=max(len(self.text) - 1, 0))
        out = self.text[inside] if len(self.text) else self.text.new_zeros(len(rows), self.width)
        # Rows behind the table were clamped to its last row to be gathered at all.
        out[rows >= len(self.text)] = 0
        if len(self._late_rows):
            numbers = rows.numpy()
            slots = np.searchsorted(self._late_rows, numbers).clip(max=len(self._late_rows) - 1)
            late = np.flatnonzero(self._late_rows[slots] == numbers)
            out[torch.from_numpy(late)] = self._late_text[torch.from_numpy(slots[late])]
        return out.to(self.memory.weight.device, self.memory.weight.dtype)

    @property
    def num_prototypes(self) -> int:
        """Entities that have a memory."""
        return len(self.rows)

    def memory_of(self, rows: Tensor) -> Tensor:
        """The memory part of rows, (n, width); zero for an entity without a memory."""
        known = self.rows
        if not len(known):
            return self.memory.weight.new_zeros(len(rows), self.width)
        # `known` is sorted, so a binary search finds the slot of a row, or the slot where it would
        # stand; the comparison tells the two apart.
        slots = torch.searchsorted(known, rows).clamp(max=len(known) - 1)
        out: Tensor = self.memory(torch.where(known[slots] == rows, slots + 1, 0))
        return out

    def vectors_of(self, rows: Tensor, remembered: Tensor | None = None) -> Tensor:
        """Prototypes of rows, (n, width).

        Args:
            rows: Rows of the knowledge base, (n).
            remembered: In training, whether the memory of each row counts, (n).
        """
        memory = self.memory_of(rows)
        if remembered is not None:
            memory = memory * remembered.unsqueeze(-1)
        return self.text_of(rows) + memory

    def forward(self, queries: Tensor, vectors: Tensor) -> Tensor:  # type: ignore[override]
        """Closeness of each candidate to its mention.

        Args:
            queries: The mention of each candidate in prototype space, (n_candidates, width).
            vectors: The prototype of each candidate, (n_candidates, width).

        Returns:
            Dot products, (n_candidates).
        """
        return (vectors * queries).sum(-1)
