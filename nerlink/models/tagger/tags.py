"""From tag scores to spans: the best valid tag sequence, for many sentences at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from nerlink.models.encoder.windows import batches_by_budget

__all__ = [
    "FORBIDDEN",
    "FoundSpans",
    "Moves",
    "TagSet",
    "decode_spans",
    "ranges_of",
    "spans_of",
    "tag_by_viterbi",
]

FORBIDDEN: Final = -1e4
"""Score of a forbidden transition, as in Flair."""

VITERBI_STEPS: Final = 1 << 22
"""Tokens, padding included, times tags that the Viterbi algorithm runs over at once."""


class Moves(Protocol):
    """Scores of transitions between tags."""

    @property
    def first(self) -> NDArray[np.floating[Any]]:
        """Score of each tag at the start of a sentence, (n_tags)."""

    @property
    def last(self) -> NDArray[np.floating[Any]]:
        """Score of each tag at the end of a sentence, (n_tags)."""

    def step(self, best: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The best way on from the best paths to each tag.

        Args:
            best: Score of the best path that ends in each tag, (n_sentences, n_tags).

        Returns:
            Score of the best path that has one more tag, without the score of the tag by itself,
            and the tag before on that path, (n_sentences, n_tags) each.
        """


class TagSet:
    """The tags of a scheme over some labels, `O` first, and the transitions that it allows.

    Whether a tag may follow another is told by the positions of both, and by whether their labels
    are equal. A table of all pairs would grow with the square of the labels: 10,000 labels have
    40,000 tags in BIOES, and 1.6 billion pairs.

    Args:
        labels: Entity types.
        scheme: `bio` or `bioes`.
    """

    def __init__(self, labels: Sequence[str], scheme: str) -> None:
        self.labels = tuple(labels)
        self.scheme = scheme
        self.positions = "BIES" if scheme == "bioes" else "BI"
        self.tags = ["O", *(f"{p}-{label}" for label in labels for p in self.positions)]
        n_positions = len(self.positions)
        self.label_of = np.array([-1, *np.repeat(np.arange(len(labels)), n_positions)])
        self.position_of = np.array(["O", *(list(self.positions) * len(labels))])
        # In BIO a mention may end anywhere; in BIOES only E and S end one.
        self.opens = np.isin(self.position_of, ["O", "B", "S"])
        self.closes = np.isin(self.position_of, list("OES" if scheme == "bioes" else "OBI"))
        self.inside = np.isin(self.position_of, ["I", "E"])
        self.goes_on = np.isin(self.position_of, ["B", "I"])
        self.first = np.where(self.opens, 0.0, FORBIDDEN)
        self.last = np.where(self.closes, 0.0, FORBIDDEN)

    def __len__(self) -> int:
        return len(self.tags)

    def may_follow(self, before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether the scheme allows tags after others; indices of any shapes that broadcast."""
        same = self.label_of[before] == self.label_of[after]
        may: NDArray[np.bool_] = same & self.goes_on[before] & self.inside[after]
        may |= self.closes[before] & self.opens[after]
        return may

    def step(self, best: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """`Moves.step` where each transition that the scheme allows scores 0, and others -inf."""
        n_sentences, n_tags = best.shape
        n_positions = len(self.positions)
        # A tag that opens something comes after the best of all tags that close something.
        ending = np.where(self.closes, best, -np.inf).argmax(axis=1)
        back = np.repeat(ending[:, None], n_tags, axis=1)
        # A tag inside a mention comes after the best of the label's own tags that go on.
        going = np.where(self.goes_on, best, -np.inf)[:, 1:].reshape(n_sentences, -1, n_positions)
        of_label = 1 + going.argmax(axis=2) + n_positions * np.arange(len(self.labels))
        own = np.repeat(of_label, n_positions, axis=1)
        back[:, 1:] = np.where(self.inside[1:], own, back[:, 1:])
        return np.take_along_axis(best, back, axis=1), back

    def encode(self, spans: Sequence[tuple[int, int, int]], n_tokens: int) -> NDArray[np.int64]:
        """Tag indices of spans (first, last, label index), (n_tokens)."""
        tags = np.zeros(n_tokens, dtype=np.int64)
        for first, last, label in spans:
            base = 1 + label * len(self.positions)
            tags[first:last] = base + self.positions.index("I")
            tags[first] = base
            if self.scheme == "bioes":
                tags[last - 1] = base + self.positions.index("E" if last - first > 1 else "S")
        return tags


@dataclass(frozen=True, slots=True)
class FoundSpans:
    """Spans of a batch, in reading order.

    Args:
        firsts: First token of each span, counted over the batch, (n_spans).
        lasts: One past the last token of each span, (n_spans).
        labels: Label index of each span, (n_spans).
        scores: Probability of each span, (n_spans): that of its least certain tag. The tags of a
            mention are right or wrong together, so a product would punish long mentions.
    """

    firsts: NDArray[np.int64]
    lasts: NDArray[np.int64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]


def decode_spans(
    log_probs: NDArray[np.float32], sentences: Sequence[tuple[int, int]], tagset: TagSet
) -> FoundSpans:
    """The spans of the most probable valid tag sequence of each sentence.

    The most probable tags of single tokens are almost always a valid sequence. Only the other
    sentences go through the Viterbi algorithm.

    Args:
        log_probs: Log-probabilities of tags, (n_tokens, n_tags).
        sentences: Token ranges that cover all tokens, in order.
        tagset: The tags.
    """
    tags = log_probs.argmax(axis=1)
    broken = _invalid_sentences(tags, ranges_of(sentences), tagset)
    tag_by_viterbi(tags, log_probs, broken, tagset)
    of_tags = np.take_along_axis(log_probs, tags[:, None], axis=1)[:, 0]
    return spans_of(tags, of_tags, tagset)


def spans_of(tags: NDArray[np.int64], log_probs: NDArray[np.float32], tagset: TagSet) -> FoundSpans:
    """The spans that tags mark.

    Args:
        tags: Tag indices, a valid sequence, (n_tokens).
        log_probs: Log-probability of each tag, (n_tokens).
        tagset: The tags.
    """
    inside = tags != 0
    opens = tagset.opens[tags] & inside
    firsts = np.flatnonzero(opens)
    breaks = np.append(np.flatnonzero(opens | ~inside), len(tags))
    lasts = breaks[np.searchsorted(breaks, firsts, side="right")]
    if not len(firsts):
        empty = np.zeros(0, dtype=np.int64)
        return FoundSpans(empty, empty, empty, np.zeros(0))
    # reduceat takes the minimum of every stretch between borders, the gaps between spans included:
    # every second one is a span.
    borders = np.column_stack([firsts, lasts]).ravel()
    least = np.minimum.reduceat(np.append(log_probs.astype(np.float64), 0.0), borders)[::2]
    scores = np.exp(np.minimum(least, 0.0))
    return FoundSpans(firsts, lasts, tagset.label_of[tags[firsts]], scores)


def ranges_of(sentences: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """The token ranges of sentences that have tokens, (n_sentences, 2)."""
    return np.array([s for s in sentences if s[1] > s[0]], dtype=np.int64).reshape(-1, 2)


def _invalid_sentences(
    tags: NDArray[np.int64], sentences: NDArray[np.int64], tagset: TagSet
) -> NDArray[np.int64]:
    """The sentences, (n_invalid, 2), whose tags are not a valid sequence."""
    starts, ends = sentences.T
    allowed = np.ones(len(tags), dtype=bool)
    allowed[1:] = tagset.may_follow(tags[:-1], tags[1:])
    # No rule binds the first tag of a sentence to the last tag of the sentence before it.
    allowed[starts] = tagset.opens[tags[starts]]
    allowed[ends - 1] &= tagset.closes[tags[ends - 1]]
    broken = np.flatnonzero(~allowed)
    return sentences[np.unique(np.searchsorted(ends, broken, side="right"))]


def tag_by_viterbi(
    tags: NDArray[np.int64],
    scores: NDArray[np.float32],
    sentences: NDArray[np.int64],
    moves: Moves,
) -> None:
    """Write the best tag sequences of sentences, by the Viterbi algorithm.

    Args:
        tags: Tag indices of all tokens, written where the sentences are, (n_tokens).
        scores: Scores of each tag by itself, (n_tokens, n_tags).
        sentences: First token of each sentence and one past the last token, none empty,
            (n_sentences, 2).
        moves: Scores of transitions between tags.
    """
    lengths = [last - first for first, last in sentences.tolist()]
    for batch in batches_by_budget(lengths, budget=VITERBI_STEPS // len(moves.first)):
        positions, best = _viterbi(scores, sentences[batch], moves)
        tags[positions] = best


def _viterbi(
    scores: NDArray[np.float32], sentences: NDArray[np.int64], moves: Moves
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The tokens of sentences, and the best tag of each token, (n_tokens) each."""
    starts, ends = sentences.T
    lengths = ends - starts
    longest, n_sentences, n_tags = int(lengths.max()), len(lengths), len(moves.first)
    # best[s, t]: score of the best path of sentence s that ends in tag t, as far as it is walked;
    # back[p, s, t]: the tag before t on that path, at position p.
    best = scores[starts] + moves.first
    back = np.empty((longest, n_sentences, n_tags), dtype=np.int64)
    back[:] = np.arange(n_tags)  # a sentence that has ended stays at its last tag
    for position in range(1, longest):
        on = np.flatnonzero(lengths > position)
        reached, back[position, on] = moves.step(best[on])
        best[on] = reached + scores[starts[on] + position]
    tags = np.empty((n_sentences, longest), dtype=np.int64)
    tags[:, -1] = (best + moves.last).argmax(axis=1)
    for position in range(longest - 1, 0, -1):
        tags[:, position - 1] = back[position, np.arange(n_sentences), tags[:, position]]
    inside = np.arange(longest) < lengths[:, None]
    return (starts[:, None] + np.arange(longest))[inside], tags[inside]
