"""Documents as the plain records that JSON, JSON lines and tables hold."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from nerlink.data import Candidate, Document, Mention, NilKind
from nerlink.errors import DataError
from nerlink.sources.check import MENTION_COLUMNS, check_document, missing_column
from nerlink.sources.lookalikes import note_lookalikes, refuse_lookalikes

__all__ = [
    "ENTITY_NAME",
    "document_from_record",
    "integer",
    "json_from_record",
    "list_or_empty",
    "mapping",
    "mention_from_record",
    "name_or_none",
    "number_or_none",
    "ranges_or_none",
    "record_from_document",
    "record_from_mention",
    "text_of",
]

ENTITY_NAME = "entity_name"
"""The mention column that says what an entity is called, where its id does not."""

_DOCUMENT_KEYS: Final = ("id", "text", "mentions", "sentences", "tokens", "meta")
_MENTION_KEYS: Final = (
    "start",
    "end",
    "label",
    "entity",
    "score",
    "link_score",
    "candidates",
    "nil",
)


def document_from_record(record: Any, *, where: str) -> Document:
    """The document in a record such as `{"text": ..., "mentions": [{"start": 0, "end": 3}]}`.

    Only `text` is needed. Keys that nerlink does not know go to `meta`.

    Args:
        record: A mapping, as JSON or a table gives it.
        where: The place an error names, such as `train.jsonl:17`.

    Raises:
        DataError: A key is missing or a value is wrong.
    """
    record = mapping(record, where=where)
    _refuse_other_formats(record, where=where)
    if "mentions" not in record:
        note_lookalikes(record, where=where)
    text = text_of(record, where=where)
    found = [
        (mention_from_record(entry, where=f"{where}: mention {number}"), entry)
        for number, entry in enumerate(
            list_or_empty(record.get("mentions"), where=f"{where}: mentions")
        )
    ]
    found.sort(key=lambda pair: (pair[0].start, pair[0].end))
    meta = dict(mapping(record.get("meta") or {}, where=f"{where}: meta"))
    meta |= {str(k): v for k, v in record.items() if k not in _DOCUMENT_KEYS and v is not None}
    entries = [entry for _, entry in found]
    if columns := _extra_columns(entries):
        refuse_lookalikes(columns, _MENTION_KEYS, entries, where=where)
        meta[MENTION_COLUMNS] = columns
    doc = Document(
        text=text,
        id=name_or_none(record.get("id"), where=f"{where}: id"),
        mentions=tuple(mention for mention, _ in found),
        sentences=ranges_or_none(record.get("sentences"), where=f"{where}: sentences"),
        tokens=ranges_or_none(record.get("tokens"), where=f"{where}: tokens"),
        meta=meta,
    )
    return check_document(doc, where=where)


def _refuse_other_formats(record: Mapping[str, Any], *, where: str) -> None:
    """Refuse records of other formats, whose mentions would be lost."""
    if "mentions" in record and "sentences" in record and "text" not in record:
        raise DataError(f"{where}: looks like AIDA-CoNLL; read it with --from aida.")
    if "index" in record and any(str(key).startswith("wikipedia_") for key in record):
        raise DataError(f"{where}: looks like ZELDA; read it with --from zelda.")


def mention_from_record(record: Any, *, where: str) -> Mention:
    """The mention in a record such as `{"start": 0, "end": 12, "label": "PER"}`.

    Raises:
        DataError: A key is missing or a value is wrong.
    """
    record = mapping(record, where=where)
    candidates = list_or_empty(record.get("candidates"), where=f"{where}: candidates")
    return Mention(
        start=integer(record, "start", where=where),
        end=integer(record, "end", where=where),
        label=name_or_none(record.get("label"), where=f"{where}: label"),
        entity=name_or_none(record.get("entity"), where=f"{where}: entity"),
        score=number_or_none(record.get("score"), where=f"{where}: score"),
        link_score=number_or_none(record.get("link_score"), where=f"{where}: link_score"),
        candidates=tuple(
            _candidate(candidate, where=f"{where}: candidate {number}")
            for number, candidate in enumerate(candidates)
        ),
        nil=_nil(record.get("nil"), where=where),
    )


def _candidate(record: Any, *, where: str) -> Candidate:
    record = mapping(record, where=where)
    entity = name_or_none(record.get("entity"), where=f"{where}: entity")
    if entity is None:
        raise missing_column("entity", record, where=where)
    return Candidate(
        entity=entity,
        score=number_or_none(record.get("score"), where=f"{where}: score"),
        prior=number_or_none(record.get("prior"), where=f"{where}: prior"),
        count=integer(record, "count", where=where) if record.get("count") is not None else 0,
    )


def record_from_document(doc: Document) -> dict[str, Any]:
    """The record of a document, without what is unknown or empty: JSON and back is the same."""
    meta = dict(doc.meta)
    mentions = [record_from_mention(mention) for mention in doc.mentions]
    columns = meta.get(MENTION_COLUMNS)
    if isinstance(columns, Mapping) and all(len(c) == len(mentions) for c in columns.values()):
        del meta[MENTION_COLUMNS]
        for number, mention in enumerate(mentions):
            mention |= {k: v[number] for k, v in columns.items() if v[number] is not None}
    record: dict[str, Any] = {} if doc.id is None else {"id": doc.id}
    record |= {"text": doc.text, "mentions": mentions}
    if doc.sentences is not None:
        record["sentences"] = [list(pair) for pair in doc.sentences]
    if doc.tokens is not None:
        record["tokens"] = [list(pair) for pair in doc.tokens]
    return record | ({"meta": meta} if meta else {})


def record_from_mention(mention: Mention) -> dict[str, Any]:
    """The record of a mention, without what is unknown or empty."""
    record: dict[str, Any] = {
        key: value
        for key in _MENTION_KEYS
        if (value := getattr(mention, key)) is not None and value != ()
    }
    if mention.nil is not None:
        record["nil"] = str(mention.nil)
    if mention.candidates:
        record["candidates"] = [_record_from_candidate(c) for c in mention.candidates]
    return record


def _record_from_candidate(candidate: Candidate) -> dict[str, Any]:
    values = {"score": candidate.score, "prior": candidate.prior, "count": candidate.count or None}
    return {"entity": candidate.entity} | {k: v for k, v in values.items() if v is not None}


def json_from_record(record: Any) -> str:
    """One line of JSON, not escaped beyond need; dates in ISO form.

    Raises:
        DataError: A value of `meta` has no form in JSON.
    """
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, default=_json_value)
    except (TypeError, ValueError) as error:
        raise DataError(f"A document cannot be written as JSON: {error}.") from error


def _json_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} of type {type(value).__name__} has no form in JSON")


def _extra_columns(entries: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = {key: None for entry in entries for key in entry if key not in _MENTION_KEYS}
    columns = {str(name): [entry.get(name) for entry in entries] for name in names}
    return {name: values for name, values in columns.items() if any(v is not None for v in values)}


def text_of(record: Mapping[str, Any], *, where: str) -> str:
    """The text of a record.

    Raises:
        DataError: It is missing or no string.
    """
    if isinstance(text := record.get("text"), str):
        return text
    if text is None:
        raise missing_column("text", record, where=where)
    raise DataError(f"{where}: text is {text!r:.80}; it must be a string.")


def integer(record: Mapping[str, Any], key: str, *, where: str) -> int:
    """A whole number of a record; `12`, `12.0` and `"12"` are the same.

    Raises:
        DataError: It is missing or no whole number.
    """
    value = record.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,18}\s*", value):
        return int(value)
    if value is None:
        raise missing_column(key, record, where=where)
    raise DataError(f"{where}: {key} is {value!r}; it must be a whole number.")


def name_or_none(value: Any, *, where: str) -> str | None:
    """An id or label as a string; numbers (as tables have them) are turned into one.

    Raises:
        DataError: It is neither a string nor a number.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise DataError(f"{where} is {value!r}; it must be a string.")


def number_or_none(value: Any, *, where: str) -> float | None:
    """A score as a number; `"0.5"` is one too.

    Raises:
        DataError: It is none.
    """
    if value is None or (isinstance(value, float | int) and not isinstance(value, bool)):
        return value
    try:
        return float(value) if isinstance(value, str) else float("nan")
    except ValueError as error:
        raise DataError(f"{where} is {value!r}; it must be a number.") from error


def _nil(value: Any, *, where: str) -> NilKind | None:
    if value is None or value in list(NilKind):
        return None if value is None else NilKind(value)
    kinds = ", ".join(repr(str(kind)) for kind in NilKind)
    raise DataError(f"{where}: nil is {value!r}; it must be one of {kinds}.")


def mapping(value: Any, *, where: str) -> Mapping[str, Any]:
    """A value that must be an object.

    Raises:
        DataError: It is not.
    """
    if isinstance(value, Mapping):
        return value
    raise DataError(f"{where} is {value!r:.80}; it must be an object: names and values in braces.")


def list_or_empty(value: Any, *, where: str) -> Sequence[Any]:
    """A value that must be a list, or is missing.

    Raises:
        DataError: It is neither.
    """
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return value
    raise DataError(f"{where} is {value!r:.80}; it must be a list.")


def ranges_or_none(value: Any, *, where: str) -> tuple[tuple[int, int], ...] | None:
    """A value that must be a list of `[start, end]`, or is missing.

    Raises:
        DataError: It is neither.
    """
    if value is None:
        return None
    pairs = [
        list_or_empty(pair, where=f"{where}: {i}")
        for i, pair in enumerate(list_or_empty(value, where=where))
    ]
    for number, pair in enumerate(pairs):
        if len(pair) != 2 or not all(type(offset) is int for offset in pair):
            raise DataError(f"{where}: {number} is {pair!r:.80}; it must be [start, end].")
    return tuple((start, end) for start, end in pairs)
