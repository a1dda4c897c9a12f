"""The columns of Parquet files: the same names and types in all files of a job.

Readers of a folder, such as pandas, take the columns of its first file for those of all. So the
columns are found once, from documents of several inputs, and each file is written with them. What
has no column, or does not fit its own, stands in the column `meta` as JSON: nothing is lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from nerlink.sources.keys import KNOWN_COLUMNS, MENTION_KEYS
from nerlink.sources.losses import Losses
from nerlink.sources.meta import plain_meta
from nerlink.sources.records import json_from_record
from nerlink.sources.to_rows import TableShape

__all__ = [
    "ERROR",
    "columns_of_values",
    "plain_schema",
    "table_schema",
    "typed_table",
    "types_of",
]

ERROR: Final = "error"
"""The column that says why a document could not be read or tagged."""

META: Final = "meta"

IS_JSON: Final = {b"nerlink": b"json"}
"""What marks a column whose values are of several kinds, or have keys: it has them as JSON."""


def table_schema(shape: TableShape, further: Iterable[Any] = ()) -> Any:
    """The schema of a table: nerlink's columns, in which `further` ones stand before `meta`.

    Args:
        shape: What a row is: a `document` or a `mention`.
        further: Fields of Arrow.
    """
    import pyarrow

    text, number, real = pyarrow.string(), pyarrow.int64(), pyarrow.float64()
    candidate = {"entity": text, "score": real, "prior": real, "count": number}
    mention = {
        "start": number,
        "end": number,
        "label": text,
        "entity": text,
        "score": real,
        "link_score": real,
        "candidates": pyarrow.list_(pyarrow.struct(candidate)),
        "nil": text,
    }
    ranges = pyarrow.list_(pyarrow.list_(number))
    of_document = {"id": text, "text": text, "mentions": pyarrow.list_(pyarrow.struct(mention))}
    # Empty for documents that are complete, as other files have no such key for them.
    complete = {"complete": pyarrow.bool_()}
    own = {
        "document": {**of_document, "sentences": ranges, "tokens": ranges, **complete},
        "mention": {"doc_id": text, **mention, "surface": text, "text": text, **complete},
    }
    fields = [pyarrow.field(*column) for column in own[shape].items()]
    last = [pyarrow.field(META, text), pyarrow.field(ERROR, text)]
    known = {field.name for field in (*fields, *last)}
    return pyarrow.schema([*fields, *(f for f in further if f.name not in known), *last])


def plain_schema(schema: Any) -> Any:
    """A schema without the marks that say how its columns are filled."""
    import pyarrow

    return pyarrow.schema([field.remove_metadata() for field in schema])


def types_of(schema: Any) -> dict[str, Any]:
    """The types of columns by name; of a categorical column, that of its categories."""
    from pyarrow import types

    kinds = {field.name: field.type for field in schema}
    return {
        name: kind.value_type if types.is_dictionary(kind) else kind for name, kind in kinds.items()
    }


def columns_of_values(
    columns: Mapping[str, Sequence[Any]],
    given: Mapping[str, Any] | None = None,
    *,
    read_as: Mapping[str, str] | None = None,
) -> list[Any]:
    """Fields of Arrow for columns, as their values ask for; none for a column without a value.

    Args:
        columns: Columns, each (n_rows).
        given: The types of the columns of a table that was read, by name. Those that may stand for
            themselves have fields without a value too.
        read_as: nerlink's names of columns to those of that table.
    """
    kinds = dict(given or {})
    taken = {*KNOWN_COLUMNS, *(read_as or {}).values()}
    empty: dict[str, Sequence[Any]] = {
        name: ()
        for name, kind in kinds.items()
        if name not in taken and not _is_nested(kind)  # a list may have been read as mentions
    }
    every = {**empty, **columns}
    fields = (_field(name, values, kinds.get(name)) for name, values in every.items())
    return [field for field in fields if field is not None]


def _is_nested(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_nested(kind))


def _field(name: str, values: Sequence[Any], kind: Any) -> Any:
    import pyarrow

    try:
        kind = kind or pyarrow.array(values).type
    except (pyarrow.ArrowException, OverflowError):
        kind = pyarrow.string() if any(value is not None for value in values) else pyarrow.null()
    if pyarrow.types.is_null(kind):
        return None
    if "struct" in str(kind) or "map" in str(kind) or not _fit(values, kind):
        return pyarrow.field(name, pyarrow.string(), metadata=IS_JSON)
    return pyarrow.field(name, kind)


def _fit(values: Sequence[Any], kind: Any) -> bool:
    """Whether a column of a type gives values back as they were; 1 may be 1.0."""
    import pyarrow

    try:
        back = pyarrow.array(values, kind).to_pylist()
    except (pyarrow.ArrowException, OverflowError):
        return False
    # Arrow cuts 2.5 to 2, and makes a number of True, without a word.
    return all(
        a == b and isinstance(a, bool) == isinstance(b, bool)
        for a, b in zip(values, back, strict=True)
    )


def typed_table(columns: Mapping[str, list[Any]], schema: Any, losses: Losses) -> Any:
    """A pyarrow Table of columns.

    Args:
        columns: Columns, each (n_rows).
        schema: The columns that the table has.
        losses: Counts what JSON cannot hold as it was.
    """
    import pyarrow

    n_rows = len(next(iter(columns.values())))
    rest: list[dict[str, Any]] = [dict(meta or {}) for meta in columns.get(META) or [{}] * n_rows]
    arrays = {}
    for name, values in columns.items():
        if name in schema.names and name != META:
            arrays[name] = _array(schema.field(name), values, rest, losses)
        elif name != META:
            _move(name, values, rest, losses)
    arrays[META] = [json_from_record(meta) if meta else None for meta in rest]
    whole = [pyarrow.array(arrays.get(field.name, [None] * n_rows), field.type) for field in schema]
    return pyarrow.table(whole, schema=plain_schema(schema))


def _array(field: Any, values: list[Any], rest: list[dict[str, Any]], losses: Losses) -> list[Any]:
    """The values of a column that fit it; the others move to `rest`."""
    if field.metadata:
        return [
            None if value is None else json_from_record(_as_plain(value, losses))
            for value in values
        ]
    if field.name == "mentions":
        others = [_other_keys(mentions) for mentions in values]
        _move(field.name, [one if any(one) else None for one in others], rest, losses)
        return values
    if _fit(values, field.type):
        return values
    fits = [_fit([value], field.type) for value in values]
    _move(field.name, [None if f else v for v, f in zip(values, fits, strict=True)], rest, losses)
    return [value if fit else None for value, fit in zip(values, fits, strict=True)]


def _other_keys(mentions: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """What each mention has beside nerlink's keys, which the column of mentions has no room for."""
    return [{k: v for k, v in one.items() if k not in MENTION_KEYS} for one in mentions or ()]


def _move(name: str, values: Sequence[Any], rest: list[dict[str, Any]], losses: Losses) -> None:
    for meta, value in zip(rest, values, strict=True):
        if value is not None:
            meta[name] = _as_plain(value, losses)


def _as_plain(value: Any, losses: Losses) -> Any:
    return plain_meta({"value": value}, losses, where="a row")["value"]
