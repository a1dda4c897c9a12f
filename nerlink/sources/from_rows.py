"""Rows of a table to documents: a row may be a document, a mention, or a token."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final, Literal, get_args

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.lookalikes import missing_column
from nerlink.sources.check import Result, check_document, documents_from
from nerlink.sources.keys import MENTION_KEYS, TOKEN_COLUMNS, TOKEN_KEYS
from nerlink.sources.records import document_from_record, meta_from_record, name_or_none, text_of
from nerlink.sources.tokens.rows import NO_TAG, TokenRows, document_from_tokens, place_tokens
from nerlink.sources.tokens.spacing import USUAL
from nerlink.tables import OpenTable, Row, attempt, parse_json

__all__ = ["RowFormat", "Shape", "detect_shape", "documents_from_table"]

Shape = Literal["document", "mention", "token"]
Texts = Mapping[str, Mapping[str, Any]]
"""Records of documents by name, for rows of mentions or tokens that do not bring the text along."""

_NESTED: Final = ("mentions", "sentences", "tokens", "meta", "candidates")
_LIKELY_TAGS: Final = {"tag", "tags", "label", "labels", "ner_tag", "ner_tags", "entity"}


@dataclass(frozen=True, kw_only=True)
class RowFormat:
    """What the rows of a table mean.

    Args:
        shape: What a row is: a `document` (`text`, and `mentions`, a list of records), a
            `mention` (`doc_id`, `start`, `end`, `label`, `entity`) or a `token` (`doc_id`,
            `sentence_id`, `token`, `ner`, `nel`); by default what fits the columns.
        texts: A file of texts (`doc_id`, `text`, further columns) beside rows of mentions or
            tokens.
        columns: nerlink's names of columns to the table's, such as `{"text": "body"}`.
        scheme: The scheme of the tags of token rows.
    """

    shape: Shape | None = None
    texts: str | Path | None = None
    columns: Mapping[str, str] | None = None
    scheme: str = "bio"


def detect_shape(columns: Sequence[str], *, where: str) -> Shape:
    """The shape that fits the names of columns.

    Raises:
        DataError: No shape does.
    """
    if "mentions" in columns:
        return "document"
    if "token" in columns:
        if not {"ner", "nel"} & set(columns) and (tags := set(columns) & _LIKELY_TAGS):
            raise DataError(
                f"{where}: column {min(tags)!r} may hold the tags of tokens; call it 'ner' or "
                f"'nel', such as columns={{'ner': {min(tags)!r}}}."
            )
        return "token"
    if "start" in columns or "end" in columns:
        return "mention"
    if "text" in columns:
        return "document"
    error = missing_column("text", columns, where=f"{where} (a row a document)")
    advice = "Where a column has another name, say so: columns={'text': 'body'}"
    raise DataError(f"{error} {advice} (--read 'columns={{text = \"body\"}}').")


def documents_from_table(
    table: OpenTable, form: RowFormat, *, texts: OpenTable | None = None, where: str
) -> Iterator[Result]:
    """The documents of a table.

    Rows of documents are read one by one. Rows of mentions and of tokens are all in memory, since
    the rows of a document need not follow each other.

    Args:
        table: The table.
        form: What its rows mean.
        texts: The table of texts, opened, where there is one.
        where: What errors call the table.

    Raises:
        DataError: There is no such shape, no shape fits the columns, or the texts cannot be read.
    """
    table = table.under(form.columns, where=where) if form.columns else table
    shape = form.shape or detect_shape(table.columns, where=where)
    if shape not in get_args(Shape):
        raise DataError(f"shape is {shape!r}; it must be one of {', '.join(get_args(Shape))}.")
    if shape == "document":
        yield from documents_from(table.rows, _document_from_row)
        return
    known = None if texts is None else _texts_by_name(texts.rows)
    groups: dict[str, list[Row]] = {name: [] for name in known or {}}
    for row in table.rows:
        if isinstance(row, DataError):
            yield row
        elif isinstance(name := attempt(_name_in, row, known), DataError):
            yield name
        else:
            groups.setdefault(name, []).append(row)
    build = _Builder(shape, form.scheme, known, groups)
    for name, group in groups.items():
        yield attempt(build.document, name, group)


def _document_from_row(row: Mapping[str, Any], *, where: str) -> Document:
    return document_from_record(_record_from_row(row, where=where), where=where)


def _record_from_row(row: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The row without missing values; nested columns may be JSON."""
    record = {key: value for key, value in row.items() if value is not None}
    if "doc_id" in record:
        record.setdefault("id", record.pop("doc_id"))
    for key in _NESTED:
        if isinstance(value := record.get(key), str):
            try:
                record[key] = parse_json(value, where=f"{where}: {key}")
            except DataError as error:
                raise DataError(f"{where}: {key} is {value!r:.80}; it must be JSON.") from error
    return record


def _texts_by_name(rows: Iterable[Row | DataError]) -> Texts:
    """A table of texts as records of documents; further columns go to `meta`."""
    texts: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if isinstance(row, DataError):
            raise row
        name = _name_in(row, None)
        if name in texts:
            raise DataError(f"{row.where}: doc_id {name!r} occurs twice among the texts.")
        texts[name] = _record_from_row(row.values, where=row.where)
    return texts


def _name_in(row: Row, texts: Texts | None) -> str:
    """The name of the document that a row belongs to."""
    key = "doc_id" if "doc_id" in row.values else "id"
    name = name_or_none(row.values, key, where=row.where)
    if name is None:
        raise missing_column("doc_id", row.values, where=row.where)
    if texts is not None and name not in texts:
        raise DataError(f"{row.where}: doc_id {name!r} is not among the texts.")
    return name


class _Builder:
    """Makes documents of groups of rows, a group a document.

    Args:
        shape: What a row is: a `mention` or a `token`.
        scheme: The scheme of the tags of token rows.
        texts: The texts of the documents, where the rows do not bring them along.
        groups: The rows of each document by its name.
    """

    def __init__(
        self, shape: Shape, scheme: str, texts: Texts | None, groups: Mapping[str, Sequence[Row]]
    ) -> None:
        self.shape = shape
        self.scheme = scheme
        self.texts = texts
        known = {"doc_id", "id", "text", *(MENTION_KEYS if shape == "mention" else TOKEN_KEYS)}
        columns = dict.fromkeys(c for group in groups.values() for row in group for c in row.values)
        extra = [column for column in columns if column not in known]
        # A column that says one thing a document belongs to the document, not to its rows.
        self.shared = [c for c in extra if texts is None and _is_shared(c, groups.values())]
        self.own = [column for column in extra if column not in self.shared]

    def document(self, name: str, group: Sequence[Row]) -> Document:
        """The document of some rows.

        Raises:
            DataError: A row is wrong, or the rows do not agree on the text.
        """
        where = group[0].where if group else f"document {name!r}"
        record = dict((self.texts or {}).get(name) or {"id": name, "text": _text_in(name, group)})
        record |= {column: group[0].values.get(column) for column in self.shared if group}
        record = _record_from_row(record, where=where)
        build = self._from_mentions if self.shape == "mention" else self._from_tokens
        return build(record, group, where)

    def _from_mentions(self, record: dict[str, Any], group: Sequence[Row], where: str) -> Document:
        if not isinstance(record.get("text"), str):
            raise DataError(
                f"{where}: document {record['id']!r} has no text. Rows of mentions need a column "
                "'text' or a table of texts beside them (texts=...)."
            )
        keys = (*MENTION_KEYS, *self.own)
        entries = (
            _record_from_row({key: row.values.get(key) for key in keys}, where=row.where)
            for row in group
        )
        # A row without a mention only says that there is a document.
        mentions = [(entry, row) for entry, row in zip(entries, group, strict=True) if entry]
        record["mentions"] = [entry for entry, _ in mentions]
        return document_from_record(record, where=where, places=[row.where for _, row in mentions])

    def _from_tokens(self, record: dict[str, Any], group: Sequence[Row], where: str) -> Document:
        values, places = [row.values for row in group], [row.where for row in group]
        if len(group) == 1 and values[0].get("token") is None and not values[0].get("ner"):
            group, values, places = [], [], []  # the row only says that there is a document
        has_links = any("nel" in row for row in values)
        rows = TokenRows(
            tokens=[_token_in(row) for row in group],
            sentences=_sentence_numbers(values),
            ner=[row.get("ner") or NO_TAG for row in values],
            nel=[row.get("nel") or NO_TAG for row in values] if has_links else None,
            misc=[row.get("misc") or USUAL for row in values],
        )
        text, ranges = place_tokens(rows)
        if record.get("text") is not None:
            text = text_of(record, where=where)
            ranges = _find_tokens(rows.tokens, text, places)
        meta = meta_from_record(record, where=where)
        if self.own:
            meta[TOKEN_COLUMNS] = {c: [row.get(c) for row in values] for c in self.own}
        doc = Document(text=text, id=name_or_none(record, "id", where=where), meta=meta)
        doc = document_from_tokens(rows, ranges, doc=doc, scheme=self.scheme, places=places)
        return check_document(doc, where=where)


def _is_shared(column: str, groups: Iterable[Sequence[Row]]) -> bool:
    firsts = ((group[0].values.get(column), group) for group in groups if group)
    return all(row.values.get(column) == first for first, group in firsts for row in group)


def _text_in(name: str, group: Sequence[Row]) -> str | None:
    """The text that rows of a document bring along; any of them may."""
    texts = [(row.values.get("text"), row.where) for row in group]
    said = {str(text): where for text, where in texts if text is not None}
    if len(said) > 1:
        place = list(said.values())[1]
        raise DataError(f"{place}: the text is not that of other rows of document {name!r}.")
    return next(iter(said), None)


def _token_in(row: Row) -> str:
    token = row.values.get("token")
    if isinstance(token, str) and token:
        return token
    raise DataError(
        f"{row.where}: token is {token!r}; it must be a string. Where pandas read it, "
        "keep_default_na=False keeps tokens such as NA."
    )


def _sentence_numbers(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The number of each row's sentence, from 0: a sentence ends where its id changes."""
    ids = [row.get("sentence_id") for row in rows]
    changes = [one != other for one, other in pairwise(ids)]
    return list(accumulate(changes, initial=0)) if rows else []


def _find_tokens(tokens: Sequence[str], text: str, places: Sequence[str]) -> list[tuple[int, int]]:
    """Where each token stands in the text, one after the other, (n_tokens)."""
    ranges, position = [], 0
    for token, place in zip(tokens, places, strict=True):
        start = text.find(token, position)
        if start < 0:
            raise DataError(f"{place}: token {token!r} is not in the text after {position}.")
        position = start + len(token)
        ranges.append((start, position))
    return ranges
