"""JSON lines of public linking corpora: AIDA-CoNLL and ZELDA."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.files import numbered_lines
from nerlink.sources.check import MENTION_COLUMNS, Result, attempt, check_document, missing_column
from nerlink.sources.formats.jsonl import parse_json
from nerlink.sources.records import (
    ENTITY_NAME,
    integer,
    list_or_empty,
    mapping,
    name_or_none,
    ranges_or_none,
    text_of,
)

__all__ = ["read_aida", "read_zelda"]


def read_aida(path: str | Path) -> Iterator[Result]:
    """AIDA-CoNLL: lines of `{"doc", "sentences": [[token]], "mentions"}`.

    A mention is `{"sent", "start", "end", "type", "title"}` in tokens of its sentence. Tokens
    are joined by a blank and sentences by a line feed; a title `null` becomes `NIL`.
    """
    for number, line in numbered_lines(path):
        if line.strip():
            yield attempt(_aida_document, line, where=f"{path}:{number}")


def _aida_document(line: bytes, *, where: str) -> Document:
    record = _record(line, ("doc", "sentences", "mentions"), where=where)
    sentences = _sentences(record["sentences"], where=f"{where}: sentences")
    ranges: list[list[tuple[int, int]]] = []
    position = 0
    for sentence in sentences:
        starts = accumulate((len(token) + 1 for token in sentence), initial=position)
        ranges.append(
            [(start, start + len(token)) for start, token in zip(starts, sentence, strict=False)]
        )
        position += len(" ".join(sentence)) + 1
    mentions = [
        _aida_mention(mention, ranges, where=f"{where}: mention {number}")
        for number, mention in enumerate(
            list_or_empty(record["mentions"], where=f"{where}: mentions")
        )
    ]
    doc = Document(
        text="\n".join(" ".join(sentence) for sentence in sentences),
        id=name_or_none(record["doc"], where=f"{where}: doc"),
        mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end))),
        sentences=tuple((tokens[0][0], tokens[-1][1]) for tokens in ranges if tokens),
        tokens=tuple(pair for tokens in ranges for pair in tokens),
    )
    return check_document(doc, where=where)


def _sentences(value: Any, *, where: str) -> list[Sequence[str]]:
    sentences = [list_or_empty(one, where=where) for one in list_or_empty(value, where=where)]
    if wrong := [token for tokens in sentences for token in tokens if not isinstance(token, str)]:
        raise DataError(f"{where}: {wrong[0]!r:.80} is no token; tokens must be strings.")
    return sentences


def _aida_mention(
    record: Any, sentences: Sequence[Sequence[tuple[int, int]]], *, where: str
) -> Mention:
    mention = mapping(record, where=where)
    number = integer(mention, "sent", where=where)
    start, end = integer(mention, "start", where=where), integer(mention, "end", where=where)
    if not 0 <= number < len(sentences):
        raise DataError(f"{where}: sent is {number}, but there are {len(sentences)} sentences.")
    tokens = sentences[number]
    if not 0 <= start < end <= len(tokens):
        raise DataError(
            f"{where}: start {start}, end {end} do not fit sentence {number} "
            f"of {len(tokens)} tokens; end is one past the last."
        )
    return Mention(
        start=tokens[start][0],
        end=tokens[end - 1][1],
        label=name_or_none(mention.get("type"), where=f"{where}: type"),
        entity=name_or_none(mention.get("title"), where=f"{where}: title") or NIL,
    )


def read_zelda(path: str | Path, *, entities: str = "titles") -> Iterator[Result]:
    """ZELDA: lines of `{"id", "text", "index", "wikipedia_ids", "wikipedia_titles"}`.

    Links whose anchor has no character, as there are some in its training texts, are left out.

    Args:
        path: The file.
        entities: Which of the two becomes the entity: `titles`, or `ids`, which come with the
            title as the mention's `entity_name`.
    """
    if entities not in ("titles", "ids"):
        raise DataError(f"entities is {entities!r}; it must be 'titles' or 'ids'.")
    for number, line in numbered_lines(path):
        if line.strip():
            column = f"wikipedia_{entities}"
            yield attempt(_zelda_document, line, column, where=f"{path}:{number}")


def _zelda_document(line: bytes, column: str, *, where: str) -> Document:
    record = _record(line, ("text", "index", column), where=where)
    index = ranges_or_none(record["index"], where=f"{where}: index") or ()
    entities = list_or_empty(record[column], where=f"{where}: {column}")
    # Ids say nothing to people, so their titles come along; a title speaks for itself.
    names = record.get("wikipedia_titles") if column == "wikipedia_ids" else None
    called = f"{where}: wikipedia_titles"
    names = [None] * len(index) if names is None else list_or_empty(names, where=called)
    for key, values in ((column, entities), ("wikipedia_titles", names)):
        if len(values) != len(index):
            raise DataError(f"{where}: index has {len(index)} entries, {key} has {len(values)}.")
    links = [
        (
            start,
            end,
            name_or_none(entity, where=f"{where}: {column}"),
            name_or_none(name, where=called),
        )
        for (start, end), entity, name in zip(index, entities, names, strict=True)
        if start != end
    ]
    links.sort(key=lambda link: link[:2])
    has_names = any(name is not None for *_, name in links)
    doc = Document(
        text=text_of(record, where=where),
        id=name_or_none(record.get("id"), where=f"{where}: id"),
        mentions=tuple(
            Mention(start=start, end=end, entity=entity) for start, end, entity, _ in links
        ),
        meta={MENTION_COLUMNS: {ENTITY_NAME: [name for *_, name in links]}} if has_names else {},
    )
    return check_document(doc, where=where)


def _record(line: bytes, keys: Sequence[str], *, where: str) -> Mapping[str, Any]:
    record = parse_json(line, where=where)
    if not isinstance(record, dict):
        raise DataError(f"{where} is {record!r:.80}; it must be an object with {', '.join(keys)}.")
    for key in keys:
        if key not in record:
            raise missing_column(key, record, where=where)
    return record
