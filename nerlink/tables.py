"""Rows of any table: records, DataFrames, CSV, TSV, JSON lines, Parquet, one after another."""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, TypeAlias

from nerlink.data import Entity
from nerlink.errors import DataError

__all__ = ["Row", "Table", "read_rows", "split_tables"]

Table: TypeAlias = str | PathLike[str] | Iterable[Any]
"""A file, a DataFrame, an iterable of records (mappings) or entities, or a list of such tables."""


class Row(NamedTuple):
    """One row of a table and where it stands.

    Args:
        source: File or kind of table.
        unit: `line`, `row` or `record`.
        number: Counted from 1.
        values: Columns to values, or an `Entity` where one was given.
    """

    source: str
    unit: str
    number: int
    values: Mapping[str, Any] | Entity

    @property
    def where(self) -> str:
        """The place, for an error: `towns.csv, line 3`."""
        return f"{self.source}, {self.unit} {self.number}"


def read_rows(table: Table) -> Iterator[Row]:
    """The rows of a table, or of several, in order.

    Raises:
        DataError: A file that is missing or cannot be read, or an item that is no record.
    """
    if isinstance(table, str | PathLike):
        yield from _read_file(Path(table))
    elif _is_frame(table):
        yield from _read_frame(table)
    elif isinstance(table, Mapping):
        raise DataError(
            f"a table cannot be a single {type(table).__name__}. "
            "Pass a list of records, such as [{'id': 'Q1', 'name': 'Ada'}]."
        )
    else:
        yield from _read_items(table)


def split_tables(
    table: Table, names: Mapping[str, str] | None = None
) -> tuple[list[Table], list[Table]]:
    """Files and DataFrames of entities, and those of aliases, known by their columns.

    An alias table has no `id`, but a column `alias` or `surface`. Records stay with the entities.

    Args:
        table: One or more.
        names: What nerlink calls a value to the column it is in.
    """
    if isinstance(table, list | tuple):
        tables: list[Table] = list(table)
        if not all(isinstance(item, str | PathLike) or _is_frame(item) for item in tables):
            return [tables], []
    else:
        tables = [table]
    of_aliases = [_is_alias_table(item, names or {}) for item in tables]
    pairs = list(zip(tables, of_aliases, strict=True))
    return [item for item, yes in pairs if not yes], [item for item, yes in pairs if yes]


def _is_alias_table(table: Table, names: Mapping[str, str]) -> bool:
    if not isinstance(table, str | PathLike) and not _is_frame(table):
        return False
    first = next(read_rows(table), None)
    if first is None or isinstance(first.values, Entity):
        return False
    surfaces = {names.get("alias", "alias"), "alias", "surface"}
    return names.get("id", "id") not in first.values and not surfaces.isdisjoint(first.values)


def _is_frame(table: object) -> bool:
    return hasattr(table, "iloc") and hasattr(table, "to_dict")


def _read_items(items: Iterable[Any]) -> Iterator[Row]:
    for number, item in enumerate(items, 1):
        if isinstance(item, Entity | Mapping):
            yield Row("records", "record", number, item)
        elif isinstance(item, str | PathLike) or _is_frame(item):
            yield from read_rows(item)
        else:
            raise DataError(
                f"records, record {number}: {item!r} is neither a record nor an Entity. "
                "A record looks like {'id': 'Q1', 'name': 'Ada'}."
            )


def _read_frame(frame: Any, *, chunk: int = 10_000) -> Iterator[Row]:
    for first in range(0, len(frame), chunk):
        part = frame.iloc[first : first + chunk].astype(object)
        records = part.where(part.notna(), None).to_dict("records")
        for number, record in enumerate(records, first + 1):
            yield Row("DataFrame", "row", number, {str(key): record[key] for key in record})


def _read_file(path: Path) -> Iterator[Row]:
    name = path.name.removesuffix(".gz")
    reader = READERS.get(Path(name).suffix.lower())
    if reader is None:
        raise DataError(
            f"{path}: a table must end in {', '.join(READERS)} (the text formats also in .gz)."
        )
    try:
        yield from reader(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file. Check the path.") from error
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}). Text must be UTF-8.") from error


def _open_text(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _read_csv(path: Path, *, delimiter: str = ",") -> Iterator[Row]:
    with _open_text(path) as file:
        reader = csv.DictReader(file, delimiter=delimiter, strict=True)
        try:
            for record in reader:
                if None in record:
                    raise DataError(
                        f"{path}, line {reader.line_num}: more fields than the "
                        f"{len(reader.fieldnames or ())} columns of the header. "
                        f"Quote values that contain {delimiter!r}."
                    )
                yield Row(str(path), "line", reader.line_num, record)
        except csv.Error as error:
            raise DataError(
                f"{path}, line {reader.line_num}: {error}. Mend its quotes, or save JSON lines."
            ) from error


def _read_tsv(path: Path) -> Iterator[Row]:
    return _read_csv(path, delimiter="\t")


def _read_jsonl(path: Path) -> Iterator[Row]:
    with _open_text(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(
                    f"{path}, line {number}: not JSON ({error}). A line is one record in braces."
                ) from error
            if not isinstance(record, dict):
                raise DataError(
                    f"{path}, line {number}: {line.strip()[:40]!r} is not a JSON object. "
                    "A line is one record in braces."
                )
            yield Row(str(path), "line", number, record)


def _read_parquet(path: Path) -> Iterator[Row]:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            batches = (batch.to_pylist(maps_as_pydicts="strict") for batch in file.iter_batches())
            for number, record in enumerate(chain.from_iterable(batches), 1):
                yield Row(str(path), "row", number, _without_gaps(record))
    except ArrowInvalid as error:
        raise DataError(
            f"{path}: not a Parquet file ({error}). Copy it again, or name it by its format."
        ) from error


def _without_gaps(record: dict[str, Any]) -> dict[str, Any]:
    """A column of mappings has all keys in all rows; those that a row lacks are empty there."""
    return {
        name: {key: one for key, one in value.items() if one is not None}
        if isinstance(value, dict)
        else value
        for name, value in record.items()
    }


READERS: Final[Mapping[str, Callable[[Path], Iterator[Row]]]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
