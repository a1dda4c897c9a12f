"""How unsure a model is of documents, from the same pass of the encoder that annotates them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nerlink.config import LinkerConfig
from nerlink.data import Document, Mention
from nerlink.models.annotate import annotate_group, annotated
from nerlink.models.joint import JointModel
from nerlink.models.passages import Passage, passage_means

__all__ = ["Doubts", "doubt_of_link", "doubts_of_group"]


@dataclass(frozen=True, slots=True)
class Doubts:
    """An annotated document, and how many mistakes the model expects in it by its own scores.

    Args:
        document: The document with the model's mentions; all candidates come with them.
        n_tokens: Tokens of the document.
        mentions: Expected number of tokens with a wrong tag. Tokens that nearly became a mention
            count as well as those that hardly did.
        links: Expected number of mentions with a wrong link.
        vector: Mean of the token vectors, (width).
    """

    document: Document
    n_tokens: int
    mentions: float
    links: float
    vector: NDArray[np.float32]


def doubts_of_group(
    model: JointModel, group: Sequence[tuple[Document, Passage]]
) -> Iterator[Doubts]:
    """The annotated documents of a group and the model's doubts, in order.

    A model without a tagger doubts links alone: those of the names of its base, or of the mentions
    that the documents have, where it looks for none.

    Args:
        model: In evaluation mode.
        group: Documents that are already passages.
    """
    linking = None
    if linker := model.linker:  # the shares of all candidates, and so that of NIL, are needed
        linking = linker.config.model_copy(update={"top_k": linker.lookup.limit})
    for begin, end in model.pieces([passage for _, passage in group]):
        yield from _doubts_of_piece(model, group[begin:end], linking)


def _doubts_of_piece(
    model: JointModel,
    piece: Sequence[tuple[Document, Passage]],
    linking: LinkerConfig | None,
) -> Iterator[Doubts]:
    """`doubts_of_group` for documents whose vectors are held at once."""
    passages = [passage for _, passage in piece]
    sizes = [len(passage.tokens.words) for passage in passages]
    reading = model.read(passages)
    wrong = np.zeros(sum(sizes), dtype=np.float32)
    if model.tagger and reading.scores is not None:
        with torch.inference_mode():
            wrong = model.tagger.doubt(reading.scores, passages).float().cpu().numpy()
        found = model.annotate_read(reading, passages, linking=linking)
        documents = [annotated(*pair, each) for pair, each in zip(piece, found, strict=True)]
    else:
        documents = list(annotate_group(model, piece, link_only=not model.finds, linking=linking))
    means = passage_means(reading.vectors.float(), sizes).cpu().numpy()
    ends = np.cumsum(sizes)
    for doc, size, end, mean in zip(documents, sizes, ends, means, strict=True):
        mentions = float(wrong[end - size : end].sum())
        yield Doubts(doc, size, mentions, sum(map(doubt_of_link, doc.mentions)), mean)


def doubt_of_link(mention: Mention) -> float:
    """How likely the best answer to a mention is wrong: its best candidate, or `NIL`.

    Args:
        mention: With all its candidates and their scores; 0 where it has none.
    """
    shares = [candidate.score or 0.0 for candidate in mention.candidates]
    return min(1 - max(shares), sum(shares)) if shares else 0.0
