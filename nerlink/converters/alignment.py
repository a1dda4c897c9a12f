"""From mentions in characters to spans of tokens, exactly.

    a pro-[Paris] man         a text with a mention
    a | pro-Paris | man       its tokens
    a | pro- | Paris | man    the tokens given back: the mention is token 2

Where a mention begins or ends inside a token, the token is split there. A tagger gives each token
one tag, and so cannot hold overlapping mentions: the longest one wins, among equals the earlier.
The report has every mention that did not fit the tokens as they were.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from nerlink.converters.alignment_report import AlignmentEntry, AlignmentReason, AlignmentReport
from nerlink.converters.tokens import TokenizedDocument
from nerlink.data import Mention
from nerlink.sources.tokens.cover import choose_flat
from nerlink.trimming import trimmed

__all__ = ["AlignedSpan", "Alignment", "align"]

LONGEST_SURFACE: Final = 200
"""Characters of a mention that the report shows."""

Note = Callable[[Mention, AlignmentReason], None]
"""Writes down what became of a mention."""


class AlignedSpan(NamedTuple):
    """A mention as tokens.

    Args:
        first: Its first token.
        last: One past its last token.
        mention: The mention as it was given.
    """

    first: int
    last: int
    mention: Mention


@dataclass(frozen=True, slots=True)
class Alignment:
    """Tokens that respect the mentions' borders, and the mentions as spans of them.

    Args:
        tokens: The tokens, split where needed; the given object where nothing had to change.
        spans: The mentions that were kept, in order, without overlap.
        report: The mentions that did not fit the tokens as they were.
    """

    tokens: TokenizedDocument
    spans: list[AlignedSpan]
    report: AlignmentReport


class _Fit(NamedTuple):
    """A mention, and the borders it has among the tokens."""

    start: int
    end: int
    mention: Mention


def align(
    tokens: TokenizedDocument,
    mentions: Sequence[Mention],
    *,
    text: str,
    document: str | None = None,
) -> Alignment:
    """Mentions as spans of a document's tokens.

    Args:
        tokens: What `tokenize` gave.
        mentions: In any order.
        text: The document's text.
        document: The document's id, for the report.
    """
    entries: list[AlignmentEntry] = []

    def note(mention: Mention, reason: AlignmentReason) -> None:
        # Not all of it: many mentions of a whole text would hold the text as many times.
        surface = text[mention.start : min(mention.end, mention.start + LONGEST_SURFACE)]
        entries.append(AlignmentEntry(document, mention, surface, reason))

    # Overlaps go before tokens are split: a mention that is dropped must leave no cut behind.
    fits = choose_flat(
        _fit(tokens, text, mentions, note),
        dropped=lambda fit: note(fit.mention, AlignmentReason.OVERLAP),
    )
    tokens = _split_tokens(tokens, text, fits, note)
    # Now a token starts where a mention starts, and one ends where it ends: starts give both.
    spans = [
        AlignedSpan(
            first=bisect_left(tokens.starts, fit.start),
            last=bisect_left(tokens.starts, fit.end),
            mention=fit.mention,
        )
        for fit in fits
    ]
    tokens = _merge_sentences(tokens, spans, note)
    return Alignment(tokens, spans, AlignmentReport(1, len(mentions), tuple(entries)))


def _fit(
    tokens: TokenizedDocument, text: str, mentions: Iterable[Mention], note: Note
) -> list[_Fit]:
    """The mentions that cover tokens, their borders moved inward to what tokens cover."""
    fits = []
    for mention in mentions:
        reason = _reason_to_drop(text, mention)
        if reason is not None:
            note(mention, reason)
            continue
        fit = _clip(tokens, *_trim(text, mention, note), mention, note)
        if fit is not None:
            fits.append(fit)
    return fits


def _reason_to_drop(text: str, mention: Mention) -> AlignmentReason | None:
    """Why a mention cannot be used at all, if it cannot."""
    if not 0 <= mention.start <= mention.end <= len(text):
        return AlignmentReason.OUTSIDE
    if mention.start == mention.end:
        return AlignmentReason.EMPTY
    # The first character says it of most mentions, without a copy of a long one.
    is_blank = text[mention.start].isspace() and text[mention.start : mention.end].isspace()
    return AlignmentReason.BLANK if is_blank else None


def _trim(text: str, mention: Mention, note: Note) -> tuple[int, int]:
    """The borders of a mention without white space at its edges."""
    if not text[mention.start].isspace() and not text[mention.end - 1].isspace():
        return mention.start, mention.end
    borders = trimmed(text, mention.start, mention.end)
    if borders != (mention.start, mention.end):
        note(mention, AlignmentReason.TRIMMED)
    return borders


def _clip(
    tokens: TokenizedDocument, start: int, end: int, mention: Mention, note: Note
) -> _Fit | None:
    """The mention without edges that no token covers; `None` if no token is left.

    Only tokens that came with the document leave out characters that are no white space.
    """
    first = bisect_right(tokens.ends, start)  # the first token that ends after the start
    last = bisect_left(tokens.starts, end) - 1  # the last token that starts before the end
    if first > last:
        note(mention, AlignmentReason.UNCOVERED)
        return None
    fit = _Fit(max(start, tokens.starts[first]), min(end, tokens.ends[last]), mention)
    if (fit.start, fit.end) != (start, end):
        note(mention, AlignmentReason.CLIPPED)
    return fit


def _split_tokens(
    tokens: TokenizedDocument, text: str, fits: Iterable[_Fit], note: Note
) -> TokenizedDocument:
    """The tokens, cut at every border of a mention that falls inside one."""
    inside: set[int] = set()
    for fit in fits:
        borders = [border for border in (fit.start, fit.end) if _is_inside(tokens, border)]
        if borders:
            note(fit.mention, AlignmentReason.SPLIT)
            inside.update(borders)
    if not inside:
        return tokens
    # A cut ends one token and starts the next, so it is one more of both.
    starts = sorted(inside.union(tokens.starts))
    ends = sorted(inside.union(tokens.ends))
    cuts = sorted(inside)
    return TokenizedDocument(
        words=[text[start:end] for start, end in zip(starts, ends, strict=True)],
        starts=starts,
        ends=ends,
        sentences=[_after_cuts(tokens, cuts, *sentence) for sentence in tokens.sentences],
    )


def _is_inside(tokens: TokenizedDocument, border: int) -> bool:
    """Whether a token begins before a border and ends after it."""
    token = bisect_left(tokens.starts, border) - 1
    return token >= 0 and border < tokens.ends[token]


def _after_cuts(
    tokens: TokenizedDocument, cuts: list[int], first: int, last: int
) -> tuple[int, int]:
    """The token range of a sentence once tokens are cut: each cut makes one token more."""
    return (
        first + bisect_left(cuts, tokens.starts[first]),
        last + bisect_left(cuts, tokens.ends[last - 1]),
    )


def _merge_sentences(
    tokens: TokenizedDocument, spans: Iterable[AlignedSpan], note: Note
) -> TokenizedDocument:
    """The sentences, joined wherever a mention crosses their border: no tagger sees across it."""
    borders = [first for first, _ in tokens.sentences]
    crossed: set[int] = set()
    for span in spans:
        inside = borders[bisect_right(borders, span.first) : bisect_left(borders, span.last)]
        if inside:
            note(span.mention, AlignmentReason.MERGED)
            crossed.update(inside)
    if not crossed:
        return tokens
    starts = [border for border in borders if border not in crossed]
    ends = [*starts[1:], len(tokens.words)]
    return replace(tokens, sentences=list(zip(starts, ends, strict=True)))
