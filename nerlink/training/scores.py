"""How well a model in training does on documents that it does not learn from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from nerlink.data import Document
from nerlink.evaluation import Report, evaluate
from nerlink.models.documents import annotate_documents, links_seen
from nerlink.models.joint import JointModel
from nerlink.models.linker import Linker

__all__ = ["score_documents"]


def score_documents(model: JointModel, documents: Sequence[Document]) -> Report:
    """Scores on annotated documents, which are told apart by their places, whatever their ids."""
    model.eval()
    gold = [replace(doc, id=str(place)) for place, doc in enumerate(documents)]
    with _all_candidates(model.linker):
        found = list(annotate_documents(model, gold, link_only=model.tagger is None))
    return evaluate(gold, found, seen=links_seen(model, gold))


@contextmanager
def _all_candidates(linker: Linker | None) -> Iterator[None]:
    """Within it, all candidates come back with each mention: their recall is a score."""
    if linker is None:
        yield
        return
    config = linker.config
    linker.config = config.model_copy(update={"top_k": linker.lookup.limit})
    try:
        yield
    finally:
        linker.config = config
