"""A base as a file for other programs, from which the base can be built again."""

import csv
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final, TextIO, TypeAlias
from urllib.parse import quote

from nerlink.data import Entity
from nerlink.errors import DataError
from nerlink.files import STANDARD, open_output
from nerlink.kb.cells import escaped
from nerlink.kb.thesauri.ids import ENTITIES, TYPES, address_of, is_address
from nerlink.lookalikes import did_you_mean
from nerlink.words import number_of

__all__ = ["EXPORTS", "export_entities"]

log = logging.getLogger(__name__)

_Writer: TypeAlias = Callable[[Iterable[Entity], TextIO, str], Counter[str]]

_HEAD: Final = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"


def export_entities(
    entities: Iterable[Entity],
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    base: str = ENTITIES,
) -> None:
    """Write entities one by one, and say what the file cannot hold.

    JSON lines and CSV hold all of an entity; aliases are a cell of JSON with their counts in CSV.
    SKOS holds no counts of aliases and no popularity; a type is what is broader.

    Args:
        entities: What to write.
        path: The file, which appears whole or not at all; `-` is standard output.
        format: `jsonl`, `csv` or `skos`; by default what the ending says.
        base: What addresses in SKOS begin with, such as `https://example.org/id/`, where an id is
            none.

    Raises:
        DataError: The format is not known, or the file cannot be written.
    """
    write = _writer(path, format)
    if not is_address(base):
        raise DataError(
            f"base is {base!r:.80}; addresses begin like 'https://example.org/id/'. Name one."
        )
    with open_output(path) as handle:
        losses = write((_escaped(entity) for entity in entities), handle, base)
    if n_addresses := losses.pop("addresses", 0):
        log.warning(
            "%s: ids that are addresses: %s. To have them again, build with whole_ids=True "
            "(--whole-ids).",
            path,
            f"{n_addresses:,}",
        )
    if lost := [number_of(n, what) for what, n in losses.items() if n]:
        log.warning("%s: SKOS does not hold %s. JSON lines and CSV do.", path, ", ".join(lost))


def _writer(path: str | Path, format_: str | None) -> _Writer:
    if format_ is None:
        name = Path(path).name.lower().removesuffix(".gz")
        format_ = _ENDINGS.get(Path(name).suffix)
    formats = ", ".join(EXPORTS)
    if format_ is not None:
        if format_ in EXPORTS:
            return EXPORTS[format_]
        raise DataError(
            f"{format_!r:.80} is no format of a base; these are: {formats}."
            f"{did_you_mean(format_, EXPORTS)}"
        )
    place = "standard output" if str(path) == STANDARD else str(path)
    raise DataError(
        f"{place}: the format is not known. Name a file in {', '.join(_ENDINGS)}, or the format "
        f"with format=... (--to ...): {formats}."
    )


def _escaped(entity: Entity) -> Entity:
    """The entity with texts that are read as they are: tables may hold references of HTML."""
    return replace(
        entity,
        name=escaped(entity.name),
        description=escaped(entity.description),
        type=entity.type and escaped(entity.type),
        aliases={escaped(alias): count for alias, count in entity.aliases.items()},
    )


def _write_jsonl(entities: Iterable[Entity], handle: TextIO, _base: str) -> Counter[str]:
    for entity in entities:
        handle.write(json.dumps(asdict(entity), ensure_ascii=False) + "\n")
    return Counter()


def _write_csv(entities: Iterable[Entity], handle: TextIO, _base: str) -> Counter[str]:
    # The line end of the standard: with a line feed, a lone carriage return would not be quoted.
    writer = csv.writer(handle, lineterminator="\r\n")
    writer.writerow(("id", "name", "description", "type", "popularity", "aliases"))
    for one in entities:
        aliases = json.dumps(one.aliases, ensure_ascii=False) if one.aliases else ""
        writer.writerow((one.id, one.name, one.description, one.type, one.popularity, aliases))
    return Counter()


def _write_skos(entities: Iterable[Entity], handle: TextIO, base: str) -> Counter[str]:
    losses: Counter[str] = Counter()
    handle.write(_HEAD)
    for entity in entities:
        losses["counts of aliases"] += sum(count > 0 for count in entity.aliases.values())
        losses["popularities"] += entity.popularity > 0
        address = address_of(entity.id, base)
        losses["addresses"] += address == entity.id
        others = [alias for alias in entity.aliases if alias != entity.name]
        lines = [
            f"<{address}> a skos:Concept",
            f"skos:prefLabel {_literal(entity.name)}",
            *(f"skos:altLabel {_literal(alias)}" for alias in others),
        ]
        if entity.description:
            lines.append(f"skos:definition {_literal(entity.description)}")
        if entity.type:
            lines.append(f"skos:broader <{TYPES}{quote(entity.type, safe='')}>")
        handle.write("\n" + " ;\n  ".join(lines) + " .\n")
    return losses


def _literal(text: str) -> str:
    # JSON escapes the same characters as Turtle, in the same way.
    return json.dumps(text, ensure_ascii=False)


EXPORTS: Final[Mapping[str, _Writer]] = {
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "skos": _write_skos,
}
"""Formats in which a base is written."""

_ENDINGS: Final[Mapping[str, str]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".ttl": "skos",
}
