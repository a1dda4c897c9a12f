"""Documents to rows of a table, in the shapes that `from_rows` reads."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.keys import (
    KNOWN_COLUMNS,
    MENTION_COLUMNS,
    MENTION_KEYS,
    MOST_COLUMNS,
    TOKEN_COLUMNS,
)
from nerlink.sources.losses import EVERYTHING, INCOMPLETE, Losses
from nerlink.sources.names import SURFACES, plain
from nerlink.sources.records import record_from_document
from nerlink.sources.tokens.rows import TokenRows, rows_from_tokens

__all__ = ["TableShape", "table_from_documents"]

TableShape = Literal["document", "mention", "token", "text"]

_EMPTY: Final[Mapping[str, list[str]]] = {
    "document": ["id", "text", "mentions"],
    "mention": ["doc_id", "start", "end", "surface", "label", "entity"],
    "token": ["doc_id", "sentence_id", "token", "ner", "nel", "misc"],
    "text": ["doc_id", "text"],
}
"""The columns of a table without documents."""

_TOKENS_CARRY: Final = frozenset(
    {"ids", "mentions", "labels", "links", "sentences", "tokens", "meta columns", INCOMPLETE}
)


def table_from_documents(
    documents: Iterable[Document],
    *,
    shape: TableShape,
    losses: Losses,
    scheme: str,
    with_text: bool = False,
) -> dict[str, list[Any]]:
    """Columns of a table of documents, each (n_rows).

    Args:
        documents: What to put in the table.
        shape: What a row is: a `document` with its mentions, a `mention`, a `token`, or a `text`
            (a document without mentions: the table beside a table of mentions).
        losses: Counts what rows of this shape cannot carry.
        scheme: The scheme of the tags of token rows.
        with_text: Repeat the text and `meta` in each mention row, so that one table is enough.

    Raises:
        DataError: There is no such shape, or a document without a name would need one.
    """
    if shape not in _ROWS:
        raise DataError(f"shape is {shape!r}; it must be one of {', '.join(_ROWS)}.")
    rows: list[dict[str, Any]] = []
    for number, doc in enumerate(documents):
        if doc.id is None and shape != "document":
            raise DataError(
                f"Document {number} has no id, and rows of shape {shape!r} need one to belong to. "
                "Give every document an id, or write shape='document'."
            )
        rows += _ROWS[shape](doc, losses, scheme, with_text)
    names = dict.fromkeys(name for row in rows for name in row) or _EMPTY[shape]
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"these documents make a table of {len(names):,} columns, one for each key of meta; "
            f"at most {MOST_COLUMNS:,} are written. Write JSON lines."
        )
    return {name: [row.get(name) for row in rows] for name in names}


def _document_rows(doc: Document, losses: Losses, *_: object) -> Iterator[dict[str, Any]]:
    record = record_from_document(doc)
    meta = record.pop("meta", {})
    yield {"id": None} | record | _meta_columns(meta, losses)


def _text_rows(doc: Document, losses: Losses, *_: object) -> Iterator[dict[str, Any]]:
    record = record_from_document(doc)
    meta = {key: value for key, value in doc.meta.items() if key != MENTION_COLUMNS}
    kept = {key: record[key] for key in ("sentences", "tokens", "complete") if key in record}
    yield {"doc_id": doc.id, "text": doc.text} | kept | _meta_columns(meta, losses)


def _mention_rows(
    doc: Document, losses: Losses, _: str, with_text: bool
) -> Iterator[dict[str, Any]]:
    record = record_from_document(doc)
    base: dict[str, Any] = {"doc_id": doc.id}
    if with_text:
        losses.note(doc, carried=EVERYTHING - {"sentences", "tokens"})
        base |= {"text": doc.text} | ({} if doc.complete else {"complete": False})
        base |= _meta_columns(record.get("meta", {}), losses, _is_surface)
    surfaces = map(doc.surface, doc.mentions)
    # A document without mentions still has a row where that row is all that says its text.
    for mention in record["mentions"] or ([{}] if with_text else []):
        mention |= {"surface": next(surfaces)} if mention else {}
        # What a mention carries under the name of another column would stand in its place.
        taken = {k for k in mention if k in base or k in KNOWN_COLUMNS} - set(MENTION_KEYS)
        losses.add("values of mentions with the name of another column", len(taken))
        own = {key: value for key, value in mention.items() if key not in taken}
        yield base | dict.fromkeys(_EMPTY["mention"][1:]) | own


def _token_rows(doc: Document, losses: Losses, scheme: str, _: bool) -> Iterator[dict[str, Any]]:
    losses.note(doc, carried=_TOKENS_CARRY)
    rows = rows_from_tokens(doc, scheme=scheme, losses=losses)
    meta = {key: value for key, value in doc.meta.items() if key != TOKEN_COLUMNS}
    base = _meta_columns(meta, losses) | ({} if doc.complete else {"complete": False})
    columns = {
        "sentence_id": [number - 1 for number in rows.sentences],
        "token": rows.tokens,
        "ner": rows.ner or [],
        "nel": rows.nel or [],
        "misc": rows.misc or [],
        **_fitting_columns(doc, rows, losses, taken={*KNOWN_COLUMNS, *base}),
    }
    for values in zip(*columns.values(), strict=True):
        yield {"doc_id": doc.id} | dict(zip(columns, values, strict=True)) | base
    if not rows.tokens:
        yield dict.fromkeys(_EMPTY["token"][:-1]) | {"doc_id": doc.id} | base


def _fitting_columns(
    doc: Document, rows: TokenRows, losses: Losses, *, taken: Collection[str]
) -> Mapping[str, list[Any]]:
    """The document's columns of tokens with a value for each row and a name of their own."""
    columns: Mapping[str, list[Any]] = doc.meta.get(TOKEN_COLUMNS, {})
    fitting = {
        name: c for name, c in columns.items() if len(c) == len(rows.tokens) and name not in taken
    }
    losses.add("token columns", len(columns) - len(fitting))
    return fitting


def _is_surface(name: str) -> bool:
    """Whether a column of a table of mentions would be read as the text of the mentions."""
    return plain(name) in SURFACES


def _meta_columns(
    meta: Mapping[str, Any], losses: Losses, is_other: Callable[[str], bool] = lambda _: False
) -> dict[str, Any]:
    """A column for each entry; entries with the name of another column stay together in `meta`."""
    losses.add("empty meta values", sum(value is None for value in meta.values()))
    apart = {MENTION_COLUMNS, TOKEN_COLUMNS} | KNOWN_COLUMNS | set(filter(is_other, meta))
    columns = {key: value for key, value in meta.items() if key not in apart}
    rest = {key: value for key, value in meta.items() if key in apart}
    return columns | ({"meta": rest} if rest else {})


_ROWS: Final[Mapping[str, Callable[[Document, Losses, str, bool], Iterator[dict[str, Any]]]]] = {
    "document": _document_rows,
    "mention": _mention_rows,
    "token": _token_rows,
    "text": _text_rows,
}
