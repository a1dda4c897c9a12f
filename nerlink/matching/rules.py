"""What becomes of a surface that an alias was found in: a mention, or left out by a rule."""

from dataclasses import dataclass
from enum import StrEnum

from nerlink.kb.normalise import normalise
from nerlink.matching.aliases import Alias, length_of
from nerlink.matching.cases import has_capitals, written_alike
from nerlink.matching.options import MatchingOptions

__all__ = ["Rule", "Rules"]


class Rule(StrEnum):
    """Why a surface is no mention, though an alias reads like it."""

    STOP = "stop word"
    SHORT = "short, and not written as the alias is"
    SMALL = "one word in small letters, which the alias is not"
    COMMON = "a common word of the texts"
    OFTEN = "found too often"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of some options.

    Args:
        options: What the user chose.
        kept: Keys that no rule leaves out.
    """

    options: MatchingOptions
    kept: frozenset[str]

    @classmethod
    def of(cls, options: MatchingOptions) -> "Rules":
        """The rules of some options."""
        return cls(options, frozenset(map(normalise, options.keep)))

    def refusal(self, surface: str, alias: Alias) -> Rule | None:
        """The rule by which a surface is no mention, if there is one."""
        if alias.key in self.kept:
            return None
        if self.is_stopped(surface):
            return Rule.STOP
        return None if self.options.case == "ignore" else self._of_case(surface, alias)

    def is_stopped(self, surface: str) -> bool:
        """Whether a stop word stands there."""
        stop = self.options.stop
        return surface in stop or (surface[1:].islower() and surface.lower() in stop)

    def _of_case(self, surface: str, alias: Alias) -> Rule | None:
        if length_of(alias.key) <= self.options.case_length:
            return None if written_alike(surface, alias.surfaces) else Rule.SHORT
        is_single = self.options.case == "agree" or " " not in alias.key
        if is_single and surface.islower() and all(map(has_capitals, alias.surfaces)):
            return Rule.SMALL
        return None
