"""What the annotation of a document can teach."""

from nerlink.config import Task
from nerlink.data import Document

__all__ = ["tasks_of"]


def tasks_of(doc: Document) -> frozenset[Task]:
    """`ner` if any mention has a label (or there is none), `nel` if any has an entity.

    Mentions without the one or the other are not known to be anything: nothing is to be learnt
    from them.
    """
    tasks: set[Task] = set()
    if not doc.mentions or any(mention.label is not None for mention in doc.mentions):
        tasks.add("ner")
    if any(mention.entity is not None for mention in doc.mentions):
        tasks.add("nel")
    return frozenset(tasks)
