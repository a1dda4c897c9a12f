"""TOML and JSON tables checked against typed models, with errors that name file, key and value."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self, TypeVar, get_args

import tomli_w
from pydantic import (
    BaseModel,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from nerlink.errors import ConfigError
from nerlink.lookalikes import MISSPELT, nearest

__all__ = [
    "CheckedTable",
    "check_table",
    "dump_table",
    "flatten",
    "parse_value",
    "read_json",
    "read_table",
    "set_value",
]

Checked = TypeVar("Checked", bound=BaseModel)


class CheckedTable(BaseModel):
    """A model that refuses values made in Python as it refuses those of a file."""

    @model_validator(mode="wrap")
    @classmethod
    def _refuse(
        cls, values: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        try:
            return handler(values)
        except ValidationError as error:
            where = (info.context or {}).get("where", cls.__name__)
            raise _refusal(cls, error, where) from error


def read_table(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: The file is missing, not UTF-8, or not TOML (with the line).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"{path}: cannot be read ({reason}). Check the path.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8. Save it as UTF-8.") from error
    except (
        ValueError,
        RecursionError,
    ) as error:  # a number, or nesting, beyond Python's limits too
        raise ConfigError(f"{path}: not valid TOML: {error}. Mend that line.") from error


def read_json(model: type[Checked], path: Path) -> Checked:
    """The content of a JSON file that a program wrote, as a typed model.

    Raises:
        ConfigError: The file is missing, not JSON, nested too deep, or a value is not allowed.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"{path}: cannot be read ({reason}). Check the path.") from error
    except ValidationError as error:
        raise _refusal(model, error, str(path)) from error


def dump_table(model: BaseModel) -> str:
    """A model as TOML; what is `None` is left out."""
    return tomli_w.dumps(model.model_dump(mode="json", exclude_none=True, by_alias=True))


def parse_value(text: str) -> Any:
    """A value in TOML notation; what is not TOML is a string: `3`, `[1, 2]`, `cpu`."""
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if len(table) == 1 else text


def set_value(table: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a dotted key, in place; a number counts in an array, from 0.

    Raises:
        ConfigError: The key leads through something that is no table, or skips in an array.
    """
    parts = key.split(".")
    place: Any = table
    for part, following in pairwise(parts):
        place = _step(place, part, key, new=[] if following.isdigit() else {})
    _put(place, parts[-1], value, key)


def flatten(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys, such as `data.0.train`, and plain values of a table."""
    if isinstance(value, Mapping):
        items = [(str(name), item) for name, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        items = [(str(place), item) for place, item in enumerate(value)]
    else:
        yield key, value
        return
    for name, item in items:
        yield from flatten(item, f"{key}.{name}" if key else name)


def check_table(model: type[Checked], table: Mapping[str, Any], *, where: str) -> Checked:
    """The table as a typed model.

    Args:
        model: What the table should be.
        table: What was read.
        where: The file, or whatever else the table came from; it opens the message.

    Raises:
        ConfigError: A key is not known (the nearest known one is named) or a value not allowed.
    """
    try:
        return model.model_validate(table, context={"where": where})
    except ValidationError as error:
        raise _refusal(model, error, where) from error


def _refusal(model: type[BaseModel], error: ValidationError, where: str) -> ConfigError:
    keys = list(_known_keys(model))
    details = error.errors(include_url=False)
    # Of a list without its wrong items pydantic says also that it is too short.
    inner = {detail["loc"][:-1] for detail in details if detail["loc"]}
    found: dict[str, list[str]] = {}
    for detail in details:
        if detail["loc"] not in inner:
            key = ".".join(str(part) for part in detail["loc"] if _is_key(part))
            told = found.setdefault(_opening(detail, key), [])
            told.append(_describe(detail, key, keys))
    # A key that may have values of several kinds has a message of each.
    problems = "; ".join(f"{opening} {' or '.join(told)}" for opening, told in found.items())
    end = "" if problems.endswith("?") else "."
    return ConfigError(f"{where}: {problems}{end}")


def _step(place: Any, part: str, key: str, *, new: Any) -> Any:
    """The table or array at `part`, made if it is not there."""
    if isinstance(place, list) and part.isdigit() and int(part) < len(place):
        return place[int(part)]
    if isinstance(place, dict) and part in place:
        return place[part]
    _put(place, part, new, key)
    return new


def _put(place: Any, part: str, value: Any, key: str) -> None:
    if isinstance(place, dict):
        place[part] = value
    elif isinstance(place, list) and part.isdigit() and int(part) <= len(place):
        place[int(part) : int(part) + 1] = [value]
    elif isinstance(place, list):
        raise ConfigError(f"{key}: {part!r} should be a number from 0 to {len(place)}.")
    else:
        raise ConfigError(f"{key}: {part!r} lies inside a plain value ({place!r}), not a table.")


SHOWN: Final = 200
"""Characters of a wrong value that an error shows."""

_SHOULD: Final[Mapping[str, str]] = {
    **dict.fromkeys(("bool_type", "bool_parsing"), "should be true or false"),
    **dict.fromkeys(("float_type", "float_parsing"), "should be a number, such as 0.5"),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float"), "should be a whole number, such as 3"
    ),
    "dict_type": 'should be a table, such as {name = "value"}',
    "path_type": 'should be a path in quotes, such as "a-file.jsonl"',
    "string_type": "should be text in quotes",
    "too_short": "should not be empty",
}
"""What a value should be, as TOML has it, by pydantic's name of the mistake."""


def _is_key(part: object) -> bool:
    """Whether a part of a location is a key or a place, not the name of a kind of value."""
    return bool(re.fullmatch(r"[\w-]+", str(part))) and part != "constrained-float"


def _opening(detail: ErrorDetails, key: str) -> str:
    if detail["type"] == "json_invalid":
        return "the file"
    is_value = detail["type"] not in ("extra_forbidden", "missing")
    value = repr(detail["input"])
    shown = value if len(value) <= SHOWN else f"{value[: SHOWN - 3]}..."
    return f"{key or 'the content'} = {shown}" if is_value else key


def _describe(detail: ErrorDetails, key: str, keys: list[str]) -> str:
    if detail["type"] == "extra_forbidden":
        return f"is not a known key{_suggestion(key, keys)}"
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "model_type" and not key:
        return "should be a table"
    if detail["type"] == "model_type":
        section, _, last = key.rpartition(".")
        line = f"[[{section}]]" if last.isdigit() else f"[{key}]"
        return f"should be a table, its keys and values under a line {line}"
    if detail["type"] == "tuple_type" and any(known.startswith(f"{key}.") for known in keys):
        return f"should be a list of tables, each under a line [[{key}]]"
    if detail["type"] == "tuple_type":
        return f"should be a list, such as {key} = {json.dumps([detail['input']], default=str)}"
    if detail["type"] in _SHOULD:
        return _SHOULD[detail["type"]]
    if detail["type"] == "json_invalid":
        return f"is {detail['msg'][0].lower()}{detail['msg'][1:]}"
    return detail["msg"].removeprefix("Input ").removeprefix("Value error, ")


def _suggestion(key: str, keys: list[str]) -> str:
    """The nearest known key, or else all keys of the same table."""
    parts = [part for part in key.split(".") if not part.isdigit()] or [key]
    section = ".".join(parts[:-1])
    siblings = [known for known in keys if known.rpartition(".")[0] == section]
    namesakes = [known for known in keys if known.rpartition(".")[2] == parts[-1]]
    near = (
        nearest(".".join(parts), siblings, alike=MISSPELT)
        or next(iter(namesakes), None)
        or nearest(".".join(parts), keys)
    )
    return f", did you mean {near}?" if near else f", known are {', '.join(siblings)}"


def _known_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Dotted names of all fields, those of nested models too."""
    for attribute, field in model.model_fields.items():
        name = field.alias or attribute
        yield prefix + name
        for nested in (field.annotation, *get_args(field.annotation)):
            if isinstance(nested, type) and issubclass(nested, BaseModel):
                yield from _known_keys(nested, f"{prefix}{name}.")
