"""What a transformer computes in: fp32, bf16, fp16, or int8 in its linear layers.

Int8 needs a processor with instructions that multiply int8.
"""

from typing import Any, Final

import torch
from torch import Tensor, nn

from nerlink.errors import ConfigError
from nerlink.models.encoder.fast.buffers import InBuffers

__all__ = [
    "PRECISIONS",
    "Int8Linear",
    "batch_note",
    "can_int8",
    "choose_precision",
    "compute_in",
    "set_int8",
]


STEPS: Final = 127
"""Steps of an int8 number on either side of zero."""


class Int8Linear(nn.Module):
    """A linear layer that rounds weights and inputs to 255 steps before it multiplies them.

    The size of a step follows from the largest value in a row, in weights and in inputs alike, so
    nothing is fitted on examples. The unrounded weights are kept, because they are what is saved.
    Gradients do not flow through the layer. The kernel is the one that PyTorch's compiler takes for
    int8 layers; it is called by its internal name, because no public function calls it.

    Args:
        linear: The layer to replace.
        buffers: Buffers for the rounded inputs, shared by all layers of a transformer.
    """

    def __init__(self, linear: nn.Linear, buffers: InBuffers) -> None:
        super().__init__()
        self.scratch = buffers
        self.weight = linear.weight
        self.bias = linear.bias
        # Scales are of rows: one outlier in a matrix then costs precision in its row only.
        weight = linear.weight.detach().float()
        scales = _scales(weight)
        self._packed = torch.ops.onednn.qlinear_prepack((weight / scales).round().char(), None)
        self._scales = scales.squeeze(1)
        self._zeros = torch.zeros(len(weight), dtype=torch.int32)

    @torch.no_grad()
    def forward(self, states: Tensor) -> Tensor:
        """The linear map, (..., input width) to (..., output width), in the type of the states."""
        rows = states.reshape(-1, states.shape[-1])
        work = self.scratch.take("work", rows, rows.shape[1], torch.float32).copy_(rows)
        scales = _scales(work)
        # The kernel is fast with unsigned inputs: 128 stands for zero. The conversion to uint8 cuts
        # decimals off, so one half is added to round.
        work.mul_(scales.reciprocal()).add_(128.5)
        steps = self.scratch.take("steps", rows, rows.shape[1], torch.uint8).copy_(work)
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
        """The layer that this one replaced."""
        outputs, inputs = self.weight.shape
        linear = nn.Linear(inputs, outputs, device="meta")
        linear.weight, linear.bias = self.weight, self.bias
        return linear


def can_int8() -> bool:
    """Whether the processor adds up products in int8 without overflow (VNNI)."""
    asked = getattr(torch.cpu, "_is_vnni_supported", None)  # torch promises no such function
    return bool(asked and asked())


def set_int8(model: Any, buffers: InBuffers | None) -> None:
    """Have the layers of a transformer multiply in int8 from now on, or no longer without buffers.

    Args:
        model: The transformer.
        buffers: Where the layers round their inputs.
    """
    for parent in [*model.modules()]:
        for name, module in [*parent.named_children()]:
            if buffers and type(module) is nn.Linear:
                setattr(parent, name, Int8Linear(module, buffers))
            elif not buffers and isinstance(module, Int8Linear):
                setattr(parent, name, module.linear())


def _scales(rows: Tensor) -> Tensor:
    """The size of a step in each row, (n, 1)."""
    largest = torch.maximum(rows.amax(1, keepdim=True), -rows.amin(1, keepdim=True))
    return largest.clamp_(min=1e-12) / STEPS


PRECISIONS: Final = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "int8": torch.bfloat16,
    "fp16": torch.float16,
}
"""Type of the states and of the weights; with `int8`, linear layers have int8 weights."""


def choose_precision(name: str, device: torch.device, *, saved: str = "fp32") -> str:
    """`fp32`, `bf16`, `int8` or `fp16`.

    Args:
        name: A precision, or `auto`: the saved precision where the device can compute in it, but
            bf16 in place of fp32 on a GPU that has bf16.
        device: The device to compute on.
        saved: The precision that the model was saved in.

    Raises:
        ConfigError: There is no such precision, or the device cannot compute in it.
    """
    if name not in ("auto", *PRECISIONS):
        raise ConfigError(
            f"precision {name!r} is unknown. Use one of auto, {', '.join(PRECISIONS)}."
        )
    is_cpu = device.type == "cpu"
    cannot = {"fp16"} if is_cpu else {"int8"}
    if is_cpu and not can_int8():
        cannot.add("int8")
    if name == "auto":
        if saved != "fp32" and saved not in cannot:
            return saved
        return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
    if name in cannot:
        needed = "a GPU" if name == "fp16" else "a CPU with VNNI instructions"
        raise ConfigError(f"precision {name!r} needs {needed}. Use 'bf16' or 'fp32' here.")
    return name


def batch_note(precision: str) -> str:
    """Whether what a model answers to a document depends on the documents in the same call.

    The kernels for bf16 and fp16 add up in another order where there are more rows, and 8 bits of
    precision show it. Padding every batch to one size would take the speed away again.
    """
    if PRECISIONS[precision] == torch.float32:
        return "on a CPU, a document's answer does not depend on the documents in the same call"
    if precision == "int8":
        return "no answer was seen to depend on the documents in the same call"
    return (
        "scores, and rarely mentions and links, change a little with the documents in the same "
        "call: experiments/speed/README.md (batch.*) says by how much"
    )


def compute_in(model: Any, precision: str, buffers: InBuffers) -> None:
    """Have a transformer compute in `fp32`, `bf16`, `int8` or `fp16` from now on, in buffers."""
    set_int8(model, None)
    model.to(PRECISIONS[precision])
    if precision == "int8":
        set_int8(model, buffers)
