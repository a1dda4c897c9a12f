"""What a transformer computes in."""

from typing import Any, Final

import torch

from nerlink.errors import ConfigError
from nerlink.models.int8 import can_int8, set_int8

__all__ = ["PRECISIONS", "choose_precision", "compute_in"]

PRECISIONS: Final = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "int8": torch.bfloat16,
    "fp16": torch.float16,
}
"""What states are in, and weights too, but those of linear layers with `int8`."""


def choose_precision(name: str, device: torch.device, *, saved: str = "fp32") -> str:
    """`fp32`, `bf16`, `int8` or `fp16`.

    Args:
        name: One of these, or `auto`: as saved where that can be, or bf16 for fp32 on a GPU that
            has it.
        device: Where it is to be used.
        saved: What the model was saved in.

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


def compute_in(model: Any, precision: str) -> None:
    """Have a transformer compute in `fp32`, `bf16`, `int8` or `fp16` from now on."""
    set_int8(model, is_on=False)
    model.to(PRECISIONS[precision])
    if precision == "int8":
        set_int8(model, is_on=True)
