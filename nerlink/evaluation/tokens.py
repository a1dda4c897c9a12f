"""The token-level report people also print: precision, recall and F1 of each BIO tag."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from nerlink.evaluation.counts import Counts
from nerlink.evaluation.matching import Pair, Span
from nerlink.evaluation.ner import Labelled, has_labels, labelled_mentions
from nerlink.evaluation.report import Table

__all__ = ["score_tokens", "token_tags", "tokens_of"]

WORD = re.compile(r"\w+|[^\w\s]")
OUTSIDE = "O"


def tokens_of(pair: Pair) -> list[Span]:
    """The gold document's tokens, else the predicted one's, else words.

    Words are runs of letters and digits, and single other characters; they are cut where a mention
    begins or ends, so that text without spaces is not one long word.
    """
    given = pair.gold.tokens if pair.gold.tokens is not None else pair.predicted.tokens
    if given is not None:
        return list(given)
    mentions = (*pair.gold.mentions, *pair.predicted.mentions)
    borders = sorted({at for m in mentions for at in (m.start, m.end)})
    tokens: list[Span] = []
    for word in WORD.finditer(pair.gold.text):
        start, end = word.span()
        inner = borders[bisect_right(borders, start) : bisect_left(borders, end)]
        tokens += zip((start, *inner), (*inner, end), strict=True)
    return tokens


def token_tags(tokens: Sequence[Span], mentions: Iterable[Labelled]) -> list[str]:
    """A BIO tag a token: those that a mention touches are its own; the first to come keeps them.

    Where mentions overlap, the one that begins first, then the longer, is first.
    """
    tags = [OUTSIDE] * len(tokens)
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    for start, end, label in sorted(mentions, key=lambda m: (m[0], -m[1], m[2])):
        prefix = "B"
        for n in range(bisect_right(ends, start), bisect_left(starts, end)):
            if tags[n] == OUTSIDE:
                tags[n] = f"{prefix}-{label}"
                prefix = "I"
    return tags


def score_tokens(pairs: Sequence[Pair]) -> tuple[dict[str, float], Table] | None:
    """`tokens.accuracy`, `tokens.f1` (micro, without O) and a row a tag.

    Returns:
        Nothing if no gold token is in a mention.
    """
    confusion: Counter[tuple[str, str]] = Counter()
    for pair in filter(has_labels, pairs):
        tokens = tokens_of(pair)
        gold, predicted = (token_tags(tokens, side) for side in labelled_mentions(pair))
        confusion.update(zip(gold, predicted, strict=True))
    tags = sorted({tag for pair in confusion for tag in pair} - {OUTSIDE}, key=_label_first)
    by_tag = {tag: _counts(confusion, tag) for tag in (*tags, OUTSIDE)}
    inside = _sum(by_tag[tag] for tag in tags)
    if not inside.gold:
        return None
    n_right = sum(count.correct for count in by_tag.values())
    scores = {"tokens.accuracy": n_right / confusion.total(), "tokens.f1": inside.f1}
    rows = [(tag, c.precision, c.recall, c.f1, c.gold) for tag, c in by_tag.items()]
    rows.append(("all but O", inside.precision, inside.recall, inside.f1, inside.gold))
    columns = ("tag", "precision", "recall", "f1", "gold")
    return scores, Table(title="Tokens", columns=columns, rows=tuple(rows))


def _label_first(tag: str) -> tuple[str, str]:
    prefix, _, label = tag.partition("-")
    return label, prefix


def _counts(confusion: Counter[tuple[str, str]], tag: str) -> Counts:
    correct = sum(n for (gold, said), n in confusion.items() if gold == said == tag)
    predicted = sum(n for (_, said), n in confusion.items() if said == tag)
    gold_total = sum(n for (gold, _), n in confusion.items() if gold == tag)
    return Counts(correct, predicted, gold_total)


def _sum(counts: Iterable[Counts]) -> Counts:
    parts = list(counts)
    return Counts(
        sum(count.correct for count in parts),
        sum(count.predicted for count in parts),
        sum(count.gold for count in parts),
    )
