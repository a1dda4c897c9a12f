"""Rows of a table to documents: a row may be a document, a mention, or a token."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice, pairwise
from pathlib import Path
from typing import Any, Final, Literal, get_args

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.lookalikes import MISSPELT, missing_column, nearest
from nerlink.rows import OpenTable, Row, attempt
from nerlink.schemes import ANY_SCHEME, describe_scheme, find_scheme
from nerlink.sources.check import Result, check_document, documents_from
from nerlink.sources.foreign import nested
from nerlink.sources.keys import MENTION_KEYS, TOKEN_COLUMNS, TOKEN_KEYS
from nerlink.sources.names import ROW_NAMES, SURFACES, TOKEN_NAMES, Names, plain
from nerlink.sources.records import (
    document_from_record,
    meta_from_record,
    name_or_none,
    text_of,
)
from nerlink.sources.tokens.rows import (
    NO_TAG,
    TokenRows,
    document_from_tokens,
    find_tokens,
    place_tokens,
)
from nerlink.sources.tokens.spacing import USUAL
from nerlink.sources.words import has_words, is_complete
from nerlink.words import shown

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
        columns: nerlink's names of columns to the table's, such as `{"text": "body"}`; also of keys
            of mentions inside a column.
        scheme: The scheme of the tags of token rows; by default it is found.
        fill_down: A missing `doc_id` or `sentence_id` is that of the row above.
        guess: Understand names that other programs use; else only nerlink's and `columns` count.
    """

    shape: Shape | None = None
    texts: str | Path | None = None
    columns: Mapping[str, str] | None = None
    scheme: str = ANY_SCHEME
    fill_down: bool = False
    guess: bool = True


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
    other = nearest("text", columns, alike=MISSPELT) or "body"
    advice = f"Where a column has another name, say so: columns={{'text': {other!r}}}"
    raise DataError(f"{error} {advice} (--read 'columns={{text = \"{other}\"}}').")


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
    names = Names(where, _inner_columns(table, form), guess=form.guess)
    table = _renamed(table, form.columns, where=where)
    table, shape = _understood(table, form, where=where)
    if shape == "document":
        yield from documents_from(table.rows, _document_from_row, names)
        return
    known = None if texts is None else _texts_by_name(_renamed_texts(texts, form, where=where))
    groups: dict[str, list[Row]] = {name: [] for name in known or {}}
    last: dict[str, Any] = {}
    for row in table.rows:
        if isinstance(row, Row) and form.fill_down:
            row = _filled_down(row, last)
        if isinstance(row, DataError):
            yield row
        elif isinstance(name := attempt(_name_in, row, known), DataError):
            yield name
        else:
            groups.setdefault(name, []).append(row)
    build = _Builder(shape, form.scheme, known, groups, names.exact())
    for name, group in groups.items():
        result = attempt(build.document, name, group)
        if isinstance(result, DataError):
            result.doc_id = name
        yield result


_INNER: Final = ("mentions", *MENTION_KEYS)


def _inner_columns(table: OpenTable, form: RowFormat) -> dict[str, str]:
    """Names of keys inside a column, which the table itself does not have."""
    names = form.columns or {}
    return {n: c for n, c in names.items() if n in _INNER and c not in table.columns}


def _renamed(table: OpenTable, names: Mapping[str, str] | None, *, where: str) -> OpenTable:
    """The table under nerlink's names; names of keys inside a column stay for later."""
    is_nested = "start" not in table.columns and "token" not in table.columns
    own = {
        name: column
        for name, column in (names or {}).items()
        if not (is_nested and name in MENTION_KEYS and column not in table.columns)
    }
    return table.under(own, where=where) if own else table


def _renamed_texts(texts: OpenTable, form: RowFormat, *, where: str) -> Iterator[Row | DataError]:
    """The rows of the table of texts under nerlink's names, as far as it has these columns."""
    own = {n: c for n, c in (form.columns or {}).items() if c in texts.columns}
    texts = texts.under(own, where=where) if own else texts
    if form.guess:
        plan = Names(f"{where}: texts").find(texts.columns, _TEXT_NAMES, where=where)
        texts = texts.under({n: c for n, c in plan.items() if n != c}, where=where)
    return texts.rows


_TEXT_NAMES: Final = {name: ROW_NAMES[name] for name in ("doc_id", "text")}


def _understood(table: OpenTable, form: RowFormat, *, where: str) -> tuple[OpenTable, Shape]:
    """The table under nerlink's own names, and what a row of it is."""
    if form.shape and form.shape not in get_args(Shape):
        raise DataError(f"shape is {form.shape!r}; it must be one of {', '.join(get_args(Shape))}.")
    outer = Names(where, {n: n for n in form.columns or {}}, guess=form.guess)
    shape = form.shape
    if shape is None and form.guess and not {"mentions", "token"} & set(table.columns):
        table, shape = _guessed_shape(table, outer)
    shape = shape or detect_shape(table.columns, where=where)
    if shape == "document" or not form.guess:
        return table, shape
    wanted = ROW_NAMES if shape == "mention" else TOKEN_NAMES
    if form.texts is not None:
        wanted = {name: aliases for name, aliases in wanted.items() if name != "text"}
    has_id = bool({"doc_id", "id"} & set(table.columns))
    plan = outer.find(table.columns, wanted, where=where)
    own = {n: c for n, c in plan.items() if n != c and not (n == "doc_id" and has_id)}
    return (table.under(own, where=where) if own else table), shape


def _guessed_shape(table: OpenTable, names: Names) -> tuple[OpenTable, Shape | None]:
    """The shape of a table whose columns have other names, `None` where these do not show it."""
    span = names.peek(table.columns, {name: ROW_NAMES[name] for name in ("start", "end")})
    wanted = {name: TOKEN_NAMES[name] for name in ("token", "ner", "nel")}
    tokens = {} if "text" in table.columns else names.peek(table.columns, wanted)
    if len(span) < 2 and "token" not in tokens:
        return table, None
    table, first = _peek(table)
    # Mails have columns 'from' and 'to' as well: offsets are numbers.
    if len(span) == 2 and all(_is_offset(first.get(column)) for column in span.values()):
        return table, "mention"
    token = first.get(tokens.get("token", ""))
    if isinstance(token, list):
        return table, "document"
    return table, "token" if isinstance(token, str) and len(tokens) > 1 else None


def _is_offset(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().removesuffix(".0").isdecimal()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _peek(table: OpenTable) -> tuple[OpenTable, dict[str, Any]]:
    """The table, and the first value of each column within its first rows."""
    rows = list(islice(table.rows, 100))
    first: dict[str, Any] = {}
    for row in rows:
        if isinstance(row, Row):
            first |= {k: v for k, v in row.values.items() if v is not None and k not in first}
    return OpenTable(table.columns, chain(rows, table.rows)), first


def _filled_down(row: Row, last: dict[str, Any]) -> Row:
    filled = {
        key: row.values.get(key) if row.values.get(key) is not None else last.get(key)
        for key in ("doc_id", "id", "sentence_id")
        if key in row.values
    }
    if filled.get("doc_id") != last.get("doc_id") and row.values.get("sentence_id") is None:
        filled.pop("sentence_id", None)  # a new document does not go on with a sentence
    last |= filled
    return Row(row.where, {**row.values, **filled})


def _document_from_row(row: Mapping[str, Any], names: Names, *, where: str) -> Document:
    record = _record_from_row(row, where=where)
    if has_words(record) and not isinstance(record.get("text"), str):
        record.pop("text", None)
    return document_from_record(record, where=where, names=names)


def _record_from_row(row: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The row without missing values; nested columns may be JSON."""
    record = dict(row)
    if "doc_id" in record:
        record.setdefault("id", record.pop("doc_id"))
    for key in _NESTED:
        if isinstance(value := record.get(key), str):
            record[key] = nested(value, where=f"{where}: {key}")
            if isinstance(record[key], str):
                raise DataError(
                    f"{where}: {key} is {shown(value)}; it must be JSON: json.dumps makes it."
                )
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
        error = missing_column("doc_id", row.values, where=row.where)
        raise DataError(
            f"{error} Rows of mentions and tokens need the id of their document; where each "
            "sentence is one, columns={'doc_id': 'sentence_id'}; where only its first row has it, "
            "fill_down=True."
        )
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
        names: The source, whose names are nerlink's by now.
    """

    def __init__(
        self,
        shape: Shape,
        scheme: str,
        texts: Texts | None,
        groups: Mapping[str, Sequence[Row]],
        names: Names,
    ) -> None:
        self.shape = shape
        self.names = names
        self.scheme = scheme
        if shape == "token" and scheme == ANY_SCHEME:
            tags = [_tag_in(row.values, "ner") for group in groups.values() for row in group]
            if all(isinstance(tag, str) for tag in tags):
                self.scheme = find_scheme(tags)
                if said := describe_scheme(self.scheme, tags):
                    names.say(said)
        self.texts = texts
        known = {"doc_id", "id", "text", *(MENTION_KEYS if shape == "mention" else TOKEN_KEYS)}
        columns = dict.fromkeys(c for group in groups.values() for row in group for c in row.values)
        extra = [column for column in columns if column not in known]
        # A column that says one thing a document belongs to the document, not to its rows.
        self.shared = [
            column
            for column in extra
            if texts is None
            and not (shape == "mention" and plain(column) in SURFACES)
            and _is_shared(column, groups.values())
        ]
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
        surface = ("text",) if self.texts is not None else ()
        keys = (*MENTION_KEYS, *surface, *self.own)
        entries = (
            _record_from_row({key: row.values.get(key) for key in keys}, where=row.where)
            for row in group
        )
        # A row without a mention only says that there is a document.
        mentions = [
            (entry, row)
            for entry, row in zip(entries, group, strict=True)
            if any(value is not None for value in entry.values())
        ]
        record["mentions"] = [entry for entry, _ in mentions]
        places = [row.where for _, row in mentions]
        return document_from_record(record, where=where, places=places, names=self.names)

    def _from_tokens(self, record: dict[str, Any], group: Sequence[Row], where: str) -> Document:
        values, places = [row.values for row in group], [row.where for row in group]
        if len(group) == 1 and values[0].get("token") is None and _tag_in(values[0], "ner") == "O":
            group, values, places = [], [], []  # the row only says that there is a document
        has_links = any("nel" in row for row in values)
        rows = TokenRows(
            tokens=[_token_in(row) for row in group],
            sentences=_sentence_numbers(values, places),
            ner=[_tag_in(row, "ner") for row in values],
            nel=[_tag_in(row, "nel") for row in values] if has_links else None,
            misc=[_misc_in(row) for row in group],
        )
        text, ranges = place_tokens(rows)
        if record.get("text") is not None:
            text = text_of(record, where=where)
            ranges = find_tokens(rows.tokens, text, places)
        meta = meta_from_record(record, where=where)
        if self.own:
            meta[TOKEN_COLUMNS] = {c: [row.get(c) for row in values] for c in self.own}
        doc = Document(
            text=text,
            id=name_or_none(record, "id", where=where),
            meta=meta,
            complete=is_complete(record, where=where),
        )
        doc = document_from_tokens(
            rows, ranges, doc=doc, scheme=self.scheme, places=places, names=self.names
        )
        return check_document(doc, where=where)


def _is_shared(column: str, groups: Iterable[Sequence[Row]]) -> bool:
    firsts = ((group[0].values.get(column), group) for group in groups if group)
    return all(row.values.get(column) == first for first, group in firsts for row in group)


def _text_in(name: str, group: Sequence[Row]) -> str | None:
    """The text that rows of a document bring along; any of them may."""
    texts = [(row.values.get("text"), row.where) for row in group]
    for text, where in texts:
        if text is not None and not isinstance(text, str):
            raise DataError(f"{where}: text is {shown(text)}; it must be a string.")
    said = {text: where for text, where in texts if text is not None}
    if len(said) > 1:
        said.pop("", None)  # a table as text has an empty cell where a frame has none
    if len(said) > 1:
        place = list(said.values())[1]
        raise DataError(f"{place}: the text is not that of other rows of document {name!r}.")
    return next(iter(said), None)


def _token_in(row: Row) -> str:
    token = row.values.get("token")
    if isinstance(token, str) and token:
        return token
    raise DataError(
        f"{row.where}: token is {shown(token)}; it must be a string. Where pandas read it, "
        "keep_default_na=False keeps tokens such as NA."
    )


def _tag_in(row: Mapping[str, Any], column: str) -> Any:
    """The tag of a token, of any type; an empty cell is outside. 0 is no empty cell."""
    value = row.get(column)
    return NO_TAG if value is None or value == "" else value


def _misc_in(row: Row) -> str:
    value = row.values.get("misc")
    if value is None or value == "":
        return USUAL
    if isinstance(value, str):
        return value
    raise DataError(f"{row.where}: misc is {shown(value)}; it must be a string.")


def _sentence_numbers(rows: Sequence[Mapping[str, Any]], places: Sequence[str]) -> list[int]:
    """The number of each row's sentence, from 0: a sentence ends where its id changes.

    Raises:
        DataError: An id is missing where others are there, or comes back later.
    """
    ids = [row.get("sentence_id") for row in rows]
    if any(one is None for one in ids) and any(one is not None for one in ids):
        raise DataError(
            f"{places[ids.index(None)]}: sentence_id has no value, but other rows have one. "
            "Where only the first row of a sentence has it, fill_down=True (--read fill_down=true)."
        )
    for one, place in zip(ids, places, strict=True):
        if isinstance(one, list | dict):
            raise DataError(f"{place}: sentence_id is {shown(one)}; it must be a string or number.")
    changes = [one != other for one, other in pairwise(ids)]
    seen: set[Any] = set()
    for number, (one, place) in enumerate(zip(ids, places, strict=True)):
        if number and not changes[number - 1]:
            continue
        if one in seen:
            raise DataError(
                f"{place}: sentence_id {shown(one)} comes back after another sentence. "
                "Put the rows in order, or give each sentence an id of its own."
            )
        seen.add(one)
    return list(accumulate(changes, initial=0)) if rows else []
