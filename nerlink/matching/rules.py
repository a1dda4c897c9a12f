"""What becomes of a surface that reads like an alias: a mention, or left out by a rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from nerlink.kb.normalise import normalise
from nerlink.matching.aliases import Alias, length_of
from nerlink.matching.cases import has_capitals, written_alike
from nerlink.matching.options import MatchingOptions

__all__ = ["Rule", "Rules"]


class Rule(StrEnum):
    """Why a surface is no mention, though an alias reads like it."""

    STOP = "stop word"
    SHORT = "short, and other capitals than the alias"
    SMALL = "in small letters, the alias in capitals"
    COMMON = "a common word of these texts"
    OFTEN = "found too often"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules by options, and by what the texts show.

    Args:
        options: What the user chose.
        kept: Keys of the aliases that the user keeps.
        verdicts: What the texts show of keys: `SMALL` where an alias must have its capitals,
            `COMMON` and `OFTEN` where it is left out.
        has_case: Whether capitals mean something in the base and the texts.
    """

    options: MatchingOptions
    kept: frozenset[str]
    verdicts: Mapping[str, Rule] = field(default_factory=dict)
    has_case: bool = True

    @classmethod
    def of(cls, options: MatchingOptions) -> Self:
        """The rules of some options, before any text is seen."""
        return cls(options=options, kept=frozenset(map(normalise, options.keep)))

    def refusal(self, surface: str, alias: Alias) -> Rule | None:
        """The rule by which a surface is no mention, if there is one."""
        if surface in self.options.keep:
            return None
        if alias.key not in self.kept:
            if self._is_stopped(surface):
                return Rule.STOP
            if (verdict := self.verdicts.get(alias.key)) in (Rule.COMMON, Rule.OFTEN):
                return verdict
        return None if self.options.case == "ignore" else self._of_case(surface, alias)

    def _is_stopped(self, surface: str) -> bool:
        stop = self.options.stop
        return surface in stop or (surface[1:].islower() and surface.lower() in stop)

    def _of_case(self, surface: str, alias: Alias) -> Rule | None:
        if length_of(alias.key) <= self.options.case_length:
            return None if written_alike(surface, alias.surfaces) else Rule.SHORT
        if not surface.islower() or not all(map(has_capitals, alias.surfaces)):
            return None
        is_bound = (
            self.options.case == "agree"
            or alias.key in self.verdicts
            or (self.has_case and " " not in alias.key)
        )
        return Rule.SMALL if is_bound else None
