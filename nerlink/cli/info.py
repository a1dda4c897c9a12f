"""`nerlink info`: what a model is."""

from nerlink.cli.models import Model, load_pipeline
from nerlink.cli.output import write_record

__all__ = ["info"]


def info(model: Model) -> None:
    """Show what a model was trained on, its scores, labels, entities and versions, as JSON."""
    write_record(load_pipeline(model, device="cpu").info())
