"""Options of readers and writers, checked against what their signatures say."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nerlink.errors import DataError

__all__ = ["check_options"]

_ANYTHING = ConfigDict(arbitrary_types_allowed=True)


def check_options(
    owner: Callable[..., Any], options: Mapping[str, Any], known: Collection[str], *, what: str
) -> None:
    """Refuse options that a function or class does not have, or that are of another type.

    Args:
        owner: A function, or a class with typed fields.
        options: Names to values.
        known: Those that it takes.
        what: What the message calls it.

    Raises:
        DataError: With the name, the value and what it should be.
    """
    hints = get_type_hints(owner.func if isinstance(owner, partial) else owner)
    for name, value in options.items():
        if name not in known:
            raise DataError(f"{what} has no option {name!r}; it has {', '.join(known) or 'none'}.")
        try:
            TypeAdapter(hints[name], config=_ANYTHING).validate_python(value, strict=True)
        except ValidationError as error:
            raise DataError(f"{what}: {name} is {value!r}; it {_reason(error)}.") from error


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] in ("sequence_str", "is_instance_of"):
        return 'should be a list such as ["token", "ner"]'
    return first["msg"].removeprefix("Input ")
