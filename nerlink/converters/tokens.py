"""What a document looks like to a model: words in sentences, with character offsets.

Tokenizers of others return strings; some drop characters and some rewrite them (two backquotes for
a quote), so each string is looked for in the text.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

from nerlink.config import Task
from nerlink.converters.segmentation import sentence_starts
from nerlink.converters.words import word_spans
from nerlink.data import Document
from nerlink.errors import DataError

__all__ = [
    "SentenceSplitter",
    "TokenizedDocument",
    "Tokenizer",
    "place_words",
    "tasks_of",
    "tokenize",
]


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


LOOKAHEAD: Final = 64
"""Characters that a tokenizer may drop between two words."""


def place_words(words: Sequence[str], text: str, *, tokenizer: str) -> list[tuple[int, int]]:
    """Character range of each word, in order, without overlap.

    A word that the tokenizer rewrote gets the characters between its neighbours.

    Args:
        words: What the tokenizer returned, in the order of the text.
        text: What it was given.
        tokenizer: Its name, for the error message.

    Raises:
        DataError: A word is not in the text and neither are its neighbours.
    """
    spans = []
    position = 0
    for index, word in enumerate(words):
        position = _skip_space(text, position)
        following = words[index + 1] if index + 1 < len(words) else None
        span = _place(word, following, text, position)
        if span is None:
            raise DataError(
                f"{tokenizer} returned {word!r} as word {index}, which is not in the text "
                f"near character {position} ({text[position : position + 20]!r}). "
                "A tokenizer must return the words of the text in their order."
            )
        spans.append(span)
        position = span[1]
    return spans


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _place(word: str, following: str | None, text: str, position: int) -> tuple[int, int] | None:
    if text.startswith(word, position):
        return position, position + len(word)
    limit = position + len(word) + LOOKAHEAD
    found = text.find(word, position, limit)
    end = min(limit, len(text)) if following is None else text.find(following, position + 1, limit)
    if found >= 0 and (end < 0 or found < end):
        return found, found + len(word)
    rewritten = text[position : max(end, position)].rstrip()
    return (position, position + len(rewritten)) if rewritten else None


class Tokenizer(Protocol):
    """What nerlink asks of a `flair.tokenization.Tokenizer`."""

    def tokenize(self, text: str) -> list[str]:
        """The words of a text, in order."""
        ...


class SentenceSplitter(Protocol):
    """What nerlink asks of a `flair.splitter.SentenceSplitter`."""

    def split(self, text: str, link_sentences: bool = True) -> Sequence[Any]:
        """The sentences of a text; each iterates over tokens that have a `text`."""
        ...


@dataclass(frozen=True, slots=True)
class TokenizedDocument:
    """Words and sentences of one document, as plain lists.

    Args:
        words: The text of each token, (n_tokens).
        starts: First character of each token, (n_tokens).
        ends: One past the last character of each token, (n_tokens).
        sentences: Token ranges, end excluded, in order, that cover all tokens.
    """

    words: list[str]
    starts: list[int]
    ends: list[int]
    sentences: list[tuple[int, int]]


def tokenize(
    doc: Document,
    *,
    tokenizer: Tokenizer | None = None,
    splitter: SentenceSplitter | None = None,
) -> TokenizedDocument:
    """The words and sentences of a document; none where there is only white space.

    The document's own tokens and sentences come first, then those of `tokenizer` and `splitter`,
    then nerlink's rules (`words.py`, `segmentation.py`).

    Args:
        doc: The document.
        tokenizer: Any Flair tokenizer.
        splitter: Any Flair sentence splitter; also gives the tokens where nothing else does.

    Raises:
        DataError: The tokenizer or splitter returns words that are not in the text.
    """
    pieces = None
    if splitter is not None and (doc.sentences is None or (doc.tokens is None and not tokenizer)):
        pieces = _split(doc.text, splitter)
    spans = _token_spans(doc, tokenizer, pieces)
    starts = [start for start, _ in spans]
    return TokenizedDocument(
        words=[doc.text[start:end] for start, end in spans],
        starts=starts,
        ends=[end for _, end in spans],
        sentences=_group(starts, _borders(doc, pieces)),
    )


def _token_spans(
    doc: Document, tokenizer: Tokenizer | None, pieces: list[list[tuple[int, int]]] | None
) -> list[tuple[int, int]]:
    if doc.tokens is not None:
        return [(start, end) for start, end in doc.tokens if start < end]
    if tokenizer is not None:
        name = type(tokenizer).__name__
        return place_words(_without_space(tokenizer.tokenize(doc.text)), doc.text, tokenizer=name)
    if pieces is not None:
        return [span for piece in pieces for span in piece]
    if doc.sentences is None:
        return word_spans(doc.text)
    borders = [0, *_borders(doc, None), len(doc.text)]
    return [span for start, end in pairwise(borders) for span in word_spans(doc.text, start, end)]


def _borders(doc: Document, pieces: list[list[tuple[int, int]]] | None) -> list[int]:
    """Characters between which each token belongs to one sentence, in order."""
    if doc.sentences is not None:
        return sorted({border for sentence in doc.sentences for border in sentence})
    if pieces is not None:
        return [piece[0][0] for piece in pieces]
    return sentence_starts(doc.text)


def _split(text: str, splitter: SentenceSplitter) -> list[list[tuple[int, int]]]:
    """Character ranges of the tokens of each sentence that a splitter finds."""
    sentences = [
        _without_space(token.text for token in sentence)
        for sentence in splitter.split(text, link_sentences=False)
    ]
    words = [word for sentence in sentences for word in sentence]
    placed = iter(place_words(words, text, tokenizer=type(splitter).__name__))
    return [[next(placed) for _ in sentence] for sentence in sentences if sentence]


def _without_space(words: Iterable[str]) -> list[str]:
    return [word for word in map(str.strip, words) if word]


def _group(starts: list[int], borders: Iterable[int]) -> list[tuple[int, int]]:
    """Token ranges between borders, the empty ones left out."""
    cuts = [0, *(bisect_left(starts, border) for border in borders), len(starts)]
    return [(first, last) for first, last in pairwise(cuts) if first < last]
