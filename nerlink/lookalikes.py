"""Names that look alike: which one somebody probably meant."""

import difflib
import re
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
    """The end of a message: ` Did you mean 'text'?`, or nothing where no name is like `name`.

    Alike are names that may be misspellings of each other, and names of which one is a word of the
    other: `entity` and `entity_id`, but not `text` and `ticket`.
    """
    names = list(names)
    near = nearest(name, names, alike=MISSPELT) or next(
        (one for one in names if _words(name) <= _words(one) or _words(one) <= _words(name)), None
    )
    return f" Did you mean {near!r}?" if near else ""


def missing_column(column: str, present: Iterable[str], *, where: str) -> DataError:
    """The error for a column that is needed and not there, with the columns that are.

    Args:
        column: The column that is needed.
        present: The columns that are there; if it is one of them, only its value is missing.
        where: The place that the error names.
    """
    names = list(map(str, present))
    if column in names:
        return DataError(
            f"{where}: {column!r} has no value here. Fill it in, or leave the row out."
        )
    there = ", ".join(map(_short, names[:_N_SHOWN])) or "none"
    if len(names) > _N_SHOWN:
        there += f" and {len(names) - _N_SHOWN} more"
    hint = did_you_mean(column, names)
    return DataError(f"{where}: column {column!r} is missing; there are {there}.{hint}")


_N_SHOWN: Final = 30


def _short(name: str) -> str:
    """A name on one line: where a file has no names of columns, its first row is taken for them."""
    return name if name.isprintable() and len(name) <= 60 else f"{name!r:.60}"


def _words(name: str) -> set[str]:
    """The words of a name, in lower case: `entityId` and `entity_id` have two."""
    parts = re.findall(r"[A-Z]*[^\W_A-Z]+|[A-Z]+", name)
    return {part.lower() for part in parts} or {name}
