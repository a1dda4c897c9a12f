"""A base's names and aliases, found in texts: mentions without a model."""

from nerlink.matching.matcher import Matcher
from nerlink.matching.options import ENGLISH, MatchingOptions
from nerlink.matching.report import FrequentSurface, LeftOut, MatchReport
from nerlink.matching.rules import Rule

__all__ = [
    "ENGLISH",
    "FrequentSurface",
    "LeftOut",
    "MatchReport",
    "Matcher",
    "MatchingOptions",
    "Rule",
]
