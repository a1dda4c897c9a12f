"""Documents of a text and the mentions that a file has for it: checked, converted, in order."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources.check import check_document
from nerlink.sources.keys import MENTION_COLUMNS, MENTION_KEYS, MOST_COLUMNS
from nerlink.sources.losses import Losses
from nerlink.sources.offsets import in_characters, units_hint
from nerlink.tables import mapping

__all__ = [
    "Found",
    "column_name",
    "document_from_found",
    "more_of",
    "rest_of_found",
    "whole_surface",
]

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Found(NamedTuple):
    """A mention as a file has it.

    Args:
        mention: The mention, whose offsets may count another unit than characters.
        where: The place that errors name.
        surface: The text of the mention, where the file has it.
        more: What else the file says of it; nerlink's own keys do not count.
    """

    mention: Mention
    where: str
    surface: str | None = None
    more: Mapping[str, Any] = _NOTHING


def document_from_found(
    doc: Document, found: Sequence[Found | DataError], *, where: str, say: Callable[[str], None]
) -> Document:
    """The document with its mentions; what else a file says of them goes to `meta`.

    Args:
        doc: The document so far.
        found: Its mentions in any order, or why one could not be read.
        where: The place that errors name.
        say: Called with what was converted.

    Raises:
        DataError: A mention does not fit the text, or a value is of another kind. Its `rest`
            gives the document without the mentions that are at fault.
    """
    try:
        return _made(doc, found, range(len(found)), where, say)
    except DataError as error:
        if found:
            error.rest = partial(rest_of_found, doc, found, where=where, say=say)
        raise


def rest_of_found(
    doc: Document, found: Sequence[Found | DataError], *, where: str, say: Callable[[str], None]
) -> tuple[Document, list[DataError]]:
    """The document without the mentions that are at fault, and what is wrong with each of them.

    The arguments are those of `document_from_found`.

    Raises:
        DataError: The document is bad without them, too.
    """
    _made(doc, found, (), where, say)
    faults = _faults(lambda these: _made(doc, found, these, where, say), range(len(found)))
    sound = [number for number in range(len(found)) if number not in faults]
    return _made(doc, found, sound, where, say), list(faults.values())


def _faults(
    make: Callable[[Sequence[int]], Document], numbers: Sequence[int]
) -> dict[int, DataError]:
    """The mentions that cannot be read, and why: by halves, so that few bad ones cost little."""
    try:
        make(numbers)
    except DataError as error:
        if len(numbers) == 1:
            return {numbers[0]: error}
        half = len(numbers) // 2
        return _faults(make, numbers[:half]) | _faults(make, numbers[half:])
    return {}


def _made(
    doc: Document,
    found: Sequence[Found | DataError],
    numbers: Sequence[int],
    where: str,
    say: Callable[[str], None],
) -> Document:
    chosen: list[Found] = []
    for number in numbers:
        one = found[number]
        if isinstance(one, DataError):
            raise one
        chosen.append(one)
    mentions = in_characters(
        doc.text,
        [one.mention for one in chosen],
        [one.surface for one in chosen],
        places=[one.where for one in chosen],
        say=say,
    )
    # Values of further keys, and the places of errors, follow their mentions into the new order.
    order = sorted(range(len(chosen)), key=lambda n: (mentions[n].start, mentions[n].end))
    meta = dict(doc.meta)
    columns = _mention_columns([chosen[n].more for n in order], where=where)
    if (given := meta.get(MENTION_COLUMNS)) is not None:
        places = [numbers[n] for n in order]
        columns = _merged(given, columns, places, n_all=len(found), where=where)
    if columns:
        meta[MENTION_COLUMNS] = columns
    whole = replace(doc, mentions=tuple(mentions[n] for n in order), meta=meta)
    try:
        places_of = [chosen[n].where for n in order]
        return check_document(whole, where=where, places=places_of, is_plain=True)
    except DataError as error:
        if any(m.end > len(doc.text) for m in mentions) and (hint := units_hint(doc.text)):
            raise DataError(f"{error}{hint}", reason=error.reason) from error
        raise


def column_name(key: object, kind: str) -> str:
    """What a further value of a mention is called: `infon_score`, where nerlink has a `score`.

    Args:
        key: What the file calls it.
        kind: What such values are in the file.
    """
    return f"{kind}_{key}" if key in MENTION_KEYS else str(key)


def whole_surface(text: str, start: int, end: int, surface: str | None) -> str | None:
    """The text of a mention from a line of a file, where blanks stand for what ends lines.

    A surface that is not what is there comes back as it is.
    """
    there = text[max(start, 0) : max(end, 0)]
    return there if surface is not None and there.translate(_ENDS) == surface else surface


_ENDS: Final = {ord(character): " " for character in "\t\n\r"}


def more_of(doc: Document, *, reserved: Collection[str], losses: Losses) -> list[dict[str, Any]]:
    """What `meta` has of each mention beside nerlink's own keys, (n_mentions).

    Args:
        doc: The document.
        reserved: Names that mean something else in the format; columns of these names, or of
            another length, are left out and counted.
        losses: The counts.
    """
    more: list[dict[str, Any]] = [{} for _ in doc.mentions]
    for name, values in doc.meta.get(MENTION_COLUMNS, {}).items():
        if name in reserved or name in MENTION_KEYS or len(values) != len(more):
            losses.add("columns of mentions")
            continue
        for entry, value in zip(more, values, strict=True):
            if value is not None:
                entry[name] = value
    return more


def _mention_columns(entries: Sequence[Mapping[str, Any]], *, where: str) -> dict[str, list[Any]]:
    """What mentions carry beside nerlink's own keys: a list for each key, (n_mentions)."""
    names = {key: None for entry in entries for key in entry if key not in MENTION_KEYS}
    if len(names) > MOST_COLUMNS:  # each has a value for each mention, most of them none
        raise DataError(
            f"{where}: mentions have {len(names):,} different keys; at most {MOST_COLUMNS:,} are "
            "kept. Put what differs from mention to mention under one key."
        )
    columns = {str(name): [entry.get(name) for entry in entries] for name in names}
    return {name: values for name, values in columns.items() if any(v is not None for v in values)}


def _merged(
    given: Any, columns: dict[str, list[Any]], places: Sequence[int], *, n_all: int, where: str
) -> dict[str, list[Any]]:
    """The columns of mentions that `meta` has, in the new order of the mentions, and the others.

    Args:
        given: What `meta` has: values of all mentions, in the order of the file.
        columns: The columns of the mentions at hand.
        places: The place of each of these in the file, (n_mentions).
        n_all: How many mentions the file has.
        where: The place that errors name.
    """
    given = mapping(given, where=f"{where}: {MENTION_COLUMNS}")
    if twice := given.keys() & columns.keys():
        raise DataError(
            f"{where}: mentions have {min(twice)!r}, and so has meta under {MENTION_COLUMNS!r}. "
            "Leave one of them out."
        )
    lists = {
        name: [c[n] for n in places] if isinstance(c, list | tuple) and len(c) == n_all else c
        for name, c in given.items()
    }
    return lists | columns
