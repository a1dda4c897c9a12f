"""How far a run has come."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Progress"]


@dataclass(slots=True)
class Progress:
    """How far a run has come; plain values, so that a checkpoint can hold them.

    Args:
        epoch: Epochs finished.
        batch: Updates done in the current epoch.
        losses: Sum of the current epoch's losses.
        seconds: Time spent in the current epoch.
        best_score: The best dev score so far.
        best_epoch: The epoch that reached it, counted from 1.
        history: Loss, scores and seconds of each finished epoch.
    """

    epoch: int = 0
    batch: int = 0
    losses: float = 0.0
    seconds: float = 0.0
    best_score: float = -1.0
    best_epoch: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
