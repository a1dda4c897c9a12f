"""AIDA-CoNLL as JSON lines: sentences of tokens, and mentions that count tokens."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources.check import Result, check_document, documents_from
from nerlink.sources.records import integer, list_or_empty, name_or_none, require_keys
from nerlink.tables import mapping, read_json_lines
from nerlink.words import number_of, shown

__all__ = ["read_aida"]


def read_aida(path: str | Path, *, encoding: str = "utf-8") -> Iterator[Result]:
    """AIDA-CoNLL: lines of `{"doc", "sentences": [[token]], "mentions"}`.

    A mention is `{"sent", "start", "end", "type", "title"}` in tokens of its sentence. Tokens
    are joined by a blank and sentences by a line feed; a title `null` becomes `NIL`.

    Args:
        path: The file.
        encoding: How characters are stored.
    """
    return documents_from(read_json_lines(path, encoding=encoding), _document_from_aida)


def _document_from_aida(record: Mapping[str, Any], *, where: str) -> Document:
    require_keys(record, ("doc", "sentences", "mentions"), where=where)
    sentences = _sentences_of_words(record, where=where)
    ranges: list[list[tuple[int, int]]] = []
    position = 0
    for words in sentences:
        starts = accumulate((len(word) + 1 for word in words), initial=position)
        ranges.append(
            [(start, start + len(word)) for start, word in zip(starts, words, strict=False)]
        )
        position += len(" ".join(words)) + 1
    mentions = [
        _mention_from_aida(mention, ranges, where=f"{where}: mention {number}")
        for number, mention in enumerate(list_or_empty(record, "mentions", where=where))
    ]
    doc = Document(
        text="\n".join(" ".join(words) for words in sentences),
        id=name_or_none(record, "doc", where=where),
        mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end))),
        sentences=tuple((tokens[0][0], tokens[-1][1]) for tokens in ranges if tokens),
        tokens=tuple(pair for tokens in ranges for pair in tokens),
    )
    return check_document(doc, where=where)


def _sentences_of_words(record: Mapping[str, Any], *, where: str) -> list[Sequence[str]]:
    sentences = [
        list_or_empty({"sentences": words}, "sentences", where=where)
        for words in list_or_empty(record, "sentences", where=where)
    ]
    for words in sentences:
        for word in words:
            if not isinstance(word, str):
                raise DataError(
                    f"{where}: sentences: {shown(word)} is no token; tokens must be strings."
                )
    return sentences


def _mention_from_aida(
    record: Any, sentences: Sequence[Sequence[tuple[int, int]]], *, where: str
) -> Mention:
    """A mention in characters; the record counts the tokens of one of the sentences."""
    record = mapping(record, where=where)
    number = integer(record, "sent", where=where)
    start, end = integer(record, "start", where=where), integer(record, "end", where=where)
    if not 0 <= number < len(sentences):
        there = number_of(len(sentences), "sentences")
        raise DataError(f"{where}: sent is {number}, but the document has {there}.")
    tokens = sentences[number]
    if not 0 <= start < end <= len(tokens):
        raise DataError(
            f"{where}: start {start}, end {end} do not fit sentence {number} "
            f"of {number_of(len(tokens), 'tokens')}; end is one past the last."
        )
    return Mention(
        start=tokens[start][0],
        end=tokens[end - 1][1],
        label=name_or_none(record, "type", where=where),
        entity=name_or_none(record, "title", where=where) or NIL,
    )
