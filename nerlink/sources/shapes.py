"""Rows of a table to documents: a row may be a document, a mention, or a token."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, get_args

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import (
    TOKEN_COLUMNS,
    Result,
    attempt,
    check_document,
    check_mention,
    missing_column,
)
from nerlink.sources.records import document_from_record, mention_from_record, name_or_none
from nerlink.sources.tokens.rows import (
    NO_TAG,
    TokenRows,
    document_from_tokens,
    place_tokens,
)
from nerlink.sources.tokens.spacing import USUAL

__all__ = ["Row", "Shape", "detect_shape", "documents_from_rows", "texts_from_rows"]

Row = tuple[str, Mapping[str, Any] | DataError]
"""What an error calls the row, and its values by column, or why it cannot be read; a missing
value is `None`."""

_GoodRow = tuple[str, Mapping[str, Any]]

Shape = Literal["document", "mention", "token"]

_NESTED: Final = ("mentions", "sentences", "tokens", "meta", "candidates")
_MENTION_ROW: Final = (
    "start",
    "end",
    "label",
    "entity",
    "score",
    "link_score",
    "candidates",
    "nil",
)
_LIKELY_TAGS: Final = {"tag", "tags", "label", "labels", "ner_tag", "ner_tags", "entity"}
_TOKEN_ROW: Final = ("sentence_id", "token", "ner", "nel", "misc")


def detect_shape(columns: Sequence[str], *, where: str) -> Shape:
    """The shape that column names tell.

    Raises:
        DataError: None does.
    """
    if "mentions" in columns:
        return "document"
    if "token" in columns:
        if not {"ner", "nel"} & set(columns) and (tags := set(columns) & _LIKELY_TAGS):
            raise DataError(
                f"{where}: column {min(tags)!r} may hold the tags of tokens; call it 'ner' or "
                f"'nel', such as columns={{{min(tags)!r}: 'ner'}}."
            )
        return "token"
    if "start" in columns or "end" in columns:
        return "mention"
    if "text" in columns:
        return "document"
    raise missing_column("text", columns, where=f"{where} (a row a document)")


def documents_from_rows(
    rows: Iterable[Row],
    *,
    shape: Shape,
    texts: Mapping[str, Mapping[str, Any]] | None = None,
    scheme: str = "bio",
) -> Iterator[Result]:
    """The documents of a table.

    A row a document is read one by one; for the other shapes all rows are in memory, since those
    of a document need not follow each other.

    Args:
        rows: The table.
        shape: What a row is.
        texts: Documents by name, for mention and token rows that do not bring the text along.
        scheme: The scheme of the tags of token rows.

    Raises:
        DataError: There is no such shape.
    """
    if shape == "document":
        for where, row in rows:
            yield row if isinstance(row, DataError) else attempt(_document, row, where=where)
        return
    if shape not in get_args(Shape):
        raise DataError(f"shape is {shape!r}; it must be one of {', '.join(get_args(Shape))}.")
    good: list[_GoodRow] = []
    for where, row in rows:
        if isinstance(row, DataError):
            yield row
        else:
            good.append((where, row))
    yield from _grouped(good, shape, texts, scheme)


def texts_from_rows(rows: Iterable[Row]) -> dict[str, Mapping[str, Any]]:
    """A table of texts by document name; further columns go to `meta`.

    Raises:
        DataError: A name occurs twice or is missing, or a row cannot be read.
    """
    texts: dict[str, Mapping[str, Any]] = {}
    for where, row in rows:
        if isinstance(row, DataError):
            raise row
        record = _record(row, where=where)
        name = name_or_none(record.get("id"), where=f"{where}: doc_id")
        if name is None:
            raise missing_column("doc_id", row, where=where)
        if name in texts:
            raise DataError(f"{where}: doc_id {name!r} occurs twice among the texts.")
        texts[name] = record
    return texts


def _document(row: Mapping[str, Any], *, where: str) -> Document:
    return document_from_record(_record(row, where=where), where=where)


def _record(row: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The row without missing values; nested columns may be JSON."""
    record = {key: value for key, value in row.items() if value is not None}
    if "doc_id" in record:
        record.setdefault("id", record.pop("doc_id"))
    for key in _NESTED:
        if isinstance(value := record.get(key), str):
            try:
                record[key] = json.loads(value)
            except json.JSONDecodeError as error:
                raise DataError(f"{where}: {key} is {value!r:.80}; it must be JSON.") from error
    return record


def _grouped(
    rows: Sequence[_GoodRow],
    shape: Shape,
    texts: Mapping[str, Mapping[str, Any]] | None,
    scheme: str,
) -> Iterator[Result]:
    groups: dict[str, list[_GoodRow]] = {name: [] for name in texts or {}}
    for where, row in rows:
        name = name_or_none(row.get("doc_id", row.get("id")), where=f"{where}: doc_id")
        if name is None:
            yield missing_column("doc_id", row, where=where)
        elif texts is not None and name not in texts:
            yield DataError(f"{where}: doc_id {name!r} is not among the texts.")
        else:
            groups.setdefault(name, []).append((where, row))
    known = {"doc_id", "id", "text"} | set(_MENTION_ROW if shape == "mention" else _TOKEN_ROW)
    extra = list(dict.fromkeys(key for _, row in rows for key in row if key not in known))
    shared = [] if texts is not None else [c for c in extra if _is_shared(c, groups.values())]
    for name, group in groups.items():
        first = group[0][1] if group else {}
        own = [column for column in extra if column not in shared]
        where = group[0][0] if group else f"document {name!r}"
        said = {str(row["text"]): place for place, row in group if row.get("text") is not None}
        if texts is None and len(said) > 1:
            place = list(said.values())[1]
            yield DataError(f"{place}: the text is not that of other rows of document {name!r}.")
            continue
        base = texts[name] if texts is not None else {"id": name, "text": next(iter(said), None)}
        base = _record({**base, **{c: first.get(c) for c in shared}}, where=where)
        if shape == "mention":
            yield attempt(_from_mentions, group, base, own, where=where)
        else:
            yield attempt(_from_tokens, group, base, own, scheme, where=where)


def _is_shared(column: str, groups: Iterable[Sequence[_GoodRow]]) -> bool:
    """Whether a column says one thing a document: then it belongs to the document, not the row."""
    return all(row.get(column) == group[0][1].get(column) for group in groups for _, row in group)


def _from_mentions(
    group: Sequence[_GoodRow], base: dict[str, Any], extra: Sequence[str], *, where: str
) -> Document:
    if not isinstance(text := base.get("text"), str):
        raise DataError(
            f"{where}: document {base['id']!r} has no text. Rows of mentions need a column 'text' "
            "or a table of texts beside them (texts=...)."
        )
    mentions = []
    for place, row in group:
        entry = {key: row[key] for key in (*_MENTION_ROW, *extra) if row.get(key) is not None}
        if entry:  # a row without a mention only says that there is a document
            entry = _record(entry, where=place)
            check_mention(mention_from_record(entry, where=place), len(text), where=place)
            mentions.append(entry)
    return document_from_record(base | {"mentions": mentions}, where=where)


def _from_tokens(
    group: Sequence[_GoodRow],
    base: dict[str, Any],
    extra: Sequence[str],
    scheme: str,
    *,
    where: str,
) -> Document:
    if len(group) == 1 and group[0][1].get("token") is None and not group[0][1].get("ner"):
        group = []  # a row without a token only says that there is a document
    for place, row in group:
        token = row.get("token")
        if not isinstance(token, str) or not token:
            raise DataError(
                f"{place}: token is {token!r}; it must be a string. Where pandas read it, "
                "keep_default_na=False keeps tokens such as NA."
            )
    values = [row for _, row in group]
    has_links = any("nel" in row for row in values)
    rows = TokenRows(
        tokens=[row["token"] for row in values],
        sentences=_numbers([row.get("sentence_id") for row in values]),
        ner=[row.get("ner") or NO_TAG for row in values],
        nel=[row.get("nel") or NO_TAG for row in values] if has_links else None,
        misc=[row.get("misc") or USUAL for row in values],
    )
    text, ranges = place_tokens(rows)
    if base.get("text") is None:
        base["text"] = text
    else:
        ranges = _find(rows.tokens, base["text"], [place for place, _ in group])
    if columns := {c: [row.get(c) for row in values] for c in extra}:
        base[TOKEN_COLUMNS] = columns
    doc = document_from_record(base, where=where)
    places = [place for place, _ in group]
    doc = document_from_tokens(rows, ranges, doc=doc, scheme=scheme, places=places)
    return check_document(doc, where=where)


def _numbers(ids: Sequence[Any]) -> list[int]:
    numbers = [0] * len(ids)
    for i in range(1, len(ids)):
        numbers[i] = numbers[i - 1] + (ids[i] != ids[i - 1])
    return numbers


def _find(tokens: Sequence[str], text: str, places: Sequence[str]) -> list[tuple[int, int]]:
    """Where each token stands in the text, one after the other."""
    ranges, position = [], 0
    for token, place in zip(tokens, places, strict=True):
        start = text.find(token, position)
        if start < 0:
            raise DataError(f"{place}: token {token!r} is not in the text after {position}.")
        position = start + len(token)
        ranges.append((start, position))
    return ranges
