"""Ids of entities as biomedical files write them: several of a mention, names of bases before."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from nerlink.data import NIL
from nerlink.sources.foreign import own_entity
from nerlink.sources.losses import Losses
from nerlink.sources.names import Names
from nerlink.sources.nil import is_no_link_spelling

__all__ = ["ALL_IDS", "IdRule", "entity_of_ids", "ids_of"]

IdRule = Literal["first", "all"]
"""Which of several ids is the entity: the first, or all of them as they stand, as one."""

ALL_IDS: Final = "all_ids"
"""The mention column that has all ids of a mention of several, as the file writes them."""


def entity_of_ids(
    ids: str, rule: IdRule, names: Names, losses: Losses, *, prefix: bool = True
) -> tuple[str | None, Mapping[str, Any]]:
    """The entity that a cell of ids names, and the column that keeps all ids where it is one.

    >>> entity_of_ids("MESH:D003110|MESH:D009369", "first", Names("a"), Losses(), prefix=False)
    ('D003110', {'all_ids': 'MESH:D003110|MESH:D009369'})

    Args:
        ids: Ids with `|`, `+` or `;` between them, and blanks around them.
        rule: Which of several is the entity; several are counted.
        names: Says how other words for `NIL` are read.
        losses: The counts.
        prefix: Keep what stands before a colon, such as `MESH:`.
    """
    parts = [part for one in re.split(r"[|+;]", ids) if (part := one.strip())]
    known = [part for part in parts if not is_no_link_spelling(part)]
    if not known:
        return None, {}
    if len(known) == 1 or rule == "all":
        whole = known[0] if len(known) == 1 else ids.strip()
        return _own(whole, names, prefix), {}
    losses.add("further ids of a mention")
    return _own(known[0], names, prefix), {ALL_IDS: ids.strip()}


def _own(entity: str, names: Names, prefix: bool) -> str:
    own = own_entity(entity, names)
    return own if prefix or own == NIL else re.sub(r"(^|[|+;])\s*[A-Za-z]\w*:", r"\1", own)


def ids_of(entity: str | None, more: Mapping[str, Any]) -> str:
    """The cell of ids of a mention: all that it had in its file, if the entity is still theirs."""
    if entity is None:
        return ""
    given = more.get(ALL_IDS)
    if isinstance(given, str) and re.match(rf"(\w+:)?{re.escape(entity)}\s*[|+;]", given):
        return given
    return "-1" if entity == NIL else entity
