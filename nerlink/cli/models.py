"""Options for models, the same in every command that loads one."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerlink.cli.output import progress

if TYPE_CHECKING:
    from nerlink.pipeline import Pipeline

__all__ = ["Device", "Model", "Precision", "load_pipeline", "log_to_stderr"]

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a trained model.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")]
Precision = Annotated[str, typer.Option(help="auto, fp32, bf16, int8, fp16.")]


def load_pipeline(
    model: Path,
    *,
    device: str = "auto",
    precision: str = "auto",
    threshold: float | None = None,
    top_k: int | None = None,
) -> "Pipeline":
    """The model, ready to tag."""
    from nerlink.pipeline import Pipeline

    log_to_stderr()
    pipeline = Pipeline.load(
        model, device=device, precision=precision, threshold=threshold, top_k=top_k
    )
    with progress("texts of new entities") as told:
        pipeline.refresh(told=told)
    return pipeline


def log_to_stderr() -> None:
    """Let flair warn on standard error only: what it logs would stand among the results."""
    logger = logging.getLogger("flair")
    logger.setLevel(logging.WARNING)
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)
