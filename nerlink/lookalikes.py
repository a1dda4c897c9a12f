"""Names that look alike: which one somebody probably meant."""

import difflib
from collections.abc import Iterable
from typing import Final

from nerlink.errors import DataError

__all__ = ["MISSPELT", "did_you_mean", "missing_column", "nearest"]

MISSPELT: Final = 0.75
"""How alike two names are, from 0 to 1, if one may be a misspelling of the other."""


def nearest(name: str, names: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The one of some names that is most like `name`, whatever the case; `None` if none is.

    Args:
        name: What somebody wrote.
        names: What may have been meant.
        alike: How alike the two must be, from 0 to 1.
    """
    by_lower = {one.lower(): one for one in names}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=alike)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The end of a message: ` Did you mean 'text'?`, or nothing where no name is like `name`."""
    near = nearest(name, names)
    return f" Did you mean {near!r}?" if near else ""


def missing_column(column: str, present: Iterable[str], *, where: str) -> DataError:
    """The error for a column that is needed and not there, with the columns that are.

    Args:
        column: The column that is needed.
        present: The columns that are there; that of the same name has no value.
        where: The place that the error names.
    """
    names = [str(name) for name in present if name != column]
    there = ", ".join(names) or "none"
    hint = did_you_mean(column, names)
    return DataError(f"{where}: column {column!r} is missing; there are {there}.{hint}")
