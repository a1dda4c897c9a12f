"""Documents as the plain records that JSON, JSON lines and tables hold."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial
from typing import Any, Final

from nerlink.data import Candidate, Document, Mention, NilKind
from nerlink.errors import DataError
from nerlink.lookalikes import missing_column
from nerlink.rows import attempt
from nerlink.sources.foreign import Entry, own_mentions, own_record
from nerlink.sources.found import Found, document_from_found, rest_of_found
from nerlink.sources.keys import DOCUMENT_KEYS, MENTION_COLUMNS, MENTION_KEYS, refuse_lookalikes
from nerlink.sources.meta import text_of_value
from nerlink.sources.names import UNDERSTOOD, Names, plain
from nerlink.sources.words import document_from_words, has_words, is_complete, own_meta
from nerlink.tables import mapping
from nerlink.words import shown

__all__ = [
    "document_from_record",
    "integer",
    "json_from_record",
    "list_or_empty",
    "mention_from_record",
    "meta_from_record",
    "name_or_none",
    "number_or_none",
    "ranges_or_none",
    "record_from_document",
    "require_keys",
    "text_of",
    "without_defaults",
]


def document_from_record(
    record: Any, *, where: str, places: Sequence[str] | None = None, names: Names | None = None
) -> Document:
    """The document in a record such as `{"text": ..., "mentions": [{"start": 0, "end": 3}]}`.

    Only `text` is needed. Keys that nerlink does not know go to `meta`.

    Args:
        record: A mapping, as JSON or a table gives it.
        where: The place that errors name, such as `train.jsonl:17`.
        places: The place of each mention, (n_mentions); by default `train.jsonl:17: mention 0`
            and so on.
        names: How the source of the record calls things.

    Raises:
        DataError: A key is missing or a value is wrong; or the text that a mention has beside its
            offsets is not there.
    """
    names = names or Names(where)
    record = own_record(record, names, where=where)
    if has_words(record):
        return document_from_words(record, names, where=where)
    text = text_of(record, where=where)
    entries = list_or_empty(record, "mentions", where=where)
    places = places or [f"{where}: mention {number}" for number in range(len(entries))]
    doc = Document(
        text=text,
        id=name_or_none(record, "id", where=where),
        sentences=ranges_or_none(record, "sentences", where=where),
        tokens=ranges_or_none(record, "tokens", where=where),
        meta=meta_from_record(record, where=where),
        complete=is_complete(record, where=where),
    )
    try:
        own = own_mentions(entries, text, names, where=where, places=places)
        found = [_found(one, at) for one, at in zip(own, places, strict=True)]
        _refuse_lookalikes([one.more for one in found], where=where)
        return document_from_found(doc, found, where=where, say=names.say)
    except DataError as error:
        error.rest = partial(_rest, doc, list(zip(entries, places, strict=True)), names, where)
        raise


def _rest(
    doc: Document, entries: Sequence[tuple[Any, str]], names: Names, where: str
) -> tuple[Document, list[DataError]]:
    """The document without its bad mentions, which are read one by one, and what is wrong."""
    found = [attempt(_alone, entry, place, doc.text, names) for entry, place in entries]
    return rest_of_found(doc, found, where=where, say=names.say)


def _refuse_lookalikes(values: Sequence[Mapping[str, Any]], *, where: str) -> None:
    others = {key: None for one in values for key in one if key not in MENTION_KEYS}
    said = [key for key in others if any(one.get(key) is not None for one in values)]
    refuse_lookalikes(said, values, where=where)


def _found(entry: Entry, where: str) -> Found:
    mention = mention_from_record(entry.values, where=where)
    return Found(mention, where, entry.surface, entry.values)


def _alone(entry: Any, where: str, text: str, names: Names) -> Found:
    """A mention, read without regard to the others of its document."""
    (own,) = own_mentions([entry], text, names, where=where, places=[where])
    return _found(own, where)


def meta_from_record(record: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The entries of `meta` in a record of a document, and the keys that nerlink does not know."""
    meta = own_meta(record, where=where)
    return meta | {str(k): v for k, v in record.items() if k not in DOCUMENT_KEYS and v is not None}


def mention_from_record(record: Mapping[str, Any], *, where: str) -> Mention:
    """The mention in a record such as `{"start": 0, "end": 12, "label": "PER"}`."""
    return Mention(**{key: read(record, key, where=where) for key, read in _MENTION.items()})


def record_from_document(doc: Document) -> dict[str, Any]:
    """The record of a document, without what is unknown or empty: JSON and back is the same."""
    meta = dict(doc.meta)
    mentions = [_record_from_mention(mention) for mention in doc.mentions]
    columns = meta.get(MENTION_COLUMNS)
    if (
        isinstance(columns, Mapping)
        and columns.keys().isdisjoint(MENTION_KEYS)
        and UNDERSTOOD.isdisjoint(map(plain, columns))
        and all(len(c) == len(mentions) for c in columns.values())
    ):
        del meta[MENTION_COLUMNS]
        for number, mention in enumerate(mentions):
            mention |= {k: v[number] for k, v in columns.items() if v[number] is not None}
    record: dict[str, Any] = {} if doc.id is None else {"id": doc.id}
    record |= {"text": doc.text, "mentions": mentions}
    if doc.sentences is not None:
        record["sentences"] = [list(pair) for pair in doc.sentences]
    if doc.tokens is not None:
        record["tokens"] = [list(pair) for pair in doc.tokens]
    record |= {} if doc.complete else {"complete": False}
    return record | ({"meta": meta} if meta else {})


def _record_from_mention(mention: Mention) -> dict[str, Any]:
    """The record of a mention, without what is unknown or empty."""
    record = without_defaults(mention)
    if mention.nil is not None:
        record["nil"] = str(mention.nil)
    if mention.candidates:
        record["candidates"] = [without_defaults(candidate) for candidate in mention.candidates]
    return record


_DEFAULTS: Final = {
    kind: {field.name: field.default for field in fields(kind)} for kind in (Mention, Candidate)
}


def without_defaults(one: Mention | Candidate) -> dict[str, Any]:
    """The plain values of a mention or a candidate that are not what they are by default."""
    defaults = _DEFAULTS[type(one)].items()
    return {name: value for name, no in defaults if (value := getattr(one, name)) != no}


def json_from_record(record: Any) -> str:
    """One line of JSON, not escaped beyond need; dates in ISO form, other values as text.

    Raises:
        DataError: A value of `meta` has no form in JSON.
    """
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, default=text_of_value)
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f"A document cannot be written as JSON: {error}.") from error


# Each of the functions below reads a value of a record. It takes the record, the key of the value
# and the place that errors name, and raises a DataError where the value is of another kind.


def require_keys(record: Mapping[str, Any], keys: Iterable[str], *, where: str) -> None:
    """Refuse a record of another format, which lacks a key."""
    for key in keys:
        if key not in record:
            raise missing_column(key, record, where=where)


def text_of(record: Mapping[str, Any], *, where: str) -> str:
    """The text, a string that is needed."""
    if isinstance(text := record.get("text"), str):
        return text
    if text is None:
        raise missing_column("text", record, where=where)
    raise _wrong("text", text, "a string", where=where)


def integer(record: Mapping[str, Any], key: str, *, where: str) -> int:
    """A whole number that is needed; `12`, `12.0` and `"12"` are the same."""
    value = record.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(-?\d{1,18})(\.0*)?\s*", value)):
        return int(found[1])
    if value is None:
        raise missing_column(key, record, where=where)
    raise _wrong(key, value, "a whole number", where=where)


def name_or_none(record: Mapping[str, Any], key: str, *, where: str) -> str | None:
    """An id or a label; whole numbers (as tables have them) are turned into strings."""
    value = record.get(key)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise _wrong(key, value, "a string", where=where)
    if abs(value) >= 1 << 63:
        raise _wrong(key, value, "a string, or a number of at most 64 bits", where=where)
    return str(int(value))


def number_or_none(record: Mapping[str, Any], key: str, *, where: str) -> float | None:
    """A score; `"0.5"` is a number too."""
    value = record.get(key)
    if value is None or (isinstance(value, float | int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str):
        with suppress(ValueError):
            return float(value)
    raise _wrong(key, value, "a number", where=where)


def list_or_empty(record: Mapping[str, Any], key: str, *, where: str) -> Sequence[Any]:
    """A list, empty where it is missing."""
    value = record.get(key)
    if value is None or isinstance(value, list | tuple):
        return value or ()
    raise _wrong(key, value, "a list", where=where)


def ranges_or_none(
    record: Mapping[str, Any], key: str, *, where: str
) -> tuple[tuple[int, int], ...] | None:
    """A list of `[start, end]`."""
    if record.get(key) is None:
        return None
    ranges = []
    for number, pair in enumerate(list_or_empty(record, key, where=where)):
        if not isinstance(pair, list | tuple) or [type(offset) for offset in pair] != [int, int]:
            raise _wrong(f"{key}: {number}", pair, "[start, end]", where=where)
        ranges.append((pair[0], pair[1]))
    return tuple(ranges)


def _kind_of_nil(record: Mapping[str, Any], key: str, *, where: str) -> NilKind | None:
    value = record.get(key)
    if value is None or value in list(NilKind):
        return None if value is None else NilKind(value)
    raise _wrong(key, value, f"one of {', '.join(repr(str(k)) for k in NilKind)}", where=where)


def _read_candidates(record: Mapping[str, Any], key: str, *, where: str) -> tuple[Candidate, ...]:
    """The candidates of a mention."""
    entries = list_or_empty(record, key, where=where)
    return tuple(_read_candidate(one, f"{where}: candidate {n}") for n, one in enumerate(entries))


def _read_candidate(record: Any, where: str) -> Candidate:
    record = mapping(record, where=where)
    entity = name_or_none(record, "entity", where=where)
    if entity is None:
        raise missing_column("entity", record, where=where)
    return Candidate(
        entity=entity,
        score=number_or_none(record, "score", where=where),
        prior=number_or_none(record, "prior", where=where),
        count=0 if record.get("count") is None else integer(record, "count", where=where),
    )


def _wrong(key: str, value: Any, wanted: str, *, where: str) -> DataError:
    return DataError(f"{where}: {key} is {shown(value)}; it must be {wanted}.")


_MENTION: Final[Mapping[str, Callable[..., Any]]] = {
    "start": integer,
    "end": integer,
    "label": name_or_none,
    "entity": name_or_none,
    "score": number_or_none,
    "link_score": number_or_none,
    "candidates": _read_candidates,
    "nil": _kind_of_nil,
}
"""The keys of a mention, each with the function that reads it."""
