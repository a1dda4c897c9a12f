"""pandas DataFrames of documents, in three shapes."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import OnError, accept, check_documents
from nerlink.sources.losses import Losses
from nerlink.sources.shapes import (
    Row,
    Shape,
    detect_shape,
    documents_from_rows,
    texts_from_rows,
)
from nerlink.sources.table import column_names, rename
from nerlink.sources.table_rows import TableShape, rows_from_documents

if TYPE_CHECKING:
    import pandas

__all__ = ["from_frame", "to_frame"]

log = logging.getLogger(__name__)


def from_frame(
    frame: "pandas.DataFrame",
    *,
    texts: "pandas.DataFrame | None" = None,
    shape: Shape | None = None,
    columns: Mapping[str, str] | None = None,
    scheme: str = "bio",
    on_error: OnError = "raise",
    skipped: Callable[[DataError], None] | None = None,
) -> list[Document]:
    """The documents of a DataFrame. Further columns go to `Document.meta`.

    A row is a document (`text`, and `mentions`, a list of dicts), a mention (`doc_id`, `start`,
    `end`, `label`, `entity`) or a token (`doc_id`, `sentence_id`, `token`, `ner`, `nel`).

    Args:
        frame: The table.
        texts: `doc_id`, `text` and further columns, beside rows of mentions or tokens; without
            it mention rows need a column `text`, and tokens are joined by blanks.
        shape: `document`, `mention` or `token`; told from the columns by default.
        columns: The frame's names to nerlink's, such as `{"body": "text"}`.
        scheme: The scheme of the tags of token rows.
        on_error: `raise` at a bad document or `skip` it.
        skipped: Called with the error of each document left out.

    Raises:
        DataError: A column is missing or a value is wrong; the message names the row, counted
            from 0, and the column.
    """
    names, rows = _rows(frame, columns or {}, where="frame")
    beside = None if texts is None else texts_from_rows(_rows(texts, {}, where="texts")[1])
    shape = shape or detect_shape(names, where="frame")
    results = documents_from_rows(rows, shape=shape, texts=beside, scheme=scheme)
    return list(accept(results, source="frame", on_error=on_error, skipped=skipped))


def _rows(
    frame: "pandas.DataFrame", names: Mapping[str, str], *, where: str
) -> tuple[Sequence[str], Iterator[Row]]:
    if not hasattr(frame, "iloc") or not hasattr(frame, "columns"):
        raise DataError(
            f"{where} is a {type(frame).__name__}; pass a pandas DataFrame. "
            "pandas.DataFrame(records) makes one of records, to_pandas() of most other tables."
        )
    renamed = rename([str(column) for column in frame.columns], names, where=where)
    columns = [_values(frame.iloc[:, i]) for i in range(len(renamed))]
    rows = enumerate(zip(*columns, strict=True))
    return renamed, ((f"{where} row {i}", dict(zip(renamed, r, strict=True))) for i, r in rows)


def _values(column: "pandas.Series[Any]") -> list[Any]:
    """Plain values; pandas' and numpy's many kinds of missing ones become `None`."""
    plain = column.astype(object).tolist()
    is_missing = column.isna().tolist()
    return [None if na else _plain(v) for v, na in zip(plain, is_missing, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if type(value).__module__ == "numpy":
        return _plain(value.tolist())
    return None if isinstance(value, float) and value != value else value


def to_frame(
    documents: Iterable[Document],
    *,
    shape: TableShape = "document",
    scheme: str = "bio",
    losses: Losses | None = None,
) -> "pandas.DataFrame":
    """A DataFrame of documents.

    Args:
        documents: What to put in it.
        shape: What a row is: a `document`, a `mention`, a `token`, or a `text`, the table that
            belongs beside one of mentions.
        scheme: The scheme of the tags of token rows.
        losses: Counts what rows of this shape cannot carry; logged where it is not given.

    Raises:
        DataError: There is no such shape, or a document without an id would need one.
    """
    import pandas

    counted = Losses() if losses is None else losses
    checked = check_documents(documents)
    rows = list(rows_from_documents(checked, shape=shape, losses=counted, scheme=scheme))
    if losses is None and counted.counts:
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(counted.counts.items()))
        log.warning("A frame of shape %r cannot carry %s.", shape, kinds)
    columns = {
        name: pandas.Series([row.get(name) for row in rows], dtype=object).infer_objects()
        for name in column_names(rows) or _EMPTY[shape]
    }
    return pandas.DataFrame(columns)


_EMPTY: Mapping[str, list[str]] = {
    "document": ["id", "text", "mentions"],
    "mention": ["doc_id", "start", "end", "label", "entity"],
    "token": ["doc_id", "sentence_id", "token", "ner", "nel", "misc"],
    "text": ["doc_id", "text"],
}
