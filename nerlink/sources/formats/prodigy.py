"""Prodigy: JSON lines of texts with spans, and of choices between entities."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from nerlink.data import NIL, Document
from nerlink.errors import DataError
from nerlink.sources.check import Result, documents_from
from nerlink.sources.found import more_of
from nerlink.sources.keys import MENTION_COLUMNS
from nerlink.sources.losses import EVERYTHING, INCOMPLETE, Losses, left_out
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import SURFACES, Names
from nerlink.sources.records import (
    document_from_record,
    json_from_record,
    list_or_empty,
    record_from_document,
)
from nerlink.tables import mapping, read_json_either, read_json_lines
from nerlink.words import shown

__all__ = ["read_prodigy", "write_prodigy"]

_OWN: Final = frozenset({"_input_hash", "_task_hash", "_is_binary", "answer", "options", "accept"})
"""Keys of a task that say how it was asked, not what is in its text."""

_OF_TOKENS: Final = ("token_start", "token_end", "type", "source", "input_hash")
"""Keys of a span that follow from its offsets, or that say how it came to be."""


def read_prodigy(path: str | Path, *, encoding: str = "utf-8") -> Iterator[Result]:
    """What `prodigy db-out` writes. Only what was accepted is read, the rest is counted.

    The entity of a span is its `kb_id`; in a choice between entities it is what was chosen for
    the only span, where an option whose id begins with `NIL` stands for none of the others.

    Args:
        path: The file: JSON lines, or JSON.
        encoding: How characters are stored.
    """
    is_list = str(path).lower().removesuffix(".gz").endswith(".json")
    with left_out(path) as losses:
        rows = (read_json_either if is_list else read_json_lines)(path, encoding=encoding)
        accepted = (
            row
            for row in rows
            if isinstance(row, DataError)
            or not isinstance(row.values, Mapping)
            or _is_accepted(row.values, losses)
        )
        yield from documents_from(accepted, _document, Names(str(path)).exact(), losses)


def _is_accepted(record: Mapping[str, Any], losses: Losses) -> bool:
    answer = record.get("answer", "accept")
    if answer != "accept":
        losses.add(f"records with the answer {answer!s:.20}")
    return bool(answer == "accept")


def _document(record: Any, names: Names, losses: Losses, *, where: str) -> Document:
    record = mapping(record, where=where)
    spans = list_or_empty(record, "spans", where=where)
    spans = [mapping(span, where=f"{where}: spans[{n}]") for n, span in enumerate(spans)]
    losses.add("relations", len(list_or_empty(record, "relations", where=where)))
    mentions = [_mention(span) for span in spans]
    if "options" in record and "accept" in record:
        chosen = list_or_empty(record, "accept", where=where)
        if len(spans) != 1 or len(chosen) != 1:
            raise DataError(
                f"{where}: accept is {shown(chosen)}, for {len(spans)} spans; it is read where "
                "one option is chosen for one span. Leave the record out.",
                reason="a choice of several",
            )
        entity = str(chosen[0])
        mentions[0]["entity"] = NIL if entity.upper().startswith("NIL") else entity
    rest = {
        key: value
        for key, value in record.items()
        if key not in _OWN and key not in ("spans", "relations")
    }
    places = [f"{where}: spans[{number}]" for number in range(len(mentions))]
    return document_from_record(
        {**rest, "mentions": mentions}, where=where, places=places, names=names
    )


def _mention(span: Mapping[str, Any]) -> dict[str, Any]:
    mention = {key: value for key, value in span.items() if key not in _OF_TOKENS}
    for key in ("kb_id", "entity_id"):
        if mention.get("entity") is None and mention.get(key):
            mention["entity"] = mention.pop(key)
    # spaCy writes an empty string where there is no label or entity.
    return {k: v for k, v in mention.items() if v != "" or k not in ("label", "kb_id", "entity")}


_RESERVED: Final = frozenset({"kb_id", "entity_id", *_OF_TOKENS, *SURFACES})


def write_prodigy(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """A task for each document: text, spans with `kb_id`, and the tokens where there are some.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what tasks cannot carry.
    """
    for doc in with_plain_meta(documents, losses):
        losses.note(doc, carried=EVERYTHING - {"sentences", INCOMPLETE})
        more = more_of(doc, reserved=_RESERVED, losses=losses)
        record = record_from_document(doc)
        task: dict[str, Any] = {} if doc.id is None else {"id": doc.id}
        task["text"] = doc.text
        if doc.tokens is not None:
            task["tokens"] = list(_tokens(doc))
        starts = {start: n for n, (start, _) in enumerate(doc.tokens or ())}
        ends = {end: n for n, (_, end) in enumerate(doc.tokens or ())}
        task["spans"] = []
        for mention, given, others in zip(doc.mentions, record["mentions"], more, strict=True):
            span = {key: given[key] for key in given if key in _SPAN_KEYS}
            if mention.entity is not None:
                span["kb_id"] = mention.entity
            if mention.start in starts and mention.end in ends:
                span["token_start"] = starts[mention.start]
                span["token_end"] = ends[mention.end]
            task["spans"].append(span | others)
        meta = {key: value for key, value in doc.meta.items() if key != MENTION_COLUMNS}
        handle.write(json_from_record(task | ({"meta": meta} if meta else {})) + "\n")


_SPAN_KEYS: Final = ("start", "end", "label", "score", "link_score", "candidates", "nil")


def _tokens(doc: Document) -> Iterator[dict[str, Any]]:
    for number, (start, end) in enumerate(doc.tokens or ()):
        has_blank = doc.text[end : end + 1] == " "
        yield {
            "text": doc.text[start:end],
            "start": start,
            "end": end,
            "id": number,
            "ws": has_blank,
        }
