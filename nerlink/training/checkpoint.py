"""A training run on disk, so that a killed run loses minutes and ends the same when resumed.

A checkpoint is one safetensors file: weights, the optimisers' moments and the states of random
generators as tensors, everything else as JSON in the header. A new checkpoint replaces the old file
whole or not at all.
"""

import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from nerlink.errors import ConfigError, NerlinkError, StorageError
from nerlink.models.storage.replacing import locked, writing

__all__ = [
    "CHECKPOINT",
    "RunProgress",
    "hold_folder",
    "load_checkpoint",
    "random_state",
    "restore_random_state",
    "save_checkpoint",
]


CHECKPOINT: Final = "checkpoint.safetensors"
HOLDER: Final = "run.lock"
"""The file with the number of the process that trains; the lock itself is the folder's."""


@dataclass(slots=True)
class RunProgress:
    """How far a run has come, in plain values that fit the header of a checkpoint.

    Args:
        epoch: Epochs finished.
        batch: Steps done in the current epoch.
        losses: Sum of the losses of these steps.
        seconds: Time spent in the current epoch.
        best_score: The best dev score so far.
        best_epoch: The epoch of the best score, counted from 1.
        history: Loss, scores and seconds of each finished epoch.
    """

    epoch: int = 0
    batch: int = 0
    losses: float = 0.0
    seconds: float = 0.0
    best_score: float = -1.0
    best_epoch: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """The folder of a run, made and held against other runs; a refused run leaves nothing of it.

    Raises:
        ConfigError: Another process trains there, or it has files that are not of a run.
        StorageError: The folder may not be written to.
    """
    is_first = not folder.parent.exists()
    _check_own(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    # The lock goes with the process, so that a run that was killed does not stand in the way.
    with locked(folder, waits=False) as is_mine:
        if not is_mine:
            raise ConfigError(
                f"{folder.parent}: another process trains here{_holder(folder)}. Let it finish, or "
                "choose another output."
            )
        try:
            with writing(folder / HOLDER):
                (folder / HOLDER).write_text(str(os.getpid()))
            yield
        except NerlinkError:
            if not (folder / CHECKPOINT).is_file():
                shutil.rmtree(folder, ignore_errors=True)
                if is_first and not any(folder.parent.iterdir()):
                    folder.parent.rmdir()
            raise


def _check_own(folder: Path) -> None:
    """Refuse a folder with the files of others: it is removed when a run has ended."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    found = [name for name in names if name[0] != "."]
    if found and HOLDER not in found and CHECKPOINT not in found:
        raise ConfigError(
            f"{folder} is for a run, which ends with its removal, but has {found[0]!r}. Move your "
            "files elsewhere, or choose another output."
        )


def _holder(folder: Path) -> str:
    """The number of the process that holds a folder, in words, where it is known."""
    try:
        number = (folder / HOLDER).read_text()
    except OSError:
        return ""
    return f" (number {number})" if number.isdecimal() else ""


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a nested state of tensors and plain values, whole or not at all.

    Raises:
        StorageError: The disk is full, or the folder may not be written to.
    """
    tensors: dict[str, Tensor] = {}
    plain = _split(state, "", tensors)
    # A rename replaces the old file in one step, so that a kill leaves one of the two files whole.
    partial = path.with_suffix(".partial")
    with writing(path):
        save_file(tensors, partial, metadata={"state": json.dumps(plain)})
        with partial.open("rb") as file:
            os.fsync(file.fileno())  # on the disk before it takes the name of the old one
        partial.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The nested state in a file.

    Raises:
        StorageError: The file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            plain = json.loads((file.metadata() or {})["state"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise StorageError(
            f"{path}: not a readable checkpoint ({error}). Delete it to start over."
        ) from error
    state: dict[str, Any] = _join(plain, tensors)
    return state


def random_state(rng: random.Random) -> dict[str, Any]:
    """The state of Python's and torch's generators."""
    state: dict[str, Any] = {"python": list(rng.getstate()[1]), "torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_random_state(rng: random.Random, state: dict[str, Any]) -> None:
    """Set the generators to a state that `random_state` gave."""
    rng.setstate((3, tuple(state["python"]), None))
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def _split(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """A value with its tensors replaced by their names."""
    if isinstance(value, Tensor):
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, dict):
        # Pairs, because keys may be numbers (of parameters), which JSON would turn into strings.
        return {"items": [[k, _split(v, f"{name}/{k}", tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_split(item, f"{name}/{i}", tensors) for i, item in enumerate(value)]
    return value


def _join(value: Any, tensors: dict[str, Tensor]) -> Any:
    """A value that `_split` gave, with the tensors back in place of their names."""
    if isinstance(value, dict) and "tensor" in value:
        return tensors[value["tensor"]]
    if isinstance(value, dict):
        return {key: _join(item, tensors) for key, item in value["items"]}
    if isinstance(value, list):
        return [_join(item, tensors) for item in value]
    return value
