"""What the annotation of a document can teach."""

from nerlink.config import Task
from nerlink.data import Document

__all__ = ["tasks_of"]


def tasks_of(doc: Document) -> frozenset[Task]:
    """`ner` if every mention has a label (or there is none), `nel` if any has an entity."""
    tasks: set[Task] = set()
    if all(mention.label is not None for mention in doc.mentions):
        tasks.add("ner")
    if any(mention.entity is not None for mention in doc.mentions):
        tasks.add("nel")
    return frozenset(tasks)
