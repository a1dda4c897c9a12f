"""`Document.meta` as values that files can hold; in memory it may hold anything."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.losses import Losses
from nerlink.sources.plain import check_encodable
from nerlink.words import shown

__all__ = ["PARQUET_VALUES", "plain_meta", "text_of_value", "with_plain_meta"]

_TEXTS: Final = (int, bytes, Enum, Decimal, Fraction, UUID, PurePath, date, time, timedelta)
"""Values that are written as text, those of subclasses of `int` too."""

_NUMPY_TIMES: Final = ("datetime64", "timedelta64")

_LONGEST_INTEGER: Final = 14_284
"""Bits of an integer that Python, and so any reader in Python, takes from text: 4,300 digits."""

PARQUET_VALUES: Final = (bytes, Decimal, date, time, timedelta)
"""Values beyond those of JSON that a column of a Parquet file holds."""


def with_plain_meta(
    documents: Iterable[Document], losses: Losses, *, keep: tuple[type, ...] = ()
) -> Iterator[Document]:
    """The same documents, their `meta` of strings, numbers, truth values, lists and objects.

    Args:
        documents: What to write.
        losses: Counts what comes back as something else: times and the like as text, tuples as
            lists, NaN as nothing.
        keep: Further kinds of values that the format holds.

    Raises:
        DataError: A value has no form in a file; the message names document and key.
    """
    for number, doc in enumerate(documents, 1):
        if doc.meta:
            where = f"document {number if doc.id is None else shown(doc.id)}: meta"
            doc = replace(doc, meta=_plain(doc.meta, losses, keep, where))
        yield doc


def plain_meta(meta: Mapping[Any, Any], losses: Losses, *, where: str) -> dict[str, Any]:
    """One `meta` as JSON holds it; the arguments and errors are those of `with_plain_meta`."""
    return _plain(meta, losses, (), where)


def _plain(
    meta: Mapping[Any, Any], losses: Losses, keep: tuple[type, ...], where: str
) -> dict[str, Any]:
    try:
        return _Plain(losses, keep).mapping(meta, where)
    except RecursionError as error:
        raise DataError(f"{where}: values are nested too deep. Make them flatter.") from error


class _Plain:
    """Makes values plain, and counts what that loses."""

    def __init__(self, losses: Losses, keep: tuple[type, ...]) -> None:
        self.losses = losses
        self.keep = keep

    def mapping(self, values: Mapping[Any, Any], where: str) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, value in values.items():
            name = self.key(key, where)
            if name in plain:
                raise DataError(f"{where}: two keys are {name!r} as text. Rename one of them.")
            plain[name] = self.value(value, f"{where}: {name}")
        return plain

    def key(self, key: Any, where: str) -> str:
        if isinstance(key, str) and not isinstance(key, Enum):
            return check_encodable(str.__str__(key), where=f"{where}: key")
        if isinstance(key, (float, *_TEXTS)):
            self.losses.add("meta keys turned into text")
            return text_of_value(key)
        raise DataError(f"{where}: the key {shown(key)} is no string. Write it as one.")

    def value(self, value: Any, where: str) -> Any:
        if _is_missing(value):
            self.losses.add("missing meta values (NaN)")
            return None
        if value is None or type(value) in (bool, int) or isinstance(value, self.keep):
            if type(value) is int and value.bit_length() > _LONGEST_INTEGER:
                raise DataError(f"{where}: an integer of over 4,300 digits. Make it shorter.")
            return value
        if isinstance(value, str | float) and not isinstance(value, Enum):
            return self._scalar(value, where)
        if isinstance(value, Mapping):
            return self.mapping(value, where)
        if isinstance(value, list | tuple):
            self.losses.add("meta values turned into lists", isinstance(value, tuple))
            return [self.value(one, f"{where}: {n}") for n, one in enumerate(value)]
        if isinstance(value, _TEXTS) or _is_numpy_time(value):
            self.losses.add("meta values turned into text")
            return text_of_value(value)
        if hasattr(value, "tolist"):  # numpy, pandas, torch
            # Times as a list may be numbers; one by one they are times.
            is_time = str(getattr(value, "dtype", "")).startswith(_NUMPY_TIMES)
            return self.value(list(value) if is_time else value.tolist(), where)
        raise DataError(
            f"{where}: {shown(value)} of type {type(value).__name__} has no form in a file. "
            "Make it text, a number or a list, or leave it out."
        )

    def _scalar(self, value: str | float, where: str) -> str | float:
        if isinstance(value, str):
            return check_encodable(str.__str__(value), where=where)
        if math.isfinite(value):
            return float(value)
        self.losses.add("meta values turned into text")
        return str(float(value))


def text_of_value(value: Any) -> str:
    """What `with_plain_meta` writes for a value that JSON does not have.

    >>> text_of_value(date(1843, 9, 5)), text_of_value(Decimal("1.50"))
    ('1843-09-05', '1.50')

    Raises:
        TypeError: There is no such text.
    """
    if not isinstance(value, (float, *_TEXTS)) and not _is_numpy_time(value):
        raise TypeError(f"{shown(value)} of type {type(value).__name__} has no form in JSON")
    if isinstance(value, Enum):
        return str.__str__(value.value) if isinstance(value.value, str) else value.name
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _is_missing(value: Any) -> bool:
    """Whether a value is NaN, of Python, numpy or `decimal`, or one of the like of pandas."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return (isinstance(value, float | Decimal) or _is_numpy_time(value)) and bool(value != value)


def _is_numpy_time(value: Any) -> bool:
    """Whether a value is a time of numpy, which `tolist` may give as a number."""
    return type(value).__name__ in _NUMPY_TIMES
