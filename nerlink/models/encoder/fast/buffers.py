"""How the parts of a transformer's layer run: as modules, or in buffers used again and again."""

import ctypes
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from threading import RLock
from typing import Any, Final

import torch
from torch import Tensor, nn

__all__ = ["AsModules", "InBuffers", "keep_out_of_heap"]

MMAP_THRESHOLD: Final = -3
"""The number of the option M_MMAP_THRESHOLD in glibc's `mallopt`."""

OWN_PAGES: Final = 1 << 20
"""Size in bytes from which a tensor gets separate memory pages."""


class AsModules:
    """Every result is a new tensor, as backpropagation needs. States are (n_subtokens, width)."""

    def linear(self, module: nn.Module, states: Tensor, name: str) -> Tensor:  # noqa: ARG002
        """A linear map of states, (n_subtokens, width)."""
        out: Tensor = module(states)
        return out

    def add(self, states: Tensor, *others: Tensor) -> Tensor:
        """The sum of states and other tensors; nothing may need the states afterwards."""
        for other in others:
            states = states + other
        return states

    def norm(self, module: Any, states: Tensor, name: str) -> Tensor:  # noqa: ARG002
        """Layer norm of states."""
        out: Tensor = module(states)
        return out

    def activate(self, function: Any, states: Tensor) -> Tensor:
        """An activation function of states."""
        out: Tensor = function(states)
        return out

    def output(self, module: Any, states: Tensor, before: Tensor, name: str) -> Tensor:  # noqa: ARG002
        """The end of a block: a linear map, what came before added, and layer norm."""
        out: Tensor = module(states, before)
        return out

    def join(self, parts: Iterable[Tensor], sizes: Sequence[int], like: Tensor) -> Tensor:  # noqa: ARG002
        """Parts of states, each of so many subtokens, in one tensor of the shape of another."""
        return torch.cat([part.reshape(-1, like.shape[1]) for part in parts])

    def keep(self, states: Tensor) -> Tensor:
        """States that later layers do not overwrite."""
        return states


class InBuffers(AsModules):
    """The same numbers for inference, each kind of result in one buffer.

    New tensors of ever new sizes cost time, and leave the C library's heap full of gaps. A result
    lasts until its buffer is used again: at most until the next sequences.

    Attributes:
        lock: Held by whoever runs sequences in the buffers, until their results are copied out.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self._buffers: dict[tuple[str, int, torch.dtype, bool], Tensor] = {}

    def linear(self, module: Any, states: Tensor, name: str) -> Tensor:
        """A linear map of states, (n_subtokens, width)."""
        if type(module) is not nn.Linear:
            return super().linear(module, states, name)
        # addmm writes to `out` and adds the bias in the same pass; nn.Linear would make a new
        # tensor.
        out = self.take(name, states, module.out_features)
        return torch.addmm(module.bias, states, module.weight.t(), out=out)

    def add(self, states: Tensor, *others: Tensor) -> Tensor:
        """The sum of states and other tensors, written to the states."""
        for other in others:
            states.add_(other)
        return states

    def norm(self, module: nn.LayerNorm, states: Tensor, name: str) -> Tensor:
        """Layer norm of states."""
        out = self.take(name, states, states.shape[1])
        # The public layer_norm takes no `out`. Nothing reads mean and deviation, but the kernel
        # writes them.
        torch.ops.aten.native_layer_norm.out(
            states,
            module.normalized_shape,
            module.weight,
            module.bias,
            module.eps,
            out0=out,
            out1=self.take("mean", states, 1),
            out2=self.take("deviation", states, 1),
        )
        return out

    def activate(self, function: Any, states: Tensor) -> Tensor:
        """An activation function of states; GELU is written to the states."""
        if type(function).__name__ == "GELUActivation":
            in_place: Tensor = torch.ops.aten.gelu_(states)
            return in_place
        return super().activate(function, states)

    def output(self, module: Any, states: Tensor, before: Tensor, name: str) -> Tensor:
        """The end of a block: a linear map, what came before added, and layer norm."""
        return self.norm(
            module.LayerNorm, self.linear(module.dense, states, "mapped").add_(before), name
        )

    def join(self, parts: Iterable[Tensor], sizes: Sequence[int], like: Tensor) -> Tensor:
        """Parts of states, each of so many subtokens, in one tensor of the shape of another."""
        # Attention gives (n, heads, length, width of a head) for each length; copying straight into
        # the place saves the concatenation's second copy.
        out = self.take("joined", like, like.shape[1])
        for part, place in zip(parts, torch.split(out, list(sizes)), strict=True):
            place.view(part.shape).copy_(part)
        return out

    def keep(self, states: Tensor) -> Tensor:
        """A copy of states, which later layers overwrite."""
        return states.clone()

    def __reduce__(self) -> tuple[type["InBuffers"], tuple[()]]:
        """A copy of a model gets empty buffers: results are never needed later."""
        return type(self), ()

    def take(self, name: str, like: Tensor, width: int, dtype: torch.dtype | None = None) -> Tensor:
        """The buffer of a name, (n, width), for as many rows as another tensor has."""
        # A tensor made in inference mode may not be written to outside inference mode, so each mode
        # has its buffers.
        key = name, width, dtype or like.dtype, torch.is_inference_mode_enabled()
        buffer = self._buffers.get(key)
        if buffer is None or len(buffer) < len(like):
            buffer = self._buffers[key] = like.new_empty(len(like), width, dtype=key[2])
        return buffer[: len(like)]


@cache
def keep_out_of_heap() -> None:
    """Give every large tensor pages of its own, which go back to the system when it is freed.

    By itself, glibc puts tensors of up to 32 MB into its heap, where tensors of ever new sizes
    leave gaps: over a long stream, hundreds of megabytes that nothing uses. The setting holds for
    the rest of the process. Other C libraries have no such option, and are left alone.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(MMAP_THRESHOLD, OWN_PAGES)
