"""ZELDA as JSON lines: texts with their links to Wikipedia."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources.check import Result, check_document, documents_from
from nerlink.sources.keys import ENTITY_NAME, MENTION_COLUMNS
from nerlink.sources.records import (
    list_or_empty,
    name_or_none,
    ranges_or_none,
    require_keys,
    text_of,
)
from nerlink.tables import read_json_lines
from nerlink.words import number_of

__all__ = ["read_zelda"]

_TITLES = "wikipedia_titles"


def read_zelda(
    path: str | Path, *, entities: str = "titles", encoding: str = "utf-8"
) -> Iterator[Result]:
    """ZELDA: lines of `{"id", "text", "index", "wikipedia_ids", "wikipedia_titles"}`.

    Links whose anchor has no character, as there are some in its training texts, are left out.

    Args:
        path: The file.
        entities: Which of the two becomes the entity: `titles`, or `ids`, which come with the
            title as the mention's `entity_name`.
        encoding: How characters are stored.
    """
    if entities not in ("titles", "ids"):
        raise DataError(f"entities is {entities!r}; it must be 'titles' or 'ids'.")
    column = f"wikipedia_{entities}"
    rows = read_json_lines(path, encoding=encoding)
    yield from documents_from(rows, _document_from_zelda, column)


def _document_from_zelda(record: Mapping[str, Any], column: str, *, where: str) -> Document:
    require_keys(record, ("text", "index", column), where=where)
    index = ranges_or_none(record, "index", where=where) or ()
    # Ids say nothing to people, so their titles come along; a title speaks for itself.
    has_titles = column != _TITLES and record.get(_TITLES) is not None
    keys = [column, _TITLES] if has_titles else [column]
    lists = {key: list_or_empty(record, key, where=where) for key in keys}
    for key, values in lists.items():
        if len(values) != len(index):
            raise DataError(
                f"{where}: index has {number_of(len(index), 'ranges')}, {key} has {len(values)}."
            )
    links = []
    for (start, end), *values in zip(index, *lists.values(), strict=True):
        link = dict(zip(keys, values, strict=True))
        entity, *called = (name_or_none(link, key, where=where) for key in keys)
        if start != end:
            links.append((Mention(start=start, end=end, entity=entity), called))
    links.sort(key=lambda link: (link[0].start, link[0].end))
    names = [name for _, called in links for name in called]
    doc = Document(
        text=text_of(record, where=where),
        id=name_or_none(record, "id", where=where),
        mentions=tuple(mention for mention, _ in links),
        meta={MENTION_COLUMNS: {ENTITY_NAME: names}} if any(n is not None for n in names) else {},
    )
    return check_document(doc, where=where)
