"""pandas DataFrames of documents, in three shapes."""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.rows import OpenTable
from nerlink.sources.check import OnError, accept, check_documents, check_options
from nerlink.sources.from_rows import RowFormat, documents_from_table
from nerlink.sources.losses import Losses
from nerlink.sources.to_rows import TableShape, table_from_documents
from nerlink.tables import is_frame, open_frame

if TYPE_CHECKING:
    import pandas

__all__ = ["from_frame", "to_frame"]

log = logging.getLogger(__name__)


def from_frame(
    frame: "pandas.DataFrame",
    *,
    texts: "pandas.DataFrame | None" = None,
    on_error: OnError = "raise",
    skipped: Callable[[DataError], None] | None = None,
    **options: Any,
) -> list[Document]:
    """The documents of a DataFrame. Further columns go to `Document.meta`.

    A row is a document (`text`, and `mentions`, a list of dicts), a mention (`doc_id`, `start`,
    `end`, `label`, `entity`) or a token (`doc_id`, `sentence_id`, `token`, `ner`, `nel`).

    Args:
        frame: The table.
        texts: `doc_id`, `text` and further columns, beside rows of mentions or tokens; without
            it mention rows need a column `text`, and tokens are joined by blanks.
        on_error: `raise` at a bad document or `skip` it.
        skipped: Called with the error of each document left out.
        **options: `shape`, `columns` and `scheme`, as in `RowFormat`: what a row is, by default
            the shape that fits the columns; nerlink's names of columns to the frame's, such as
            `{"text": "body"}`; the scheme of the tags of token rows.

    Raises:
        DataError: An option is not known, a column is missing or a value is wrong; the message
            names the row, counted from 0, and the column.
    """
    table = _frame_table(frame, "frame")
    beside = None if texts is None else _frame_table(texts, "texts")
    check_options(RowFormat, options, what="from_frame")
    form = RowFormat(**options)
    results = documents_from_table(table, form, texts=beside, where="frame")
    return list(accept(results, source="frame", on_error=on_error, skipped=skipped))


def _frame_table(frame: Any, where: str) -> OpenTable:
    if not is_frame(frame):
        raise DataError(
            f"{where} is a {type(frame).__name__}; pass a pandas DataFrame. "
            "pandas.DataFrame(records) makes one of records, to_pandas() of most other tables."
        )
    return open_frame(frame, where=where)


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

    noted = Losses() if losses is None else losses
    checked = check_documents(documents)
    table = table_from_documents(checked, shape=shape, losses=noted, scheme=scheme)
    if losses is None and noted.counts:
        log.warning("A frame of shape %r cannot carry %s.", shape, noted)
    columns = {
        name: pandas.Series(values, dtype=object).infer_objects() for name, values in table.items()
    }
    return pandas.DataFrame(columns)
