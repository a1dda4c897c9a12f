"""The lists that the token-classification pipeline of Hugging Face transformers gives."""

from collections.abc import Iterable
from typing import Any, TextIO

from nerlink.data import Document
from nerlink.sources.losses import Losses
from nerlink.sources.records import json_from_record

__all__ = ["groups_of", "write_hf"]


def groups_of(doc: Document) -> list[dict[str, Any]]:
    """A document's mentions as that pipeline gives them with an aggregation strategy.

    >>> from nerlink.data import Mention
    >>> groups_of(Document(text="Ada", mentions=(Mention(start=0, end=3, label="PER", score=0.9),)))
    [{'entity_group': 'PER', 'score': 0.9, 'word': 'Ada', 'start': 0, 'end': 3}]

    Returns:
        A record for each mention with a label; `word` is the text as it stands in the document.
    """
    return [
        {
            "entity_group": mention.label,
            "score": mention.score,
            "word": doc.surface(mention),
            "start": mention.start,
            "end": mention.end,
        }
        for mention in doc.mentions
        if mention.label is not None
    ]


def write_hf(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """A line of JSON for each document: the list of its mentions, as `groups_of` gives it."""
    for doc in documents:
        losses.note(doc, carried=frozenset({"mentions", "labels", "scores"}))
        losses.add("mentions without label", sum(m.label is None for m in doc.mentions))
        handle.write(json_from_record(groups_of(doc)) + "\n")
