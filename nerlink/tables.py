"""Rows of any table: records, DataFrames, CSV, TSV, JSON lines, Parquet."""

import csv
import dataclasses
import io
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from nerlink.data import Entity
from nerlink.errors import DataError
from nerlink.files import (
    LIMITS,
    check_expansion,
    numbered_lines,
    open_binary,
    read_text,
    read_whole,
    sound_lines,
)
from nerlink.rows import OpenTable, Row, attempt, unique
from nerlink.strict_json import RepeatedKeyError, parse_json
from nerlink.words import number_of, shown

__all__ = [
    "AnyTable",
    "Delimited",
    "filled",
    "is_frame",
    "mapping",
    "open_columns",
    "open_delimited",
    "open_frame",
    "open_parquet",
    "read_json_either",
    "read_json_lines",
    "read_json_records",
    "read_rows",
]

log = logging.getLogger(__name__)

AnyTable: TypeAlias = str | PathLike[str] | Iterable[Any]
"""A file, a DataFrame, an iterable of records (mappings) or entities, or a list of such tables."""


@dataclass(frozen=True, kw_only=True)
class Delimited:
    """How a table is laid out as text.

    Args:
        separator: The character between two cells; by default a tab in TSV, else a comma, or the
            one of comma, semicolon, tab and `|` that is in the first row, which is said.
        quote: The character around a cell that holds separators or line ends; empty or `None` if
            there is none, so that quotation marks are part of the cells. By default, `"` in CSV;
            in TSV what the file shows, as many programs write it without quoting.
        encoding: How characters are stored; a byte order mark goes before it.
        header: The names of the columns, where the first row is a row like the others.
        formulas: `quote` where the table was written with `formulas="quote"`: the apostrophe that
            a cell begins with is no part of it. By default, `keep`, cells are as they stand.
    """

    separator: str | None = None
    quote: str | None = "auto"
    encoding: str = "utf-8"
    header: Sequence[str] | None = None
    formulas: Literal["keep", "quote"] = "keep"


def read_rows(
    table: AnyTable, *, names: Mapping[str, str] | None = None, text: Delimited | None = None
) -> Iterator[Row]:
    """The rows of a table, or of several, in order.

    Args:
        table: One or more.
        names: nerlink's names of columns to those of the tables, where they differ.
        text: How the CSV and TSV files among the tables are laid out.

    Raises:
        DataError: A file is missing or cannot be read, a row cannot be read, or an item is no
            record.
    """
    for row in _rows_of(table, text or Delimited()):
        if isinstance(row, DataError):
            raise row
        yield row.under(names) if names else row


def _rows_of(table: AnyTable, text: Delimited) -> Iterator[Row | DataError]:
    if isinstance(table, str | PathLike):
        yield from _rows_of_file(Path(table), text)
    elif is_frame(table):
        yield from open_frame(table).rows
    elif isinstance(table, Mapping):
        raise DataError(
            f"a table cannot be a single {type(table).__name__}. "
            "Pass a list of records, such as [{'id': 'Q1', 'name': 'Ada'}]."
        )
    else:
        for number, item in enumerate(table):
            if isinstance(item, str | PathLike | list | tuple) or is_frame(item):
                yield from _rows_of(item, text)
            else:
                yield _row_of_record(item, f"record {number}")


def _rows_of_file(path: Path, text: Delimited) -> Iterator[Row | DataError]:
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending in (".jsonl", ".ndjson"):
        return read_json_lines(path, encoding=text.encoding)
    if ending == ".json":
        return iter(read_json_records(path, encoding=text.encoding))
    if ending == ".parquet":
        return open_parquet(path).rows
    if ending in (".csv", ".tsv"):
        return open_delimited(path, text, separator="\t" if ending == ".tsv" else ",").rows
    raise DataError(
        f"{path}: a table must end in .csv, .tsv, .json, .jsonl, .ndjson or .parquet, a thesaurus "
        "or an ontology in .ttl, .nt, .rdf, .owl or .obo, or these and .gz."
    )


def _row_of_record(item: object, where: str) -> Row | DataError:
    if isinstance(item, Entity):
        item = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    if isinstance(item, Mapping):
        return _row_of_values(where, list(item), item.values(), _plain)
    raise DataError(
        f"{where}: {shown(item)} is neither a record nor an Entity. "
        "A record looks like {'id': 'Q1', 'name': 'Ada'}."
    )


def open_delimited(
    path: str | Path, text: Delimited, *, separator: str = ",", verbatim: str = ""
) -> OpenTable:
    """A table as text. Its first row names the columns; an empty cell is missing.

    Args:
        path: The file.
        text: How it is laid out.
        separator: The separator where the layout names none and the first row shows no other.
        verbatim: A column whose empty cells are empty strings.

    Raises:
        DataError: The file cannot be read, is empty, or a column occurs twice.
    """
    lines = (line for _, line in sound_lines(path, encoding=text.encoding, with_ends=True))
    first = next(lines, "")
    separator = text.separator or _separator_in(first, separator, where=str(path))
    if len(separator) != 1:
        raise DataError(f"separator is {separator!r}; it must be one character.")
    quote = text.quote
    if quote == "auto":
        quote = '"' if separator != "\t" or _has_quotes(path, text.encoding) else None
    csv.field_size_limit(LIMITS.line)
    reader = csv.reader(
        chain([first], lines),
        delimiter=separator,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    )
    rows = _split_lines(path, reader)
    if text.formulas == "quote":
        rows = ((where, [cell.removeprefix("'") for cell in cells]) for where, cells in rows)
    header = list(text.header or next(rows, ("", []))[1])
    if not header:
        raise DataError(f"{path} is empty; its first row must name the columns.")
    if unnamed := header.count(""):
        log.warning("%s: left out %s without a name.", path, number_of(unnamed, "columns"))
    columns = unique(filter(None, header), where=str(path))
    return OpenTable(columns, (_row_of_cells(row, header, verbatim) for row in rows))


def _separator_in(first: str, usual: str, *, where: str) -> str:
    """The separator of a table: the usual one, or the only other one that its first row has."""
    others = [one for one in ",;\t|" if one in first]
    if usual in first or len(others) != 1:
        return usual
    log.warning("%s: cells are parted by %r, as its first row shows.", where, others[0])
    return others[0]


def _has_doubled_quote(cell: str) -> bool:
    """Whether a cell stands in quotation marks, and all those inside it are doubled."""
    inside = cell[1:-1]
    is_quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return is_quoted and '""' in inside and '"' not in inside.replace('""', "")


def _has_quotes(path: str | Path, encoding: str) -> bool:
    """Whether quotation marks in a TSV stand around cells, and are not part of them.

    They stand around cells where the names of columns have them, where one is doubled inside a
    cell, or where only then each row has as many cells as the first.
    """
    if not Path(path).is_file():
        return True  # a pipe cannot be read twice
    n_cells, is_even = 0, True
    for _, line in sound_lines(path, encoding=encoding):
        cells = line.split("\t")
        if not n_cells and any(len(c) > 1 and c[0] == c[-1] == '"' for c in cells):
            return True
        n_cells = n_cells or len(cells)
        is_even = is_even and (len(cells) == n_cells or not line)
        if '""' in line and any(map(_has_doubled_quote, cells)):
            return True
    if is_even:
        return False
    lines = (line for _, line in sound_lines(path, encoding=encoding, with_ends=True))
    try:
        reader = csv.reader(lines, delimiter="\t", strict=True)
        return all(len(row) in (0, n_cells) for row in reader)
    except csv.Error:
        return False


def _split_lines(path: str | Path, reader: Any) -> Iterator[tuple[str, list[str]]]:
    """The cells of each row that is not blank, with the line on which the row begins."""
    while True:
        where = f"{path}:{reader.line_num + 1}"  # a quoted cell may end lines further down
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataError(f"{where}: {error}. Mend its quotes, or save JSON lines.") from error
        if cells is None:
            return
        if cells:
            yield where, cells


def _row_of_cells(
    row: tuple[str, list[str]], columns: Sequence[str], verbatim: str
) -> Row | DataError:
    where, cells = row
    if len(cells) != len(columns):
        numbers = number_of(len(cells), "values"), number_of(len(columns), "columns")
        advice = "Quote values that hold separators."
        if len(cells) < len(columns):
            advice = "Add the missing separators; an empty cell is a missing value."
        return DataError(f"{where}: {' for '.join(numbers)}. {advice}")
    pairs = zip(columns, cells, strict=True)
    return Row(where, {name: v if v or name == verbatim else None for name, v in pairs if name})


def read_json_lines(path: str | Path, *, encoding: str = "utf-8") -> Iterator[Row | DataError]:
    """A JSON object a line; blank lines are passed over."""
    for number, line in numbered_lines(path, encoding=encoding):
        if isinstance(line, DataError):
            yield line
        elif line.strip():
            yield attempt(_row_of_line, line, f"{path}:{number}")


def _row_of_line(line: str, where: str) -> Row:
    return Row(where, mapping(parse_json(line, where=where), where=where))


def read_json_records(path: str | Path, *, encoding: str = "utf-8") -> list[Row]:
    """The records of a JSON list, a single one, or a SPARQL result; all are in memory.

    Raises:
        DataError: The file is not JSON.
    """
    try:
        value = parse_json(read_text(path, encoding=encoding), where=str(path))
    except RepeatedKeyError:
        raise
    except DataError as error:
        raise DataError(
            f"{error} If each line is a record of its own, read it as 'jsonl'."
        ) from error
    if _is_result(value):
        return list(_rows_of_result(value, str(path)))
    records = value if isinstance(value, list) else [value]
    return [Row(f"{path}: record {number}", record) for number, record in enumerate(records)]


def read_json_either(path: str | Path, *, encoding: str = "utf-8") -> Iterable[Row | DataError]:
    """The records of JSON, or, where the name ends in `.jsonl` or `.ndjson`, of JSON lines."""
    name = str(path).lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return read_json_lines(path, encoding=encoding)
    return read_json_records(path, encoding=encoding)


def _is_result(value: Any) -> bool:
    """Whether JSON is a result of SPARQL, with a head and bindings of its variables."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("head"), Mapping)
        and isinstance(value.get("results"), Mapping)
    )


def _rows_of_result(value: Mapping[str, Any], path: str) -> Iterator[Row]:
    variables = value["head"].get("vars")
    bindings = value["results"].get("bindings")
    if not isinstance(variables, list) or not isinstance(bindings, list):
        raise DataError(
            f"{path}: a result of SPARQL without a list in head.vars or in results.bindings. "
            "Download it again."
        )
    for number, binding in enumerate(bindings):
        where = f"{path}: results.bindings[{number}]"
        bound = mapping(binding, where=where)
        # A variable that is not bound is not there; a column is in all rows.
        values = {
            str(name): mapping(bound[name], where=f"{where}.{name}").get("value")
            if name in bound
            else None
            for name in variables
        }
        yield Row(where, values)


def mapping(value: Any, *, where: str) -> Mapping[str, Any]:
    """A value that must be an object.

    Raises:
        DataError: It is not.
    """
    if isinstance(value, Mapping):
        return value
    raise DataError(f"{where} is {shown(value)}; it must be an object: names and values in braces.")


def open_parquet(path: str | Path) -> OpenTable:
    """A Parquet file.

    Raises:
        DataError: It is no Parquet file, or a column occurs twice.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    with open_binary(path) as handle:
        # Parquet is read from its end: what cannot be opened by its name is held in memory.
        is_on_disk = Path(path).is_file() and not str(path).lower().endswith(".gz")
        content = b"" if is_on_disk else read_whole(handle)
    try:
        file = ParquetFile(str(path) if is_on_disk else io.BytesIO(content))
        # Asked of row groups alone: pyarrow ends the process on some damaged columns' metadata.
        groups = map(file.metadata.row_group, range(file.num_row_groups))
        sizes = [group.total_byte_size for group in groups]
        names = file.schema_arrow.names
    except (ArrowException, OSError, *_UNREADABLE) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataError(
            f"{path} is not a Parquet file, or cut short: {reason:.200}. "
            "Name the format it has, or copy it again."
        ) from error
    n_packed = Path(path).stat().st_size if is_on_disk else len(content)
    check_expansion(sum(sizes), n_packed, where=path)
    columns = unique(names, where=str(path))
    # A value that stands once in the file may be in every row, so rows may be larger than files.
    # Fewer rows at once would cost honest files time.
    n_at_once = max(32, min(1024, LIMITS.whole // 2 // max([1, *sizes])))
    batches = _counted(file.iter_batches(n_at_once), n_packed, path)
    return OpenTable(columns, _rows_of_batches(path, batches, columns))


def _counted(batches: Iterable[Any], n_packed: int, path: str | Path) -> Iterator[Any]:
    """The same batches, until more has come out of the file than `LIMITS` allow."""
    n_unpacked = 0
    for batch in batches:
        n_unpacked += batch.nbytes
        check_expansion(n_unpacked, n_packed, where=path)
        yield batch


def _rows_of_batches(
    path: str | Path, batches: Iterable[Any], columns: Sequence[str]
) -> Iterator[Row | DataError]:
    from pyarrow import ArrowException

    number = 0
    try:
        for batch in batches:
            for values in zip(*map(_values_of_column, batch.columns), strict=True):
                yield _row_of_values(f"{path}: row {number}", columns, values, filled)
                number += 1
    except (OSError, ArrowException, *_UNREADABLE) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{path}: cannot be read after row {number}: {reason:.200}. "
            "Copy or write the file again; leave columns out that are no text, numbers or lists."
        ) from error


_UNREADABLE: Final = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What pyarrow raises, beside its own, for damaged pages and values that Python does not have."""


def _row_of_values(
    where: str, columns: Sequence[str], values: Iterable[Any], make: Callable[[Any], Any]
) -> Row | DataError:
    try:
        return Row(where, dict(zip(columns, map(make, values), strict=True)))
    except RecursionError:
        return DataError(f"{where}: lists and mappings are nested too deep. Make them flatter.")


def _values_of_column(column: Any) -> Any:
    if "map<" not in str(column.type):  # what all columns need for maps is ten times as slow
        return column.to_pylist()
    return column.to_pylist(maps_as_pydicts="strict")


def filled(value: Any) -> Any:
    """A column of mappings has all keys in all rows; a key that a row lacks is empty there."""
    value = _plain(value)
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def is_frame(table: object) -> bool:
    """Whether something is a pandas DataFrame, as far as one can tell without pandas."""
    return hasattr(table, "iloc") and hasattr(table, "columns")


def open_frame(frame: Any, *, where: str = "frame") -> OpenTable:
    """A pandas DataFrame, which errors call `where`; named levels of its index are columns.

    Raises:
        DataError: A column occurs twice.
    """
    named = [name for name in frame.index.names if name is not None]
    if named := [name for name in named if name not in frame.columns]:
        # What has a name is data: ids are often kept in the index.
        frame = frame.reset_index(level=named)
    columns = unique(map(str, frame.columns), where=where)
    return OpenTable(columns, _rows_of_frame(frame, columns, where))


def open_columns(columns: Mapping[str, Sequence[Any]], *, where: str) -> OpenTable:
    """Columns of the same length, such as those of a batch, which errors call `where`."""
    cells = zip(*columns.values(), strict=True)
    names = list(columns)
    rows = (
        Row(f"{where} row {number}", dict(zip(names, map(filled, values), strict=True)))
        for number, values in enumerate(cells)
    )
    return OpenTable(names, rows)


def _rows_of_frame(frame: Any, columns: Sequence[str], where: str) -> Iterator[Row | DataError]:
    n_rows = 10_000  # turned into plain values at once
    for first in range(0, len(frame), n_rows):
        part = frame.iloc[first : first + n_rows]
        cells = (part.iloc[:, i].astype(object).tolist() for i in range(len(columns)))
        for number, values in enumerate(zip(*cells, strict=True), first):
            yield _row_of_values(f"{where} row {number}", columns, values, _plain)


def _plain(value: Any) -> Any:
    """A value without numpy, and `None` for the many kinds of missing values of pandas."""
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, float):
        return None if value != value else float(value)
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return _plain(value.tolist()) if type(value).__module__ == "numpy" else value
