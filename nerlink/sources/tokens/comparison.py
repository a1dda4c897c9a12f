"""Gold and predicted tags side by side, for people and for other scoring tools."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.keys import TOKEN_COLUMNS
from nerlink.sources.losses import Losses
from nerlink.sources.tokens.cover import cover
from nerlink.sources.tokens.rows import rows_from_tokens

__all__ = ["PREDICTED", "gold_beside_predicted"]

PREDICTED: Final = {"ner": "predicted", "nel": "predicted_nel"}
"""The token columns of the prediction: tags for labels, and tags for entities."""


def gold_beside_predicted(
    gold: Iterable[Document], predicted: Iterable[Document], *, scheme: str = "bio"
) -> Iterator[Document]:
    """Gold documents with the tags of the prediction as further columns of their tokens.

        write(gold_beside_predicted(gold, predicted), "scored.conll",
              columns=["token", "ner", "predicted"], plain=True)

    Args:
        gold: What is right.
        predicted: The same texts in the same order, as a system sees them.
        scheme: The scheme of the predicted tags.

    Returns:
        Documents whose tokens are cut wherever a mention of either side begins or ends.

    Raises:
        DataError: The texts are not the same.
    """
    missing = object()
    others = iter(predicted)
    for number, doc in enumerate(gold, start=1):
        other = next(others, missing)
        if not isinstance(other, Document) or other.text != doc.text:
            raise DataError(
                f"document {number if doc.id is None else doc.id}: the predicted document is "
                "missing or has another text. Give both sides the same documents in one order."
            )
        yield _side_by_side(doc, other, scheme)


def _side_by_side(gold: Document, predicted: Document, scheme: str) -> Document:
    uncounted = Losses()
    both = replace(gold, mentions=(*gold.mentions, *predicted.mentions))
    tokens = tuple(cover(both, uncounted))
    rows = rows_from_tokens(
        replace(predicted, tokens=tokens, sentences=gold.sentences),
        scheme=scheme,
        losses=uncounted,
        is_line=True,
    )
    columns = dict(gold.meta.get(TOKEN_COLUMNS, {})) if tokens == gold.tokens else {}
    columns |= {PREDICTED["ner"]: rows.ner, PREDICTED["nel"]: rows.nel}
    return replace(gold, tokens=tokens, meta={**gold.meta, TOKEN_COLUMNS: columns})
