"""The one place that tells Flair which device to use."""

import flair
import torch

from nerlink.errors import ConfigError

__all__ = ["choose_device", "count_gpus"]


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


def count_gpus() -> int:
    """The GPUs that this process may use; none is taken into use by asking."""
    return torch.cuda.device_count()
