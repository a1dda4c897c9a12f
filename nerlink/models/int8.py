"""Linear layers of a transformer in int8, for processors with instructions that multiply in it."""

from typing import Any, Final

import torch
from torch import Tensor, nn

from nerlink.models.buffers import buffers_of_thread

__all__ = ["Int8Linear", "can_int8", "set_int8"]

STEPS: Final = 127
"""Steps on either side of zero."""


class Int8Linear(nn.Module):
    """A linear layer that rounds weights and inputs to 255 steps before it multiplies them.

    A step is worth what the largest value of its row needs, of a row of weights as of a row of
    inputs, so nothing is fitted on examples. The weights are kept as they were, too: they are
    what is saved. Nothing learns through it. The kernel is the one that PyTorch's own compiler
    takes for layers of this kind; it has a name of its own since nothing public leads to it.

    Args:
        linear: The layer it stands for.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = linear.weight
        self.bias = linear.bias
        weight = linear.weight.detach().float()
        scales = _scales(weight)
        self._packed = torch.ops.onednn.qlinear_prepack((weight / scales).round().char(), None)
        self._scales = scales.squeeze(1)
        self._zeros = torch.zeros(len(weight), dtype=torch.int32)

    @torch.no_grad()
    def forward(self, states: Tensor) -> Tensor:
        """The linear map, (..., input width) to (..., output width), in what the states are in."""
        rows = states.reshape(-1, states.shape[-1])
        buffers = buffers_of_thread()
        work = buffers.take("work", rows, rows.shape[1], torch.float32).copy_(rows)
        scales = _scales(work)
        # The kernel is fast with unsigned inputs: 128 stands for zero, and the half is to round.
        work.mul_(scales.reciprocal()).add_(128.5)
        steps = buffers.take("steps", rows, rows.shape[1], torch.uint8).copy_(work)
        out: Tensor = torch.ops.onednn.qlinear_pointwise(
            steps,
            1.0,
            128,
            self._packed,
            self._scales,
            self._zeros,
            None,
            1.0,
            0,
            states.dtype,
            "none",
            [],
            "",
        )
        out.mul_(scales.to(states.dtype))
        if self.bias is not None:
            out.add_(self.bias)
        return out.view(*states.shape[:-1], -1)

    def linear(self) -> nn.Linear:
        """The layer it stands for."""
        outputs, inputs = self.weight.shape
        linear = nn.Linear(inputs, outputs, device="meta")
        linear.weight, linear.bias = self.weight, self.bias
        return linear


def can_int8() -> bool:
    """Whether the processor adds up products in int8 without overflow (VNNI)."""
    asked = getattr(torch.cpu, "_is_vnni_supported", None)  # torch promises no such function
    return bool(asked and asked())


def set_int8(model: Any, *, is_on: bool) -> None:
    """Have the layers of a transformer multiply in int8 from now on, or no longer."""
    for parent in [*model.modules()]:
        for name, module in [*parent.named_children()]:
            if is_on and type(module) is nn.Linear:
                setattr(parent, name, Int8Linear(module))
            elif not is_on and isinstance(module, Int8Linear):
                setattr(parent, name, module.linear())


def _scales(rows: Tensor) -> Tensor:
    """What a step is worth in each row, (n, 1)."""
    largest = torch.maximum(rows.amax(1, keepdim=True), -rows.amin(1, keepdim=True))
    return largest.clamp_(min=1e-12) / STEPS
