"""The device, the precision and the processes of a training run."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState, is_initialized

from nerlink.config import TrainingConfig
from nerlink.models.devices import choose_device
from nerlink.models.precision import choose_precision

__all__ = ["open_accelerator"]


@contextmanager
def open_accelerator(config: TrainingConfig) -> Iterator[Accelerator]:
    """What a run computes with, forgotten afterwards, so that the next run may choose anew.

    Raises:
        ConfigError: The device or the precision cannot be used here.
    """
    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    if device.type == "cuda" and device.index is not None:
        torch.cuda.set_device(device)
    is_ours = not is_initialized()
    accelerator = Accelerator(
        cpu=device.type == "cpu",
        mixed_precision="no" if precision == "fp32" else precision,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    try:
        yield accelerator
    finally:
        if is_ours:
            # accelerate keeps one device and precision a process, and has no public way out.
            AcceleratorState._reset_state(reset_partial_state=accelerator.num_processes == 1)
