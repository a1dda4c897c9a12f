"""JSON as nerlink takes it: nothing twice, nothing too deep, and errors that name the place."""

import json
from collections import Counter
from typing import Any, Final

from nerlink.errors import DataError
from nerlink.words import shown

__all__ = ["RepeatedKeyError", "parse_json"]


class RepeatedKeyError(DataError):
    """An object of JSON that has a key twice."""


def parse_json(text: str, *, where: str) -> Any:
    """The value in some JSON.

    Raises:
        RepeatedKeyError: An object has a key twice, of which one value would be lost.
        DataError: The text is not JSON; the message names the line and the column.
    """
    try:
        return _JSON.decode(text)
    except RepeatedKeyError as error:
        raise RepeatedKeyError(f"{where}: {error}") from error
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise DataError(
            f"{where}: not JSON at {line}column {error.colno}: {error.msg}. Mend it."
        ) from error
    except (RecursionError, ValueError) as error:
        raise DataError(
            f"{where}: this JSON cannot be read: {error}. "
            "Make its lists less deep and its numbers shorter."
        ) from error


def _constant(name: str) -> float | None:
    """NaN, which Python and pandas write for a missing value, and the infinities."""
    return None if name == "NaN" else float(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    twice, n_times = Counter(key for key, _ in pairs).most_common(1)[0]
    said = " and ".join(f"{shown(value, 40)}" for key, value in pairs if key == twice)
    raise RepeatedKeyError(
        f"the key {shown(twice)} occurs {n_times} times in one object, as {said:.120}. Leave one."
    )


_JSON: Final = json.JSONDecoder(parse_constant=_constant, object_pairs_hook=_object)
