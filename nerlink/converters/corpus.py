"""From documents to a Flair corpus."""

from collections.abc import Collection, Iterable
from typing import get_args

from flair.data import Corpus, Sentence
from flair.datasets import FlairDatapointDataset

from nerlink.config import Task
from nerlink.converters.alignment_report import AlignmentReport
from nerlink.converters.sentences import to_sentences
from nerlink.converters.tokens import SentenceSplitter, Tokenizer
from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import check_documents

__all__ = ["DocumentCorpus", "to_corpus"]


class DocumentCorpus(Corpus[Sentence]):
    """A Flair corpus that knows what became of the documents' mentions.

    Args:
        splits: Sentences of `train`, `dev` and `test`; a missing split stays missing.
        name: The corpus's name.
        alignment: Mentions that were split into, dropped or changed, in all splits.
    """

    def __init__(
        self, splits: dict[str, list[Sentence]], *, name: str, alignment: AlignmentReport
    ) -> None:
        train, dev, test = (
            FlairDatapointDataset(splits[split]) if split in splits else None
            for split in ("train", "dev", "test")
        )
        super().__init__(train, dev, test, name=name, sample_missing_splits=False)
        self.alignment = alignment


def to_corpus(
    train: Iterable[Document],
    dev: Iterable[Document] | None = None,
    test: Iterable[Document] | None = None,
    *,
    tasks: Collection[Task] = get_args(Task),
    tokenizer: Tokenizer | None = None,
    splitter: SentenceSplitter | None = None,
    name: str = "nerlink",
) -> DocumentCorpus:
    """Documents as a Flair corpus; splits that are missing are not sampled from others.

    Args:
        train: Documents to learn from.
        dev: Documents to choose the best epoch on.
        test: Documents to score once.
        tasks: Tasks to label for.
        tokenizer: Any Flair tokenizer, where documents bring no tokens.
        splitter: Any Flair sentence splitter, where documents bring no sentences.
        name: The corpus's name.

    Raises:
        DataError: There is not a single token in `train`.
    """
    reports: list[AlignmentReport] = []
    splits = {
        split: [
            sentence
            for doc in check_documents(documents, what=split)
            for sentence in to_sentences(
                doc, tasks=tasks, tokenizer=tokenizer, splitter=splitter, on_report=reports.append
            )
        ]
        for split, documents in {"train": train, "dev": dev, "test": test}.items()
        if documents is not None
    }
    if not splits["train"]:
        raise DataError(
            "The training documents hold no text. A corpus needs at least one sentence in train; "
            "pass documents whose text is not empty."
        )
    return DocumentCorpus(splits, name=name, alignment=AlignmentReport.total(reports))
