"""A model without training: it links by the prior and by how close a text is to an entity's text.

All that a linker learns is set by hand. What a mention asks is the mean vector of its passage, so
that closeness is what the encoder, as it was published, holds of the passage and of the text. What
fuller names in the document mean counts a little, and so does how close a candidate is to what the
other mentions mean. The numbers are from experiments/untrained.
"""

import logging
from itertools import islice
from typing import Final

import torch
from torch import Tensor

from nerlink.config import Config
from nerlink.converters import tokenize
from nerlink.data import Document
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.models.build import build_model
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.flair import evaluating
from nerlink.models.joint import JointModel
from nerlink.models.linker.features import FEATURES, NIL_FEATURES
from nerlink.models.linker.linker import Linker
from nerlink.models.linker.second_look import LOOK_FEATURES
from nerlink.models.linker.texts import encode_entities

__all__ = ["build_untrained"]

log = logging.getLogger(__name__)

SAMPLE: Final = 512
"""Entities whose texts say how far apart the encoder holds texts."""

SPREAD: Final = 5.0
"""Deviation of the closeness of a text to the texts of other entities, in units of the score.

A prior of 1 against one of 0.007 is as much. Long passages, whose mean vector is short, come to a
third of it."""

FULLER: Final = 1.5
"""What a candidate gains if all fuller names of its mention in the document mean it."""

CLOSE_TO_REST: Final = "close to the rest of the document"
TOGETHER: Final = 3.0
"""What a candidate gains whose text is just what the other mentions of the document mean."""

DESCRIBED: Final = "SELECT 1 FROM entity WHERE description <> ''"

LACKING: Final = {
    "SELECT 1 FROM entity WHERE type <> ''": "no entity has a type, so mentions get no label",
    DESCRIBED: (
        "no entity has a description, so namesakes are told apart by names and counts alone, and a "
        "name means none of the entities with longer names"
    ),
    "SELECT 1 FROM alias JOIN entity USING (row) WHERE surface <> entity.id": (
        "entities are called by their ids and nothing else, so ids are what is looked for in texts"
    ),
}
"""What no entity of a base may have, and what follows."""

LEAST_DEVIATION: Final = 0.02
TYPICAL_DEVIATION: Final = 0.15
"""Deviation of cosines where texts are alike by chance, and where there are too few to tell."""


def build_untrained(config: Config, kb: KnowledgeBase) -> JointModel:
    """A linker on an encoder as it was published, and the dictionary if the configuration has one.

    Texts of entities are read when they are first candidates.

    Args:
        config: The whole configuration; the task is `nel`.
        kb: The knowledge base.

    Raises:
        ConfigError: A value that cannot be used.
        EncoderError: There is no such encoder.
        KnowledgeBaseError: The base has no entities, or no name that could be looked for.
    """
    if not len(kb):
        raise KnowledgeBaseError(
            f"{kb.path}: no entity is in the base, so there is nothing to find. "
            "Add some with nerlink kb add."
        )
    _tell_what_is_lacking(kb)
    has_texts = kb.connection.execute(f"{DESCRIBED} LIMIT 1").fetchone()
    if not has_texts and "fill" not in config.kb.model_fields_set:
        # A text is always close to some longer name, and nothing else speaks against it: "breast
        # cancer" would be "breast and ovarian cancer" wherever ovaries are spoken of.
        config = config.model_copy(update={"kb": config.kb.model_copy(update={"fill": ()})})
    model = build_model(config, WindowEmbeddings(config.encoder), kb=kb).eval()
    if model.dictionary:
        model.dictionary.read()
    if model.linker:
        _set_by_hand(model.encoder, model.linker, kb)
        model.linker.texts.leave_unread()
    return model


def _tell_what_is_lacking(kb: KnowledgeBase) -> None:
    for query, so in LACKING.items():
        if not kb.connection.execute(f"{query} LIMIT 1").fetchone():
            log.warning("%s: %s.", kb.path, so)


@torch.no_grad()
def _set_by_hand(encoder: WindowEmbeddings, linker: Linker, kb: KnowledgeBase) -> None:
    """Set the query to the mean of the passage, and `NIL` to the mean of the entities."""
    rows = torch.linspace(0, kb.n_rows - 1, min(SAMPLE, kb.n_rows)).round().long().tolist()
    # Rows of removed entities have no text; where all of these were removed, others were not.
    texts = list(kb.texts(rows)) or list(islice(kb.texts(), SAMPLE))
    units = torch.cat([vectors.float() for _, vectors in encode_entities(encoder, texts)])
    length = float(units.norm(dim=-1).mean())
    documents = [tokenize(Document(text=text)) for _, text in texts]
    with evaluating(encoder):
        size = float(encoder.encode_texts(documents).norm(dim=-1).mean())
    width, about = linker.prototypes.width, 2 * encoder.embedding_length
    linker.query.weight.zero_()
    linker.query.bias.zero_()
    scale = SPREAD / (size * length * _deviation(units / length))
    linker.query.weight[:, about : about + width] = scale * torch.eye(width)
    linker.nil_prototype.copy_(units.mean(0))
    linker.curves.weight[FEATURES.index("prior of a fuller name")] = FULLER
    # Features count less 1, so that candidates without a fuller name lose as much; `NIL`, whose
    # share of counts is 0 before training, loses it too.
    linker.nil_curves.weight[NIL_FEATURES.index("share of counts")] = FULLER
    linker.second_look.center.copy_(units.mean(0))
    linker.second_look.weights[1, LOOK_FEATURES.index(CLOSE_TO_REST)] = TOGETHER


def _deviation(units: Tensor) -> float:
    """Standard deviation of the cosines of different texts; encoders differ in it tenfold."""
    if len(units) < 3:
        return TYPICAL_DEVIATION
    others = (units @ units.T)[~torch.eye(len(units), dtype=torch.bool)]
    return max(float(others.std()), LEAST_DEVIATION)
