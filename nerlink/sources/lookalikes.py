"""Keys that look like one of nerlink's, and may be mistyped: what they hold would not be learnt."""

import difflib
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from nerlink.errors import DataError

__all__ = ["note_lookalikes", "refuse_lookalikes"]

log = logging.getLogger(__name__)

_ALIKE: Final = 0.75
"""How alike two keys are, from 0 to 1, if one may be a misspelling of the other."""

_ELSEWHERE: Final = ("annotations", "entities", "label", "labels", "ner", "spans")
"""Keys under which other programs write mentions."""

_noted: Final[set[str]] = set()


def refuse_lookalikes(
    names: Iterable[str],
    keys: Sequence[str],
    entries: Sequence[Mapping[str, Any]],
    *,
    where: str,
) -> None:
    """Refuse a name that is nearly a key which no entry has.

    Raises:
        DataError: With the key that was probably meant.
    """
    for name in names:
        near = _nearest(name, tuple(keys))
        if near and not any(near in entry for entry in entries):
            raise DataError(
                f"{where}: a mention has {name!r}, but none has {near!r}. Write {near!r} if that "
                f"is meant; else call it something that is less like it."
            )


def note_lookalikes(record: Mapping[str, Any], *, where: str) -> None:
    """Say once of each key that it seems to hold mentions, in a document that has none."""
    for key, value in record.items():
        if str(key) not in _noted and _seems_mentions(str(key), value):
            _noted.add(str(key))
            log.warning(
                "%s: no 'mentions', but %r, which goes to meta and is not learnt from. If these "
                'are mentions, write "mentions": [{"start": 0, "end": 3, "label": "PER"}].',
                where,
                key,
            )


def _seems_mentions(key: str, value: Any) -> bool:
    if not isinstance(value, list | tuple) or not value:
        return False
    if _nearest(key, ("mentions",)):
        return True
    first = value[0]
    is_span = isinstance(first, list | tuple) and [type(one) for one in first[:2]] == [int, int]
    return key in _ELSEWHERE and (is_span or (isinstance(first, Mapping) and "start" in first))


@cache
def _nearest(name: str, keys: tuple[str, ...]) -> str | None:
    return next(iter(difflib.get_close_matches(name, keys, n=1, cutoff=_ALIKE)), None)
