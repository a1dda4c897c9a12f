"""`nerlink train`: a model from a configuration."""

import os
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, BadParameter, Option

from nerlink.cli.options import log_to_stderr
from nerlink.cli.output import write_record

__all__ = ["overrides_from", "train"]


def train(
    context: typer.Context,
    config: Annotated[Path, Argument(metavar="CONFIG.toml", help="The configuration of the run.")],
    *,
    output: Annotated[
        Path, Option("--output", "-o", metavar="DIR", help="Folder of the model to write.")
    ],
) -> None:
    """Train a model; a run that was interrupted goes on from its last checkpoint.

    Any key of the configuration is an option too: --training.epochs 3. With several GPUs:
    torchrun --nproc-per-node 4 -m nerlink train config.toml --output model
    """
    from nerlink.config import load_config

    loaded = load_config(config, overrides_from(context.args))
    from nerlink.training import train as train_model
    from nerlink.training.reporting import Terminal

    log_to_stderr()
    result = train_model(loaded, output, reporter=Terminal())
    if os.environ.get("RANK", "0") == "0":  # torchrun and accelerate start several processes
        write_record(
            {"model": str(output), "best_epoch": result.best_epoch, "scores": dict(result.scores)}
        )


def overrides_from(arguments: list[str]) -> dict[str, str]:
    """`["--seed", "3", "--training.device=cpu"]` to `{"seed": "3", "training.device": "cpu"}`.

    Raises:
        BadParameter: An option without a value, or a value without an option.
    """
    overrides: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        key, separator, value = argument.removeprefix("--").partition("=")
        if not argument.startswith("--"):
            raise BadParameter(f"{argument!r} belongs to no option.")
        if not separator and (following := next(rest, None)) is None:
            raise BadParameter(f"{argument} needs a value, such as --training.epochs 3.")
        overrides[key] = value if separator else str(following)
    return overrides
