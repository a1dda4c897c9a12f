"""Gold links that name several right entities, `A|B`: whichever the prediction gives counts."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.evaluation.matching import Pair, match_documents
from nerlink.trimming import trimmed

__all__ = ["any_right"]


def any_right(
    gold: Iterable[Document], predicted: Iterable[Document], *, separator: str
) -> list[Document]:
    """Gold documents with one right entity a mention, to score this prediction against.

        gold = any_right(documents, predicted, separator="|")
        report = evaluate(gold, predicted)

    Of the entities of a gold link, the one kept is the first that a predicted mention with the
    same borders is linked to; else that an overlapping one is linked to; else that is a candidate
    of the mention; else the first.

    Args:
        gold: What is right, links such as `Q1|Q2` among them.
        predicted: What a system says; another system may need other gold documents.
        separator: What stands between the entities.

    Raises:
        DataError: As `evaluate`, or the separator is empty.
    """
    if not separator:
        raise DataError("the separator of right entities is empty; name one, such as '|'.")
    golds = list(gold)
    pairs = match_documents(golds, predicted, is_told=True)
    # The documents as given, for `evaluate` to say what it changes in them.
    return [
        replace(doc, mentions=tuple(_settled(m, pair, separator) for m in doc.mentions))
        for doc, pair in zip(golds, pairs, strict=True)
    ]


def _settled(mention: Mention, pair: Pair, separator: str) -> Mention:
    """The mention with the one of its entities that counts."""
    if mention.entity is None or separator not in mention.entity:
        return mention
    right = [part for part in map(str.strip, mention.entity.split(separator)) if part]
    kept = next((entity for entity in _said(mention, pair) if entity in right), None)
    return replace(mention, entity=kept or next(iter(right), mention.entity))


def _said(mention: Mention, pair: Pair) -> Iterator[str | None]:
    """What the prediction says of a mention, the most important first."""
    borders = trimmed(pair.gold.text, mention.start, mention.end)
    same = [m for m in pair.predicted.mentions if (m.start, m.end) == borders]
    yield from (m.entity for m in same)
    yield from (
        m.entity for m in pair.predicted.mentions if m.start < mention.end and mention.start < m.end
    )
    yield from (candidate.entity for m in same for candidate in m.candidates)
