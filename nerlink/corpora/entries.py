"""The documents that the entries of a configuration name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from nerlink.config import DataConfig, Task
from nerlink.corpora.cards import SplitName, find_corpus, load_split, read_card
from nerlink.data import Document
from nerlink.sources.reading import read

__all__ = ["read_entries", "taught"]


def read_entries(
    entries: Sequence[DataConfig], split: SplitName
) -> list[tuple[list[Document], DataConfig]]:
    """The documents of a split with what their entry teaches, an item for each entry that has it.

    Ids stay as they are unless two entries share one: then all are preceded by the number of
    their entry, as in `2/dev-17`, so that each names one document.

    Raises:
        DataError: A corpus is unknown or not built, or a file cannot be read.
    """
    parts = [(documents, entry) for entry in entries if (documents := _read(entry, split))]
    ids = Counter(doc.id for documents, _ in parts for doc in documents if doc.id is not None)
    are_shared = any(count > 1 for count in ids.values())
    return [
        ([taught(_numbered(doc, number) if are_shared else doc, entry) for doc in documents], entry)
        for number, (documents, entry) in enumerate(parts, start=1)
    ]


def taught(doc: Document, entry: DataConfig) -> Document:
    """A document without the labels or links that its entry does not teach: nothing scores them."""
    tasks = entry.tasks or get_args(Task)
    mentions = [
        replace(
            mention,
            label=mention.label if "ner" in tasks else None,
            entity=mention.entity if "nel" in tasks else None,
            candidates=mention.candidates if "nel" in tasks else (),
        )
        for mention in doc.mentions
    ]
    return replace(doc, mentions=tuple(mentions))


def _read(entry: DataConfig, split: SplitName) -> list[Document]:
    path: Path | None = getattr(entry, split)
    documents: list[Document] = []
    if path is not None:
        documents = read(path, format=entry.format, **entry.read)
    elif entry.corpus is not None and split in read_card(find_corpus(entry.corpus)).splits:
        documents = load_split(entry.corpus, split)
    return documents[: entry.limit] if split == "train" else documents


def _numbered(doc: Document, number: int) -> Document:
    return doc if doc.id is None else replace(doc, id=f"{number}/{doc.id}")
