"""What a document looks like to a model: words in sentences, with character offsets.

Words may come from the document, from a tokenizer, or from nerlink's rules. Tokenizers of other
packages return strings; some drop characters and some rewrite them (two backquotes for a quote),
so each string is looked for in the text.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

from nerlink.config import Task
from nerlink.converters.segmentation import sentence_starts
from nerlink.converters.words import word_ranges
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

LOOKAHEAD: Final = 64
"""Characters that a tokenizer may drop between two words."""


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
    split = None
    if splitter is not None and (doc.sentences is None or (doc.tokens is None and not tokenizer)):
        split = _split_sentences(doc.text, splitter)
    ranges = _token_ranges(doc, tokenizer, split)
    starts = [start for start, _ in ranges]
    return TokenizedDocument(
        words=[doc.text[start:end] for start, end in ranges],
        starts=starts,
        ends=[end for _, end in ranges],
        sentences=_group(starts, _sentence_borders(doc, split)),
    )


def _split_sentences(text: str, splitter: SentenceSplitter) -> list[list[tuple[int, int]]]:
    """Character ranges of the tokens of each sentence that a splitter finds."""
    sentences = [
        _without_space(token.text for token in sentence)
        for sentence in splitter.split(text, link_sentences=False)
    ]
    # All words are placed in one go: sentences carry no offsets that could be relied on.
    words = [word for sentence in sentences for word in sentence]
    placed = iter(place_words(words, text, tokenizer=type(splitter).__name__))
    return [[next(placed) for _ in sentence] for sentence in sentences if sentence]


def _token_ranges(
    doc: Document, tokenizer: Tokenizer | None, split: list[list[tuple[int, int]]] | None
) -> list[tuple[int, int]]:
    """Character ranges of the tokens, from the first source there is, (n_tokens, 2)."""
    if doc.tokens is not None:
        return [(start, end) for start, end in doc.tokens if start < end]
    if tokenizer is not None:
        name = type(tokenizer).__name__
        return place_words(_without_space(tokenizer.tokenize(doc.text)), doc.text, tokenizer=name)
    if split is not None:
        return [token for sentence in split for token in sentence]
    if doc.sentences is None:
        return word_ranges(doc.text)
    # Searched sentence by sentence, so that no word reaches over a given border.
    borders = [0, *_sentence_borders(doc, None), len(doc.text)]
    return [word for start, end in pairwise(borders) for word in word_ranges(doc.text, start, end)]


def _sentence_borders(doc: Document, split: list[list[tuple[int, int]]] | None) -> list[int]:
    """Characters between which all tokens belong to one sentence, in order.

    Both ends of given sentences are borders, so that text between two of them is one more.
    """
    if doc.sentences is not None:
        return sorted({border for sentence in doc.sentences for border in sentence})
    if split is not None:
        return [sentence[0][0] for sentence in split]
    return sentence_starts(doc.text)


def _group(starts: list[int], borders: Iterable[int]) -> list[tuple[int, int]]:
    """Token ranges between borders, the empty ones left out."""
    cuts = [0, *(bisect_left(starts, border) for border in borders), len(starts)]
    return [(first, last) for first, last in pairwise(cuts) if first < last]


def _without_space(words: Iterable[str]) -> list[str]:
    return [word for word in map(str.strip, words) if word]


def place_words(words: Sequence[str], text: str, *, tokenizer: str) -> list[tuple[int, int]]:
    """Character range of each word, in order, without overlap.

    A word that the tokenizer rewrote gets the characters between its neighbours.

    Args:
        words: What the tokenizer returned, in the order of the text.
        text: The text that the tokenizer was given.
        tokenizer: The tokenizer's name, for the error message.

    Raises:
        DataError: A word is not in the text and neither are its neighbours.
    """
    ranges = []
    position = 0
    for index, word in enumerate(words):
        while position < len(text) and text[position].isspace():
            position += 1
        following = words[index + 1] if index + 1 < len(words) else None
        place = _place(word, following, text, position)
        if place is None:
            raise DataError(
                f"{tokenizer} returned {word!r} as word {index}, which is not in the text "
                f"near character {position} ({text[position : position + 20]!r}). "
                "A tokenizer must return the words of the text in their order."
            )
        ranges.append(place)
        position = place[1]
    return ranges


def _place(word: str, following: str | None, text: str, position: int) -> tuple[int, int] | None:
    """The character range of a word that stands at `position` or a little later, if it does."""
    if text.startswith(word, position):
        return position, position + len(word)
    limit = position + len(word) + LOOKAHEAD
    found = text.find(word, position, limit)
    end = min(limit, len(text)) if following is None else text.find(following, position + 1, limit)
    # A word found only behind the next one was rewritten here, and stands there once more: of
    # `a '' and ''` in the text `a ^ and ''`, the first quotes are the `^`.
    if found >= 0 and (end < 0 or found < end):
        return found, found + len(word)
    rewritten = text[position : max(end, position)].rstrip()
    return (position, position + len(rewritten)) if rewritten else None


def tasks_of(doc: Document) -> frozenset[Task]:
    """The tasks that a document's annotation can teach.

    `ner` if any mention has a label or there is no mention at all, `nel` if any mention has an
    entity, or means one of several. A document whose mentions all lack a label says nothing about
    labels, not that the mentions have none.
    """
    tasks: set[Task] = set()
    if not doc.mentions or any(mention.label is not None for mention in doc.mentions):
        tasks.add("ner")
    if any(mention.entity is not None or doc.means_one_of(mention) for mention in doc.mentions):
        tasks.add("nel")
    return frozenset(tasks)
