"""From documents to Flair sentences, and to a Flair corpus.

Every sentence remembers its document, so that `from_sentences` gives the document back whole. The
sentences of a document are linked to each other and to nothing else, since Flair's models read the
linked sentences as context. Flair leaves such links alone, also where sentences of several
documents go through one `predict`.
"""

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, get_args

from flair.data import Corpus, Sentence, Span, Token
from flair.datasets import FlairDatapointDataset

from nerlink.config import Task
from nerlink.converters.alignment import Alignment, align
from nerlink.converters.alignment_report import AlignmentReport
from nerlink.converters.tokens import (
    SentenceSplitter,
    TokenizedDocument,
    Tokenizer,
    tasks_of,
    tokenize,
)
from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources.check import check_documents
from nerlink.sources.plain import plain_document
from nerlink.words import number_of, shown

__all__ = [
    "BARE",
    "ORIGIN",
    "UNKNOWN",
    "AlignmentWarning",
    "DocumentCorpus",
    "DocumentSentences",
    "IncompleteWarning",
    "Origin",
    "flair_score",
    "to_corpus",
    "to_sentences",
]

UNKNOWN: Final = "<unk>"
"""Flair's `nel` value of a mention that has no entity."""

BARE: Final = "mention"
"""Label type (and value) of a mention that has neither label nor entity."""

ORIGIN: Final = "nerlink"
"""Key of the sentence metadata that holds the `Origin`."""


class AlignmentWarning(UserWarning):
    """A mention was lost because the tokens cannot hold it."""


class IncompleteWarning(UserWarning):
    """Flair takes unmarked text for no mention, and documents say that it is not known to be."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sentence comes from; the sentences of one conversion share one object.

    Args:
        document: The document.
        mentions: The document's mentions, by the character range of their tokens.
    """

    document: Document
    mentions: Mapping[tuple[int, int], Mention]


class DocumentSentences(list[Sentence]):
    """The sentences of a document, which is remembered where it has none.

    Args:
        sentences: The sentences.
        document: The document.
    """

    def __init__(self, sentences: Iterable[Sentence], document: Document) -> None:
        super().__init__(sentences)
        self.document = document


def to_sentences(
    doc: Document,
    *,
    tasks: Collection[Task] = get_args(Task),
    tokenizer: Tokenizer | None = None,
    splitter: SentenceSplitter | None = None,
    on_report: Callable[[AlignmentReport], None] | None = None,
) -> list[Sentence]:
    """A document as Flair sentences; none where there is only white space.

    The list remembers its document, so that `from_sentences` gives back that of an empty one, too.

    Spans carry `ner` labels, and `nel` labels with the entity or `<unk>` for `NIL`. Sentences
    carry a `multitask_id` for each of the tasks that the document's annotation can teach. The
    `start_position` of a sentence counts from the document's start, that of a token from the
    sentence's start.

    Args:
        doc: The document.
        tasks: Tasks to label for.
        tokenizer: Any Flair tokenizer, where the document brings no tokens.
        splitter: Any Flair sentence splitter, where the document brings no sentences.
        on_report: Called with the report on mentions that do not fit the tokens; without it, a
            dropped mention gives an `AlignmentWarning`.

    Raises:
        DataError: A value of the document is of another kind than its field.
    """
    if not isinstance(doc, Document):
        raise DataError(f"doc is a {type(doc).__name__}; pass a Document.")
    doc = plain_document(doc, where="doc" if doc.id is None else f"document {shown(doc.id)}")
    tokens = tokenize(doc, tokenizer=tokenizer, splitter=splitter)
    alignment = align(tokens, doc.mentions, text=doc.text, document=doc.id)
    if on_report is not None:
        on_report(alignment.report)
    elif alignment.report.dropped:
        warnings.warn(str(alignment.report), AlignmentWarning, stacklevel=2)
    sentences = _linked_sentences(doc, alignment)
    _add_spans(sentences, alignment, tasks)
    taught = tasks_of(doc).intersection(tasks)
    if not doc.complete or any(mention.label is None for mention in doc.mentions):
        # Flair's taggers learn that whatever has no label is no mention.
        taught -= {"ner"}
    if all(mention.entity is None for mention in doc.mentions):
        taught -= {"nel"}  # no label of Flair's says that a mention means one of several
    for sentence in sentences:
        for task in sorted(taught):
            sentence.add_label("multitask_id", task)
    return DocumentSentences(sentences, doc)


def _linked_sentences(doc: Document, alignment: Alignment) -> list[Sentence]:
    """Sentences without labels, linked to each other."""
    tokens = alignment.tokens
    mentions = {
        (tokens.starts[first], tokens.ends[last - 1]): mention
        for first, last, mention in alignment.spans
    }
    origin = Origin(doc, mentions)
    sentences = [_sentence(tokens, first, last) for first, last in tokens.sentences]
    for sentence in sentences:
        sentence.add_metadata(ORIGIN, origin)
        # Without this mark, `predict` would link all sentences it is given in one chain.
        sentence._has_context = True
    for sentence, following in pairwise(sentences):
        sentence._next_sentence = following
        following._previous_sentence = sentence
    return sentences


def _sentence(tokens: TokenizedDocument, first: int, last: int) -> Sentence:
    """The tokens of one sentence, with the blanks that stand between them in the text."""
    offset = tokens.starts[first]
    # For each token, where the next one starts; behind the last one of the sentence stands nothing.
    following = [*tokens.starts[first + 1 : last], tokens.ends[last - 1]]
    return Sentence(
        [
            Token(
                tokens.words[index],
                whitespace_after=following[index - first] - tokens.ends[index],
                start_position=tokens.starts[index] - offset,
            )
            for index in range(first, last)
        ],
        start_position=offset,
    )


def _add_spans(sentences: list[Sentence], alignment: Alignment, tasks: Collection[Task]) -> None:
    """Label the mentions, each in the sentence that it lies in."""
    number = 0
    token_ranges = alignment.tokens.sentences
    for first, last, mention in alignment.spans:
        # Spans come in order, and no span crosses the border of a sentence.
        while token_ranges[number][1] <= first:
            number += 1
        offset = token_ranges[number][0]
        _add_labels(sentences[number][first - offset : last - offset], mention, tasks)


def _add_labels(span: Span, mention: Mention, tasks: Iterable[Task]) -> None:
    if mention.label is not None and "ner" in tasks:
        span.add_label("ner", mention.label, flair_score(mention.score))
    if mention.entity is not None and "nel" in tasks:
        entity = UNKNOWN if mention.entity == NIL else mention.entity
        span.add_label("nel", entity, flair_score(mention.link_score))
    if mention.label is None and mention.entity is None:
        span.add_label(BARE, BARE)


def flair_score(score: float | None) -> float:
    """The score of a label for a mention with this score; Flair gives gold labels the score 1."""
    return 1.0 if score is None else score


class DocumentCorpus(Corpus[Sentence]):
    """A Flair corpus with the report on its documents' mentions.

    Args:
        splits: Sentences of `train`, `dev` and `test`; a missing split stays missing.
        name: The corpus's name.
        alignment: The mentions that did not fit the tokens, in all splits.
    """

    def __init__(self, splits: dict[str, list[Sentence]], *, alignment: AlignmentReport) -> None:
        datasets: dict[str, Any] = {
            split: FlairDatapointDataset(sentences) for split, sentences in splits.items()
        }
        super().__init__(**datasets, name="nerlink", sample_missing_splits=False)
        self.alignment = alignment


def to_corpus(
    train: Iterable[Document],
    dev: Iterable[Document] | None = None,
    test: Iterable[Document] | None = None,
    *,
    tasks: Collection[Task] = get_args(Task),
    tokenizer: Tokenizer | None = None,
    splitter: SentenceSplitter | None = None,
) -> DocumentCorpus:
    """Documents as a Flair corpus; a split that is missing is not sampled from another.

    Args:
        train: Documents to learn from.
        dev: Documents to choose the best epoch on.
        test: Documents to score once.
        tasks: Tasks to label for.
        tokenizer: Any Flair tokenizer, where documents bring no tokens.
        splitter: Any Flair sentence splitter, where documents bring no sentences.

    Raises:
        DataError: There is not a single token in `train`.
    """
    reports: list[AlignmentReport] = []
    train = list(check_documents(train, what="train"))
    if n_incomplete := sum(not doc.complete for doc in train):
        warnings.warn(
            f"{n_incomplete:,} of {number_of(len(train), 'training documents')} incomplete, and "
            "Flair's taggers learn that what is not marked is no mention. Leave them out, or train "
            "with nerlink.train.",
            IncompleteWarning,
            stacklevel=2,
        )
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
    return DocumentCorpus(splits, alignment=AlignmentReport.total(reports))
