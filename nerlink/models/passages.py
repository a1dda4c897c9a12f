"""What the models read and learn from: a passage of text, and a passage with its gold spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from flair.data import Sentence

from nerlink.config import Task
from nerlink.converters.tokens import TokenizedDocument

__all__ = ["Example", "Passage", "SentenceRun", "TokenSpan", "runs_of"]


class TokenSpan(NamedTuple):
    """A mention by its tokens.

    Attributes:
        first: First token.
        last: One past the last token.
        label: Entity type, where known.
        entity: Knowledge-base id or `NIL`, where known.
    """

    first: int
    last: int
    label: str | None = None
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A text and its tokens: a document, or a stretch of one."""

    text: str
    tokens: TokenizedDocument

    def surface(self, span: TokenSpan) -> str:
        """The text a span covers."""
        return self.text[self.tokens.starts[span.first] : self.tokens.ends[span.last - 1]]


@dataclass(frozen=True, slots=True)
class Example:
    """A passage with its gold spans.

    Args:
        passage: What is read.
        spans: What is to be found, in order, not overlapping.
        tasks: What the spans teach.
        whole: The document that it is a piece of, if it is one.
    """

    passage: Passage
    spans: tuple[TokenSpan, ...]
    tasks: frozenset[Task]
    whole: Self | None = None


@dataclass(frozen=True, slots=True)
class SentenceRun:
    """Flair's sentences that stand together in one document, and the passage they make."""

    passage: Passage
    sentences: list[Sentence]


def runs_of(sentences: Sequence[Sentence]) -> list[SentenceRun]:
    """Sentences in runs whose members follow each other in a document.

    A sentence continues the run of the one before it in the list if Flair's context links say
    so; other sentences are never seen, so that documents do not leak into each other.
    """
    runs: list[list[Sentence]] = []
    for sentence in sentences:
        if runs and _follows(runs[-1][-1], sentence):
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    return [SentenceRun(_passage(run), run) for run in runs]


def _follows(left: Sentence, right: Sentence) -> bool:
    return right._previous_sentence is left and not right.is_document_boundary


def _passage(run: Sequence[Sentence]) -> Passage:
    tokens = TokenizedDocument([], [], [], [])
    texts: list[str] = []
    offset = 0
    for sentence in run:
        first = len(tokens.words)
        for token in sentence:
            tokens.words.append(token.text)
            tokens.starts.append(offset + token.start_position)
            tokens.ends.append(offset + token.end_position)
        tokens.sentences.append((first, len(tokens.words)))
        texts.append(sentence.to_original_text())
        offset += len(texts[-1]) + 1
    return Passage("\n".join(texts), tokens)
