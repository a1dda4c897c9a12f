"""Counts what goes through the transformer."""

from collections.abc import Iterator
from contextlib import contextmanager

from nerlink.models.encoder import WindowEmbeddings


@contextmanager
def count_rows(encoder: WindowEmbeddings) -> Iterator[list[int]]:
    """Windows in each call of the transformer, as a list that grows."""
    rows: list[int] = []

    def note(_module, _arguments, options) -> None:
        rows.append(len(options["input_ids"]))

    handle = encoder.model.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield rows
    finally:
        handle.remove()
