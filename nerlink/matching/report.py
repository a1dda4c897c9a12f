"""What was marked in texts and what was left out, by which rule, and how to change it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from nerlink.data import Document
from nerlink.matching.rules import Rule
from nerlink.matching.survey import Survey
from nerlink.words import number_of

__all__ = ["FrequentSurface", "LeftOut", "MatchReport", "Tally"]

_AROUND: Final = 30
"""Characters of an example before and behind what was found."""

_SHOWN: Final = 5
"""Aliases of each rule that are shown to a person."""

_FREQUENT: Final = 20
"""Marked aliases that a report lists, the most frequent first."""

_EXAMPLES: Final = 10_000
"""Surfaces of which an example is kept."""

CHANGES: Final[Mapping[Rule, str]] = {
    Rule.STOP: "--keep brings one back, --stop adds one, --no-stop has none of the built-in list",
    Rule.SHORT: "--case-length says what is short, --case ignore lets capitals be",
    Rule.SMALL: "--keep 'apple' also marks it written so, --case ignore lets capitals be",
    Rule.COMMON: "--keep brings one back, --common sets the share",
    Rule.OFTEN: "--keep brings one back, --max-rate sets the limit",
}
"""How to change what a rule does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A surface that a rule left out.

    Args:
        surface: As it stands in the texts.
        rule: The rule.
        n: How often it was left out.
        share_small: Share of small letters among the findings of its alias inside sentences, 0 to
            1; `None` where nobody counted.
        example: A stretch of text with the surface in brackets.
    """

    surface: str
    rule: Rule
    n: int
    share_small: float | None
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentSurface:
    """A surface that was marked often.

    Args:
        surface: As it stands in the texts.
        n: How often it was marked.
        share: Share of all mentions, 0 to 1.
        example: A stretch of text with the surface in brackets.
    """

    surface: str
    n: int
    share: float
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    """What became of documents.

    Args:
        n_documents: Documents that were read.
        n_without: Those in which nothing was marked.
        n_characters: Characters of their texts.
        n_mentions: Mentions that were marked.
        n_linked: Mentions with one candidate, which are linked to it.
        n_labelled: Mentions with a label.
        n_replaced: Mentions that the documents had before, which are not in the output.
        n_short_names: Mentions that are the last words of full names in their documents.
        n_keys: Keys of the base that were looked for.
        n_short: Keys that have too few letters to be looked for.
        n_surveyed: Documents that were looked at before the first was marked, to judge aliases.
        share_small: Share of small letters among the findings of aliases in capitals that have
            several words; `None` where these are too few to tell.
        has_case: Whether capitals are taken to mean something.
        left_out: Surfaces that rules left out, the most frequent of each rule first.
        frequent: Surfaces that were marked most often.
    """

    n_documents: int
    n_without: int
    n_characters: int
    n_mentions: int
    n_linked: int
    n_labelled: int
    n_replaced: int
    n_short_names: int
    n_keys: int
    n_short: int
    n_surveyed: int
    share_small: float | None
    has_case: bool
    left_out: tuple[LeftOut, ...]
    frequent: tuple[FrequentSurface, ...]

    def as_record(self) -> dict[str, Any]:
        """The same as JSON has it."""
        rules = {rule.value: change for rule, change in CHANGES.items()}
        return {**asdict(self), "how_to_change": rules}

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        n_open = self.n_mentions - self.n_linked
        yield (
            f"{number_of(self.n_mentions, 'mentions')} in "
            f"{number_of(self.n_documents, 'documents')} ({self.n_without:,} without any): "
            f"{self.n_linked:,} linked, {n_open:,} with several candidates and no link, "
            f"{self.n_mentions - self.n_labelled:,} without label."
        )
        if self.n_short_names:
            yield (
                f"Short names: {number_of(self.n_short_names, 'mentions')} by the last words of "
                "full names in their documents (--no-short-names)."
            )
        if self.n_replaced:
            yield (
                f"Not in the output: {number_of(self.n_replaced, 'mentions')} that the documents "
                "had before."
            )
        if self.n_short:
            yield (
                f"Not looked for: {number_of(self.n_short, 'names')} of the base with too few "
                "letters (--min-length)."
            )
        if not self.has_case:
            yield (
                f"Capitals tell nothing here: {self.share_small or 0:.0%} of the findings of "
                "aliases of several words are in small letters (--case agree if they do)."
            )
        for rule in Rule:
            if found := [one for one in self.left_out if one.rule == rule]:
                yield (
                    f"Left out, {rule.value}: {number_of(len(found), 'surfaces')}, "
                    f"{sum(one.n for one in found):,} in all ({CHANGES[rule]})"
                )
                yield from (f"  {one.n:>6,} x {one.example}" for one in found[:_SHOWN])
        if self.frequent:
            yield "Marked most often; what should not be marked goes to --stop"
            yield from (f"  {one.n:>6,} x {one.example}" for one in self.frequent[:_SHOWN])


def _example_of(text: str, start: int, end: int) -> str:
    """A stretch of text in one line, with what was found in brackets."""
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return " ".join(f"{before}[{text[start:end]}]{after}".split())


@dataclass(slots=True)
class Tally:
    """Counts what becomes of surfaces, for a `MatchReport`."""

    n_documents: int = 0
    n_without: int = 0
    n_characters: int = 0
    n_linked: int = 0
    n_labelled: int = 0
    n_replaced: int = 0
    n_short_names: int = 0
    marked: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[Rule, str, str]] = field(default_factory=Counter)
    _examples: dict[str, str] = field(default_factory=dict)

    def count(self, before: Document, after: Document, surfaces: Sequence[str]) -> None:
        """Count a document that was marked, with the surface of each mention as it was found."""
        self.n_documents += 1
        self.n_without += not after.mentions
        self.n_characters += len(after.text)
        self.n_replaced += len(before.mentions)
        self.n_linked += sum(1 for one in after.mentions if one.entity is not None)
        self.n_labelled += sum(1 for one in after.mentions if one.label is not None)
        self.marked.update(surfaces)
        # What is frequent comes early: the first surfaces have an example of each of these.
        if len(self._examples) < _EXAMPLES:
            for mention, surface in zip(after.mentions, surfaces, strict=True):
                self._note(surface, after.text, mention.start, mention.end)

    def refuse(self, rule: Rule, key: str, text: str, place: tuple[int, int]) -> None:
        """Count a surface of a key that a rule left out."""
        start, end = place
        surface = text[start:end]
        self.refused[rule, surface, key] += 1
        if len(self._examples) < _EXAMPLES:
            self._note(surface, text, start, end)

    def _note(self, surface: str, text: str, start: int, end: int) -> None:
        if surface not in self._examples:
            self._examples[surface] = _example_of(text, start, end)

    def left_out(self, survey: Survey) -> tuple[LeftOut, ...]:
        """Surfaces that rules left out, the most frequent of each rule first."""
        order = sorted(self.refused.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
        return tuple(
            LeftOut(
                surface=surface,
                rule=rule,
                n=n,
                share_small=survey.counts[key].share_small if key in survey.counts else None,
                example=self._example(surface),
            )
            for (rule, surface, key), n in order
        )

    def frequent(self) -> tuple[FrequentSurface, ...]:
        """Surfaces that were marked most often."""
        n_all = self.marked.total()
        return tuple(
            FrequentSurface(surface=one, n=n, share=n / n_all, example=self._example(one))
            for one, n in self.marked.most_common(_FREQUENT)
        )

    def _example(self, surface: str) -> str:
        return self._examples.get(surface, f"[{surface}]")
