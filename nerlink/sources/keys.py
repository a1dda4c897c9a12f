"""Keys of documents and mentions in records and tables, and keys that may be misspelt ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.lookalikes import MISSPELT, nearest

__all__ = [
    "DOCUMENT_KEYS",
    "ENTITY_NAME",
    "KNOWN_COLUMNS",
    "MENTION_COLUMNS",
    "MENTION_KEYS",
    "MOST_COLUMNS",
    "TOKEN_COLUMNS",
    "TOKEN_KEYS",
    "refuse_lookalikes",
    "without_mention_columns",
]

DOCUMENT_KEYS: Final = tuple(field.name for field in fields(Document))
MENTION_KEYS: Final = tuple(field.name for field in fields(Mention))

TOKEN_KEYS: Final = ("sentence_id", "token", "ner", "nel", "misc")
"""Columns of a table with a row a token."""

KNOWN_COLUMNS: Final = frozenset({"doc_id", *DOCUMENT_KEYS, *MENTION_KEYS, *TOKEN_KEYS})
"""Columns with a meaning of their own; all others are entries of `Document.meta`."""

MENTION_COLUMNS: Final = "mention_columns"
"""Key of `Document.meta` for what mentions carry beside nerlink's own keys: a list for each
such key, with a value for each mention."""

TOKEN_COLUMNS: Final = "token_columns"  # noqa: S105
"""Key of `Document.meta` for columns such as parts of speech: a list for each, a value a token."""

MOST_COLUMNS: Final = 2000
"""Columns of a table and keys of the mentions of a document: each has a value in every row."""

ENTITY_NAME: Final = "entity_name"
"""The mention column that says what an entity is called, where its id does not."""


def without_mention_columns(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document whose mentions change, less the columns that describe these."""
    return {key: value for key, value in meta.items() if key != MENTION_COLUMNS}


def refuse_lookalikes(
    names: Iterable[str], entries: Sequence[Mapping[str, Any]], *, where: str
) -> None:
    """Refuse a key of mentions that is nearly one of nerlink's, which no mention has.

    Args:
        names: The keys of the mentions that are not nerlink's.
        entries: The records of the mentions.
        where: The place that the error names.

    Raises:
        DataError: With the key that was probably meant.
    """
    given = set().union(*entries)
    for name in names:
        near = _nearest(name) if len(name) <= _LONGEST else None
        if near and near not in given:
            raise DataError(
                f"{where}: a mention has {name!r}, but none has {near!r}. Write {near!r} if that "
                f"is meant; else call it something that is less like it."
            )


_LONGEST: Final = 40
"""Characters of a key that may be a misspelling of one of nerlink's."""


@lru_cache(maxsize=4096)  # a key is met in every document of a file
def _nearest(name: str) -> str | None:
    return nearest(name, MENTION_KEYS, alike=MISSPELT)
