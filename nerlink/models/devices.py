"""The one place that tells Flair which device to use."""

from typing import Final

import flair
import torch

from nerlink.errors import ConfigError

__all__ = ["choose_device", "choose_precision"]

PRECISIONS: Final = ("auto", "fp32", "bf16", "fp16")


def choose_device(name: str = "auto") -> torch.device:
    """The device of a name, which Flair will use from now on too.

    Args:
        name: `auto` takes a GPU if there is one; else `cpu`, `cuda`, `cuda:1`, `mps`.

    Raises:
        ConfigError: This machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(
            f"device {name!r} cannot be used here: {str(error).splitlines()[0]}. "
            "Use 'cpu', or 'auto' to take what there is."
        ) from error
    flair.device = device
    return device


def choose_precision(name: str, device: torch.device, *, saved: str = "fp32") -> str:
    """`fp32`, `bf16` or `fp16`.

    Args:
        name: One of these, or `auto`: as saved, or bf16 for fp32 on a GPU that has it.
        device: Where it is to be used.
        saved: What the weights were saved in.

    Raises:
        ConfigError: There is no such precision, or the device cannot compute in it.
    """
    if name not in PRECISIONS:
        raise ConfigError(f"precision {name!r} is unknown. Use one of {', '.join(PRECISIONS)}.")
    if name == "auto":
        if saved != "fp32":
            return "fp32" if saved == "fp16" and device.type == "cpu" else saved
        return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
    if name == "fp16" and device.type == "cpu":
        raise ConfigError("precision 'fp16' needs a GPU. Use 'bf16' or 'fp32' on a CPU.")
    return name
