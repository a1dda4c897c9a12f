"""How corpora and other tools spell that a mention has no entity, where nerlink writes `NIL`."""

import re
from typing import Final

__all__ = ["is_nil_spelling", "is_no_link_spelling"]

_NIL: Final = re.compile(
    r"nil([ _-]?\d+)?"  # TAC KBP numbers its clusters: NIL0012, NIL_12
    r"|nme|--nme--"  # AIDA-CoNLL-YAGO: not in the base, "no matching entity"
    r"|-1"  # BioCreative CDR, BLINK
    r"|null|\*null\*|none|---"  # ACE 2004, AQUAINT and MSNBC; None and null as text
    r"|<nil>|unlinkable|ookb",  # out of knowledge base
    re.IGNORECASE,
)

_NO_LINK: Final = re.compile(
    r"_|-|O"  # columns: HIPE, CoNLL-U, PubTator, the outside tag
    r"|[nN][aA][nN]|<NA>"  # a missing value of pandas as text
)


def is_nil_spelling(value: str) -> bool:
    """Whether a link says in another tool's words that the base has no such entity.

    >>> [is_nil_spelling(value) for value in ("nil", "--NME--", "NIL0012", "Q1")]
    [True, True, True, False]
    """
    return _NIL.fullmatch(value.strip()) is not None


def is_no_link_spelling(value: str) -> bool:
    """Whether a link says nothing, neither an entity nor `NIL`: the blank cell of a column.

    Read as `NIL`, it would teach a model that the base lacks what nobody looked up.

    >>> [is_no_link_spelling(value) for value in ("_", "O", "nan", "NIL", "Q1")]
    [True, True, True, False, False]
    """
    return _NO_LINK.fullmatch(value.strip()) is not None
