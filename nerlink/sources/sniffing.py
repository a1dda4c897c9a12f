"""A look at the beginning of a file, whose ending may be that of another format."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from nerlink.errors import DataError
from nerlink.files import STANDARD, open_binary, sound_lines

__all__ = ["format_by_content"]

log = logging.getLogger(__name__)

_TAGGED: Final = re.compile(r"\S.*[ \t](O|[BIESLUMW]-\S+)[ \t]*")
_N_LINES: Final = 50
_N_BYTES: Final = 1 << 20


def format_by_content(path: str | Path, name: str, told: set[str] | None = None) -> str:
    """The format of a file: that of its ending, or another one whose content cannot be mistaken.

    Another one is said.

    Args:
        path: The file; standard input is not looked at.
        name: The format that its ending names.
        told: Formats that were said before, of other files of a folder; a new one is added.

    Raises:
        DataError: The content is of another format, and how it is to be read has to be told.
    """
    if str(path) == STANDARD or not Path(path).is_file():
        return name
    found = None
    if name in ("json", "jsonl"):
        found = _format_of_record(_first_record(path))
    elif name == "bioc" or name == "xmi":
        found = _format_of_xml(path)
    elif name in ("text", "csv", "tsv"):
        found = _format_of_lines(path, name)
    if found is None or found == name:
        return name
    if told is not None and found in told:
        return found
    if told is not None:
        told.add(found)
    log.warning(
        "%s: read as %s, as its content shows; name the format to have it otherwise: --from %s.",
        path,
        found,
        name,
    )
    return found


def _format_of_lines(path: str | Path, name: str) -> str | None:
    if name == "text" and Path(path).with_suffix(".ann").is_file():
        return "brat"
    try:
        lines = [line for _, line in islice(sound_lines(path), _N_LINES) if line.strip()]
    except DataError:
        return None  # the reader has an encoding of its own, or says what is wrong
    if not lines:
        return None
    if re.match(r"\d+\|[ta]\|", lines[0]):
        return "pubtator"
    if lines[0].startswith("TOKEN\tNE-COARSE-LIT"):
        return "hipe"
    if found := _other_format(lines, name):
        what, advice = found
        raise DataError(
            f"{path}: looks like {what}: {advice}. If it is not, name the format: --from {name}."
        )
    return None


def _other_format(lines: list[str], name: str) -> tuple[str, str] | None:
    """What some lines look like and how that is read; `None` where they are what they should be."""
    if lines[0].startswith("#FORMAT=WebAnno TSV"):
        return "WebAnno TSV", "export the project as UIMA CAS XMI, which --from xmi reads"
    if len(lines) > 1 and re.match(r"-DOCSTART-[ \t]", lines[0]):
        return "columns of tokens", "--from conll reads it, with its columns named"
    if lines[0].split("\t")[0] == "TOKEN" and any(line.startswith("#") for line in lines):
        return "columns of tokens", "--from conll reads it"
    n_tagged = sum(_TAGGED.fullmatch(line) is not None for line in lines)
    if n_tagged > len(lines) * 0.8 and (name == "text" or _TAGGED.fullmatch(lines[0])):
        return "columns of tokens", "--from conll reads it"
    if name == "text" and len(lines) > 1 and all(re.match(r'\{".*\}', line) for line in lines):
        return "JSON lines", "--from jsonl reads it"
    return None


def _head(path: str | Path) -> str:
    try:
        with open_binary(path) as handle:
            return handle.read(_N_BYTES).decode("utf-8-sig", "ignore")
    except DataError:
        return ""  # the reader says what is wrong


def _first_record(path: str | Path) -> Mapping[str, Any]:
    """The first object of a file of JSON, if it stands near the beginning."""
    head = _head(path).lstrip().removeprefix("[").lstrip()
    try:
        record, _ = json.JSONDecoder().raw_decode(head)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, Mapping) else {}


def _is_elevant(record: Mapping[str, Any]) -> bool:
    """Whether a record has links as ELEVANT writes them: they have a span and an entity."""
    for key, entity in (("labels", "entity_id"), ("entity_mentions", "id")):
        given = record.get(key)
        if isinstance(given, list) and given and isinstance(given[0], Mapping):
            return {"span", entity} <= given[0].keys()
    return False


_RECORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "label-studio": lambda record: (
        isinstance(record.get("data"), Mapping)
        and bool({"annotations", "predictions", "completions"} & record.keys())
        and "text" not in record
    ),
    "bioc": lambda record: {"documents", "source"} <= record.keys(),
    "prodigy": lambda record: (
        "text" in record
        and ({"spans", "answer"} <= record.keys() or {"_input_hash", "_task_hash"} <= record.keys())
    ),
    "elevant": lambda record: "text" in record and _is_elevant(record),
}
"""Formats of JSON by what their records have, and no other's."""


def _format_of_record(record: Mapping[str, Any]) -> str | None:
    return next((name for name, is_so in _RECORDS.items() if is_so(record)), None)


def _format_of_xml(path: str | Path) -> str | None:
    found = re.search(r"<(?!\?|!)([\w:]+)", _head(path))
    if found is None:
        return None
    return {"collection": "bioc", "xmi:XMI": "xmi"}.get(found[1])
