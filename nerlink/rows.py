"""A row of any table, a table that is open, and what becomes of a row that cannot be read.

A row has the place that errors name. A row that cannot be read is an error in its place, so that
one bad row does not end a file.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from nerlink.errors import DataError
from nerlink.lookalikes import missing_column

__all__ = ["OpenTable", "Row", "attempt", "unique", "wrong_way_round"]

P = ParamSpec("P")
T = TypeVar("T")


class Row(NamedTuple):
    """One row of a table.

    Args:
        where: The place that an error names, such as `towns.csv:3`. Lines are counted from 1,
            rows of DataFrames and of Parquet files, and records, from 0.
        values: Columns to values; a missing value is `None`.
    """

    where: str
    values: Mapping[str, Any]

    def under(self, names: Mapping[str, str]) -> "Row":
        """The row with some columns renamed: `names` leads from nerlink's names to the table's."""
        taken = {*names, *names.values()}  # a column that has one of nerlink's names makes way
        values = {column: value for column, value in self.values.items() if column not in taken}
        found = {name: self.values[c] for name, c in names.items() if c in self.values}
        return Row(self.where, values | found)


class OpenTable(NamedTuple):
    """A table whose columns are known before its rows are read.

    Args:
        columns: The names of the columns.
        rows: The rows, each of which may be the reason why the row cannot be read.
    """

    columns: Sequence[str]
    rows: Iterator[Row | DataError]

    def under(self, names: Mapping[str, str], *, where: str) -> "OpenTable":
        """The table with some columns renamed, such as by `{"text": "body"}`.

        Raises:
            DataError: A column is not there, or one of nerlink's names is there already.
        """
        for name, column in names.items():
            if column not in self.columns and name in self.columns:
                raise wrong_way_round(names, where=where)
            if column not in self.columns:
                raise missing_column(column, self.columns, where=where)
        others = (column for column in self.columns if column not in names.values())
        columns = unique([*others, *names], where=where)
        rows = (row if isinstance(row, DataError) else row.under(names) for row in self.rows)
        return OpenTable(columns, rows)


def wrong_way_round(names: Mapping[str, str], *, where: str) -> DataError:
    """The error for a mapping from the table's names to nerlink's; shows the mapping to write."""
    right = {column: name for name, column in names.items()}
    return DataError(
        f"{where}: columns={dict(names)} is the wrong way round: "
        f"nerlink's names come first. Write columns={right}."
    )


def unique(columns: Iterable[str], *, where: str) -> list[str]:
    """The names of columns.

    Raises:
        DataError: A name occurs twice.
    """
    names = list(columns)
    if twice := [name for name, n_times in Counter(names).items() if n_times > 1]:
        raise DataError(f"{where}: columns {', '.join(sorted(map(repr, twice)))} occur twice.")
    return names


def attempt(parse: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | DataError:
    """What `parse` returns, or the `DataError` that it raises."""
    try:
        return parse(*args, **kwargs)
    except DataError as error:
        return error
