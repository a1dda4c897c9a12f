"""`nerlink info`: what a model is."""

from dataclasses import asdict

from nerlink.cli.options import Model
from nerlink.cli.output import write_record

__all__ = ["info"]


def info(model: Model) -> None:
    """Show what a model was trained on, its scores, labels, entities and versions, as JSON."""
    from nerlink.models.encoder.fast.precision import batch_note
    from nerlink.models.storage.hub import find_model
    from nerlink.models.storage.model import read_info

    saved = read_info(find_model(model))
    write_record({**asdict(saved), "batches": batch_note(saved.precision)})
