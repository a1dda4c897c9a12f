"""JSON as nerlink takes it: nothing twice, nothing too deep, and errors that name the place."""

import json
import math
from collections import Counter
from typing import Any, Final

from nerlink.errors import DataError
from nerlink.words import shown

__all__ = ["RepeatedKeyError", "parse_json"]


class RepeatedKeyError(DataError):
    """An object of JSON that has a key twice."""


def parse_json(text: str, *, where: str, is_finite: bool = False) -> Any:
    """The value in some JSON.

    Args:
        text: The JSON.
        where: The place that errors name.
        is_finite: Refuse NaN and the infinities, also as numbers that are too large.

    Raises:
        RepeatedKeyError: An object has a key twice, of which one value would be lost.
        DataError: The text is not JSON; the message names the line and the column.
    """
    try:
        return (_FINITE if is_finite else _JSON).decode(text)
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


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.40} is no number that a program can hold")
    return number


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
_FINITE: Final = json.JSONDecoder(
    parse_constant=_finite, parse_float=_finite, object_pairs_hook=_object
)
