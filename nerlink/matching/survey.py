"""What the texts show of aliases: which are common words there, and which are found too often."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from nerlink.kb import KnowledgeBase
from nerlink.matching.aliases import Alias, read_aliases
from nerlink.matching.cases import has_capitals
from nerlink.matching.options import MatchingOptions
from nerlink.matching.rules import Rule

__all__ = ["KeyCounts", "Survey", "opens_sentence"]

_EVIDENCE: Final = 3
"""Times that an alias must stand in small letters before that tells anything."""

_SOME: Final = 0.05
"""Share of small letters from which on an alias needs its capitals."""

_WITNESSES: Final = 20
"""Times that aliases of several words must be found before they tell what capitals mean."""

_MEANINGLESS: Final = 0.3
"""Share of small letters among aliases of several words from which on capitals mean nothing: a
base of diseases may write `Breast Cancer`, where texts write `breast cancer`."""

_MANY: Final = 100
"""Times that an alias must be found before it is found too often."""

_PAGE: Final = 5000

_WORD: Final = re.compile(r"[^\W\d_]+")

_ENDS: Final = frozenset(".!?:;…。！？\n\r")  # noqa: RUF001
_BEFORE: Final = frozenset("\"'([{“”‘’«»„-–—•* \t")  # noqa: RUF001


def opens_sentence(text: str, start: int) -> bool:
    """Whether a word has nothing of its sentence before it, so that its capital tells nothing."""
    place = start - 1
    while place >= 0 and text[place] in _BEFORE:
        place -= 1
    return place < 0 or text[place] in _ENDS


@dataclass(slots=True)
class KeyCounts:
    """How often an alias was found.

    Args:
        n: In all.
        n_small: In small letters, though the base writes it in capitals.
        n_inside: With a capital inside a sentence, where only names have one.
        n_named: With a capital, as the base has it.
    """

    n: int = 0
    n_small: int = 0
    n_inside: int = 0
    n_named: int = 0

    @property
    def share_small(self) -> float:
        """How many of its findings inside sentences are in small letters, 0 to 1."""
        told = self.n_small + self.n_inside
        return self.n_small / told if told else 0.0


@dataclass(slots=True)
class Survey:
    """Counts what is found in texts, before any rule, and judges aliases by that.

    Attributes:
        n_documents: Documents looked at.
        n_characters: Characters of their texts.
        counts: What was counted, key by key, for keys with a verdict; filled by `judge`.
        share_small: Share of small letters among aliases of several words; `None` where these are
            too few to tell.
        words: Words of the texts in small letters.
    """

    n_documents: int = 0
    n_characters: int = 0
    share_small: float | None = None
    words: set[str] = field(default_factory=set)
    counts: dict[str, KeyCounts] = field(default_factory=dict)
    _surfaces: dict[str, list[int]] = field(default_factory=dict)

    def add(self, text: str, places: Iterable[tuple[int, int]]) -> None:
        """Count what was found in a text."""
        self.n_documents += 1
        self.n_characters += len(text)
        self.words.update(filter(str.islower, set(_WORD.findall(text))))
        for start, end in places:
            found = self._surfaces.setdefault(text[start:end], [0, 0])
            found[0] += 1
            found[1] += not opens_sentence(text, start)

    def judge(self, kb: KnowledgeBase, options: MatchingOptions) -> Mapping[str, Rule]:
        """What the texts show of keys, as `Rules` takes it; the counts of surfaces are let go."""
        counts, n_small, n_several = dict[str, KeyCounts](), 0, 0
        for alias, surface, (n, n_inside) in self._known(kb):
            count = counts.setdefault(alias.key, KeyCounts())
            count.n += n
            if all(map(has_capitals, alias.surfaces)):
                is_small = surface.islower()
                count.n_small += is_small * n
                count.n_inside += (not is_small) * n_inside
                count.n_named += (not is_small) * n
                n_several += " " in alias.key and n
                n_small += " " in alias.key and is_small and n
        self._surfaces.clear()
        if n_several >= _WITNESSES:
            self.share_small = n_small / n_several
        verdicts = {
            key: verdict
            for key, count in counts.items()
            if (verdict := self._verdict(count, options)) is not None
        }
        self.counts = {key: counts[key] for key in verdicts}
        return verdicts

    @property
    def has_case(self) -> bool:
        """Whether capitals mean something in the base and the texts."""
        return self.share_small is None or self.share_small < _MEANINGLESS

    def _known(self, kb: KnowledgeBase) -> Iterator[tuple[Alias, str, list[int]]]:
        surfaces = iter(self._surfaces)
        while page := list(islice(surfaces, _PAGE)):
            for surface, alias in read_aliases(kb, page).items():
                yield alias, surface, self._surfaces[surface]

    def _verdict(self, count: KeyCounts, options: MatchingOptions) -> Rule | None:
        # A name in capitals may well be in every tweet of a collection; a small word tells nothing.
        n_plain = count.n - count.n_named
        if n_plain >= _MANY and n_plain > options.max_rate * self.n_characters / 1000:
            return Rule.OFTEN
        if options.case == "ignore" or not self.has_case or count.n_small < _EVIDENCE:
            return None
        if count.share_small >= options.common:
            return Rule.COMMON
        return Rule.SMALL if count.share_small >= _SOME else None
