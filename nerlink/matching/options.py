"""Which aliases are looked for: options of the matcher, and the small words that are no names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from nerlink.errors import ConfigError

__all__ = ["ENGLISH", "CaseRule", "MatchingOptions"]

CaseRule = Literal["auto", "agree", "ignore"]

_ENGLISH: Final = """
    a about above after again against all almost along also although always am among an and another
    any anyone anything are around as at away back be became because become been before behind being
    below between both but by came can cannot come could day did do does doing done down during each
    either else even ever every everyone everything few first for from further get go goes going
    gone good got had has have having he her here hers herself him himself his home how however i if
    in into is it its itself just know last least less let like long made make man many may me might
    mine more most much must my myself near neither never new next no nobody none nor not nothing
    now of off often on once one only onto or other others our ours out over own people per perhaps
    quite rather really said same say says second see seen several shall she should since so some
    somebody someone something soon still such take than that the their theirs them themselves then
    there these they thing things think this those though three through thus time to today together
    tomorrow too toward towards two under until up upon us use used very via was way we well went
    were what when where whether which while who whole whom whose why will with within without work
    would year years yes yesterday yet you your yours yourself
    monday tuesday wednesday thursday friday saturday sunday january february march april june july
    august september october november december
"""
ENGLISH: Final = frozenset(_ENGLISH.split())
"""Words of English that stand at the start of sentences so often that a capital tells nothing; days
and months, which have capitals and seldom are mentions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingOptions:
    """Which aliases are looked for, and what becomes of them.

    Args:
        min_length: Letters and digits that an alias must have.
        stop: Words that are no mention. One in small letters stops itself and its capitalised form,
            not an alias in capitals (`it` stops `It`, and `IT` stays); one with a capital in it
            stops what is written so.
        keep: Aliases that are no stop words, no common words and never found too often. As they are
            written here, they are also found where capitals should tell otherwise.
        case: Whether letters must be large where those of the alias are: `agree` says so of every
            alias, `ignore` of none, `auto` of short and of single words, unless the base or the
            texts show that capitals mean nothing there.
        case_length: Letters and digits up to which an alias is short.
        common: Share of small letters from which on an alias in capitals is a common word of the
            texts, and is left out; more than 1 leaves none out. Capitals at the start of sentences
            do not count.
        max_rate: Findings of an alias without capitals in 1,000 characters of text that are too
            many, if there are a hundred of them: the English `the` has ten.
        labels: Types of entities to labels; `None` for no label. Other types are labels as they
            are. The type `""` is that of entities without one.
        short_names: Mark the last word of a full name, too, where it stands alone in the document:
            `Lovelace` beside `Ada Lovelace`. Needs a survey of the texts, which tells names from
            words.

    Raises:
        ConfigError: A value that cannot be used.
    """

    min_length: int = 2
    stop: frozenset[str] = ENGLISH
    keep: frozenset[str] = frozenset()
    case: CaseRule = "auto"
    case_length: int = 4
    common: float = 0.5
    max_rate: float = 10.0
    labels: Mapping[str, str | None] = field(default_factory=dict)
    short_names: bool = True

    def __post_init__(self) -> None:
        for name in ("min_length", "case_length", "common", "max_rate"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}. It must be 0 or more.")
        if self.case not in get_args(CaseRule):
            raise ConfigError(f"case is {self.case!r}. Known are {', '.join(get_args(CaseRule))}.")

    def label_of(self, type_: str | None) -> str | None:
        """The label of mentions of entities of a type."""
        return self.labels.get(type_ or "", type_ or None)
