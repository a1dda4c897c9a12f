"""Counts what goes through the transformer, and what torch is asked to do."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from nerlink.models.encoder.embeddings import WindowEmbeddings


@contextmanager
def count_rows(encoder: WindowEmbeddings) -> Iterator[list[int]]:
    """Windows in each pass of the transformer, as a list that grows."""
    rows: list[int] = []
    forward = encoder._forward

    def note(windows, shapes):
        with _one_pass(encoder):
            rows.append(len(windows))
            return forward(windows, shapes)

    encoder._forward = note
    try:
        yield rows
    finally:
        del encoder._forward


@contextmanager
def _one_pass(encoder: WindowEmbeddings) -> Iterator[None]:
    """Inside, the transformer runs exactly once."""
    passes = []
    inputs = encoder.model.embeddings.dropout
    handle = inputs.register_forward_hook(lambda *_: passes.append(1))
    try:
        yield
    finally:
        handle.remove()
    assert passes == [1]


class Operations(TorchDispatchMode):
    """Inside, counts every operation on tensors, copies among them, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), keywords: Any = None
    ) -> Any:
        self.counts[str(function)] += 1
        return function(*arguments, **(keywords or {}))


class Largest(TorchDispatchMode):
    """Inside, notes the most numbers in any tensor that comes out of an operation."""

    n_numbers = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), keywords: Any = None
    ) -> Any:
        out = function(*arguments, **(keywords or {}))
        for one in out if isinstance(out, tuple | list) else (out,):
            if isinstance(one, torch.Tensor):
                self.n_numbers = max(self.n_numbers, one.numel())
        return out
