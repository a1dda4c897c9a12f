"""Optimisers: which weights learn, and at which rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from torch import nn
from torch.optim import AdamW, Optimizer, SparseAdam
from torch.optim.lr_scheduler import LambdaLR

from nerlink.config import TrainingConfig
from nerlink.models.joint import JointModel
from nerlink.models.linker.features import Curves

__all__ = ["Optimisers", "Together", "make_optimisers"]

FUSED: Final = ("cpu", "cuda")
"""Devices that update a weight in one pass over memory, which takes much less time."""

CURVES_FASTER: Final = 3
"""Factor on the rate of the heads for curves of features: their few weights have further to go,
from 0 to as much as the 7 of the log prior."""


class Together(Optimizer):
    """Optimisers that step as one, so that one scaler of half-precision gradients serves them all.

    Args:
        parts: The optimisers; no parameter is in two of them.
    """

    def __init__(self, parts: Sequence[Optimizer]) -> None:
        self.parts = list(parts)
        params = [p for part in parts for group in part.param_groups for p in group["params"]]
        super().__init__(params, {})

    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Update all weights."""
        for part in self.parts:
            part.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear all gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """The states of all parts."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Set the states that `state_dict` gave."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)


@dataclass(slots=True)
class Optimisers:
    """AdamW for weights that every step changes, SparseAdam for the memory of entities.

    The gradient of the memory has rows for the entities in the batch only, so that the cost of a
    step does not grow with the number of entities.

    Args:
        optimisers: One or two optimisers.
        schedulers: The schedule of each optimiser.
        dense: Parameters whose gradients are clipped together.
        together: The optimisers as one, which an accelerator may wrap.
    """

    optimisers: list[Optimizer]
    schedulers: list[LambdaLR]
    dense: list[nn.Parameter]
    together: Optimizer

    def step(self) -> None:
        """Update the weights, clear the gradients, and move the schedules unless it was skipped."""
        self.together.step()
        self.together.zero_grad()
        if getattr(self.together, "step_was_skipped", False):
            return  # gradients in half precision were too large: their scale is lowered
        for scheduler in self.schedulers:
            scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """The states of optimisers and schedules, for a checkpoint."""
        return {
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "schedulers": [scheduler.last_epoch for scheduler in self.schedulers],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set the states that `state_dict` gave."""
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        for scheduler, n_steps in zip(self.schedulers, state["schedulers"], strict=True):
            scheduler.last_epoch = n_steps


def make_optimisers(model: JointModel, config: TrainingConfig, *, n_steps: int) -> Optimisers:
    """Optimisers with a linear warm-up to the peak rate and a linear decay to zero.

    Args:
        model: The model; encoder, heads and curves of features learn at three rates.
        config: The training section of a configuration.
        n_steps: Steps of the whole run.
    """
    sparse: list[nn.Parameter] = []
    if model.linker:
        model.linker.prototypes.memory.sparse = True
        sparse = list(model.linker.prototypes.memory.parameters())
    bent = [p for part in model.modules() if isinstance(part, Curves) for p in part.parameters()]
    rates = [
        (_weights(model.encoder.model, model.encoder.shape_inputs), config.learning_rate),
        (bent, CURVES_FASTER * config.head_learning_rate),
        (list(model.parameters()), config.head_learning_rate),
    ]
    # Each weight goes to the first group that has it; the heads are what is left of the model.
    taken = {id(parameter) for parameter in sparse}
    groups: list[dict[str, Any]] = []
    for parameters, rate in rates:
        mine = [p for p in parameters if p.requires_grad and id(p) not in taken]
        taken |= {id(parameter) for parameter in mine}
        groups.append({"params": mine, "lr": rate})
    learning = [p for group in groups for p in group["params"]]
    is_fused = all(p.device.type in FUSED for p in learning)
    optimisers: list[Optimizer] = [
        AdamW([g for g in groups if g["params"]], weight_decay=config.weight_decay, fused=is_fused)
    ]
    if sparse:
        optimisers.append(SparseAdam(sparse, lr=config.head_learning_rate))
    n_warmup = max(1, round(config.warmup * n_steps))

    def factor(step: int) -> float:
        rising = (step + 1) / n_warmup
        return max(0.0, min(rising, (n_steps - step) / max(1, n_steps - n_warmup)))

    schedulers = [LambdaLR(optimiser, factor) for optimiser in optimisers]
    return Optimisers(optimisers, schedulers, learning, Together(optimisers))


def _weights(*modules: nn.Module | None) -> list[nn.Parameter]:
    return [p for module in modules if module for p in module.parameters()]
