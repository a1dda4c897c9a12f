"""TOML tables checked against typed models, with errors that name file, key and value."""

import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, TypeVar, get_args

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

__all__ = ["CheckedTable", "check_table", "dump_table", "parse_value", "read_table", "set_value"]

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
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}. Mend that line.") from error


def dump_table(model: BaseModel) -> str:
    """A model as TOML; what is `None` is left out."""
    return tomli_w.dumps(model.model_dump(mode="json", exclude_none=True))


def parse_value(text: str) -> Any:
    """A value in TOML notation; what is not TOML is a string: `3`, `[1, 2]`, `cpu`."""
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
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
    problems = "; ".join(_describe(one, keys) for one in error.errors(include_url=False))
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


def _describe(detail: ErrorDetails, keys: list[str]) -> str:
    key = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{key} is not a known key{_suggestion(key, keys)}"
    if detail["type"] == "missing":
        return f"{key} is missing"
    message = detail["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return f"{key} = {detail['input']!r} {message}"


def _suggestion(key: str, keys: list[str]) -> str:
    """The nearest known key, or else all keys of the same table."""
    parts = [part for part in key.split(".") if not part.isdigit()]
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
    for name, field in model.model_fields.items():
        yield prefix + name
        for nested in (field.annotation, *get_args(field.annotation)):
            if isinstance(nested, type) and issubclass(nested, BaseModel):
                yield from _known_keys(nested, f"{prefix}{name}.")
