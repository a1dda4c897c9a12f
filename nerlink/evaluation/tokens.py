"""The token-level report people also print: precision, recall and F1 of each BIO tag."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from nerlink.evaluation.counts import Counts
from nerlink.evaluation.matching import Pair, Range
from nerlink.evaluation.ner import OUTSIDE, Labelled, has_labels, labelled_mentions
from nerlink.evaluation.report import Report, Table

__all__ = ["score_tokens", "token_tags", "tokens_of"]

# These are neither the model's tokens (`converters.words`) nor those of written files
# (`sources.tokens.cover`, where combining marks stay with their letter): scores of texts without
# given tokens must compare with those of earlier reports.
WORD_OR_CHARACTER: Final = re.compile(r"\w+|[^\w\s]")


def score_tokens(pairs: Sequence[Pair]) -> Report:
    """`tokens.accuracy`, `tokens.f1` (micro, without O), and the table `tokens`, a row a tag.

    Returns:
        An empty report if no gold token is in a mention.
    """
    confusion: Counter[tuple[str, str]] = Counter()
    for pair in filter(has_labels, pairs):
        tokens = tokens_of(pair)
        gold, predicted = (token_tags(tokens, side) for side in labelled_mentions(pair))
        confusion.update(zip(gold, predicted, strict=True))
    tags = sorted({tag for both in confusion for tag in both} - {OUTSIDE}, key=_label_first)
    gold_of, said_of = Counter[str](), Counter[str]()
    for (gold_tag, said), n in confusion.items():
        gold_of[gold_tag] += n
        said_of[said] += n
    by_row = {
        tag: Counts(correct=confusion[tag, tag], predicted=said_of[tag], gold=gold_of[tag])
        for tag in (*tags, OUTSIDE)
    }
    n_right = sum(row.correct for row in by_row.values())
    inside = Counts(
        correct=n_right - by_row[OUTSIDE].correct,
        predicted=confusion.total() - said_of[OUTSIDE],
        gold=confusion.total() - gold_of[OUTSIDE],
    )
    if not inside.gold:
        return Report(scores={})
    by_row["all but O"] = inside
    table = Table(
        title="Tokens",
        columns=("tag", "precision", "recall", "f1", "gold"),
        rows=tuple((tag, c.precision, c.recall, c.f1, c.gold) for tag, c in by_row.items()),
    )
    scores = {"tokens.accuracy": n_right / confusion.total(), "tokens.f1": inside.f1}
    return Report(scores=scores, tables={"tokens": table})


def tokens_of(pair: Pair) -> list[Range]:
    """The gold document's tokens, else the predicted document's, else words.

    Words are runs of letters and digits, and single other characters; they are cut where a mention
    begins or ends, so that text without spaces is not one long word.
    """
    given = pair.gold.tokens if pair.gold.tokens is not None else pair.predicted.tokens
    if given is not None:
        return list(given)
    mentions = (*pair.gold.mentions, *pair.predicted.mentions)
    borders = sorted({at for m in mentions for at in (m.start, m.end)})
    tokens: list[Range] = []
    for word in WORD_OR_CHARACTER.finditer(pair.gold.text):
        start, end = word.span()
        inner = borders[bisect_right(borders, start) : bisect_left(borders, end)]
        tokens += zip((start, *inner), (*inner, end), strict=True)
    return tokens


def token_tags(tokens: Sequence[Range], mentions: Iterable[Labelled]) -> list[str]:
    """A BIO tag a token, (n_tokens); a mention has all tokens that it touches.

    Where mentions overlap, a token belongs to the one that begins first, then to the longer one.
    """
    tags = [OUTSIDE] * len(tokens)
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    taken = 0  # a mention that begins later has no free token before the end of the earlier ones
    for start, end, label in sorted(mentions, key=lambda m: (m[0], -m[1], m[2])):
        first, last = max(taken, bisect_right(ends, start)), bisect_left(starts, end)
        # The first token still free opens the mention, be it the mention's first token or not.
        tags[first:last] = [f"{'I' if n > first else 'B'}-{label}" for n in range(first, last)]
        taken = max(taken, last)
    return tags


def _label_first(tag: str) -> tuple[str, str]:
    prefix, _, label = tag.partition("-")
    return label, prefix
