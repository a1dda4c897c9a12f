"""Short ids of addresses, and the addresses of ids."""

import re
import sqlite3
import weakref
from functools import cached_property
from typing import Final
from urllib.parse import quote, unquote

from nerlink.errors import DataError
from nerlink.kb.thesauri.options import ThesaurusOptions

__all__ = [
    "ENTITIES",
    "TYPES",
    "ShortIds",
    "address_of",
    "is_address",
    "local_part",
    "made_up_name",
]

ENTITIES: Final = "urn:nerlink:entity:"
"""What the address of an entity begins with where its id is none; as in NIF."""

TYPES: Final = "urn:nerlink:type:"

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.|urn:.")
_UNWRITABLE: Final = re.compile(r"[\s<>\"{}|\\^`]")
_OBO: Final = re.compile(r"https?://purl\.obolibrary\.org/obo/([A-Za-z]+)_(\w+)")
"""The address of a term by the policy of OBO Foundry."""


def is_address(text: str) -> bool:
    """Whether a text is the address of a thing, and no name or short id."""
    return _ADDRESS.match(text) is not None


def address_of(name: str, base: str) -> str:
    """An address that is as it is, or one made of a name, which `local_part` gives back."""
    is_own = name.startswith((ENTITIES, TYPES))
    is_ready = is_address(name) and not is_own and not _UNWRITABLE.search(name)
    return name if is_ready else base + quote(name, safe="")


def local_part(address: str) -> str:
    """The last part of an address, without escapes: `Q90` of `http://wikidata.org/entity/Q90`."""
    for base in (ENTITIES, TYPES):
        if address.startswith(base):
            return unquote(address.removeprefix(base))
    if term := _OBO.fullmatch(address):
        return f"{term[1]}:{term[2]}"
    parts = re.split("[/#:]" if address.startswith("urn:") else "[/#]", address)
    return unquote(next((part for part in reversed(parts) if part), address))


def made_up_name(address: str) -> str:
    """A name for what has none: the last part of its address, with blanks; else what it is."""
    is_own = address.startswith((ENTITIES, TYPES)) or not is_address(address)
    return local_part(address) if is_own else local_part(address).replace("_", " ")


class ShortIds:
    """Ids of addresses, the same for the same address and never one for two.

    What was given out is in a temporary file, so that millions take no memory.

    Args:
        options: How ids are made.
    """

    def __init__(self, options: ThesaurusOptions) -> None:
        self.whole = options.whole_ids
        # The longest first: one may begin as another does.
        self.prefixes = sorted(options.prefixes.items(), key=lambda pair: -len(pair[1]))

    @cached_property
    def _given(self) -> sqlite3.Connection:
        # Not checked: the garbage of one thread may be collected, and so closed, in another.
        given = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, given.close)
        given.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;"
            "CREATE TABLE given (id TEXT PRIMARY KEY, address TEXT) WITHOUT ROWID; BEGIN"
        )
        return given

    def of(self, address: str, *, where: str) -> str:
        """The id of an address.

        Args:
            address: The address, or an id that is none, which stays as it is.
            where: The place that errors name.

        Raises:
            DataError: Another address has the same last part, with both addresses.
        """
        id_ = self._short(address)
        insert = "INSERT OR IGNORE INTO given VALUES (?, ?)"
        if self._given.execute(insert, (id_, address)).rowcount:
            return id_
        query = "SELECT address FROM given WHERE id = ?"
        (before,) = self._given.execute(query, (id_,)).fetchone()
        if before != address:
            raise DataError(
                f"{where}: {address} and {before} would both have the id {id_!r:.80}. Keep whole "
                "addresses with whole_ids=True (--whole-ids), or tell them apart with prefixes="
                f"{{'x:': {_start_of(address, id_)!r}}} (--prefix x:={_start_of(address, id_)})."
            )
        return id_

    def _short(self, address: str) -> str:
        for prefix, start in self.prefixes:
            if address.startswith(start):
                return prefix + unquote(address.removeprefix(start))
        is_own = address.startswith(ENTITIES)
        # A relative address of a file without a base is `#Wine`.
        is_cut = is_address(address) if not self.whole else is_own
        return local_part(address) if is_cut or address.startswith("#") else address


def _start_of(address: str, id_: str) -> str:
    return address.removesuffix("/").removesuffix(quote(id_)).removesuffix(id_)
