"""What became of the mentions that did not fit a document's tokens."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nerlink.data import Mention
from nerlink.words import number_of

__all__ = ["AlignmentEntry", "AlignmentReason", "AlignmentReport"]

N_EXAMPLES: Final = 3
"""Mentions that the printed report shows for each reason."""


class AlignmentReason(StrEnum):
    """Why a mention appears in the report."""

    SPLIT = "token split at the mention's border"
    TRIMMED = "white space at the edges trimmed"
    CLIPPED = "edges outside the tokens trimmed"
    MERGED = "sentences merged that the mention crosses"
    OVERLAP = "dropped: overlaps a mention that was kept"
    EMPTY = "dropped: empty"
    BLANK = "dropped: only white space"
    OUTSIDE = "dropped: not inside the text"
    UNCOVERED = "dropped: covers no token"

    @property
    def is_dropped(self) -> bool:
        """Whether the mention was lost."""
        return self.value.startswith("dropped")


@dataclass(frozen=True, slots=True)
class AlignmentEntry:
    """One mention and what happened to it.

    Args:
        document: The document's id.
        mention: The mention as it was given.
        surface: The mention's text, its first 200 characters.
        reason: What happened.
    """

    document: str | None
    mention: Mention
    surface: str
    reason: AlignmentReason

    def __str__(self) -> str:
        place = f"{self.mention.start}-{self.mention.end}"
        label = self.mention.label or self.mention.entity or "no label"
        return f"{self.surface!r} ({label}) at {place} of document {self.document!r}"


@dataclass(frozen=True, slots=True)
class AlignmentReport:
    """The mentions that did not fit the tokens; reports of several documents add up.

    Args:
        n_documents: Documents looked at.
        n_mentions: Mentions looked at, those that fit too.
        entries: One for each mention that did not fit and each reason, in order.
    """

    n_documents: int = 0
    n_mentions: int = 0
    entries: tuple[AlignmentEntry, ...] = ()

    @classmethod
    def total(cls, reports: Iterable["AlignmentReport"]) -> "AlignmentReport":
        """The sum of many reports."""
        listed = list(reports)
        return cls(
            n_documents=sum(report.n_documents for report in listed),
            n_mentions=sum(report.n_mentions for report in listed),
            entries=tuple(entry for report in listed for entry in report.entries),
        )

    @property
    def counts(self) -> Mapping[AlignmentReason, int]:
        """How many mentions each reason has, most frequent first."""
        return dict(Counter(entry.reason for entry in self.entries).most_common())

    @property
    def dropped(self) -> tuple[AlignmentEntry, ...]:
        """The mentions that were lost."""
        return tuple(entry for entry in self.entries if entry.reason.is_dropped)

    def __str__(self) -> str:
        lines = [
            f"{number_of(self.n_mentions, 'mentions')} in "
            f"{number_of(self.n_documents, 'documents')}, {len(self.dropped):,} dropped"
        ]
        for reason, count in self.counts.items():
            lines.append(f"{count:,}: {reason}")
            examples = [entry for entry in self.entries if entry.reason == reason]
            lines += [f"    {entry}" for entry in examples[:N_EXAMPLES]]
            if count > N_EXAMPLES:
                lines.append(f"    and {count - N_EXAMPLES:,} more")
        return "\n".join(lines)
