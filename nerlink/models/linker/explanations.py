"""Why a mention was linked as it was: the parts of each candidate's score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from nerlink.data import NIL
from nerlink.models.linker.features import FEATURES, NIL_FEATURES
from nerlink.models.linker.linker import Linker
from nerlink.models.linker.second_look import LOOK_FEATURES, N_CALIBRATION, FirstLook
from nerlink.models.passages import MentionBatch

__all__ = ["Explanation", "Option", "explain_link"]

MOST_OPTIONS: Final = 5
"""Options that `str` prints."""

LEAST_PART: Final = 0.005
"""A part is printed if it is at least so large for one of the printed options."""


@dataclass(frozen=True, slots=True)
class Option:
    """`NIL` or a candidate of a mention.

    Args:
        entity: Knowledge-base id, or `NIL`.
        name: The entity's name in the knowledge base.
        probability: Calibrated probability, 0 to 1.
        parts: Parts of the score, by name. The score of an option is the sum of its parts; a
            softmax over the scores of all options gives the probabilities.
    """

    entity: str
    name: str
    probability: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a mention may mean, and why.

    Args:
        surface: The mention as it is written.
        options: `NIL` and all candidates, the likeliest first.
    """

    surface: str
    options: tuple[Option, ...]

    def __str__(self) -> str:
        """A table of the likeliest options."""
        return self.table(MOST_OPTIONS)

    def table(self, n_options: int) -> str:
        """A column for each of the likeliest options, a line for each part that counts."""
        shown = self.options[:n_options]
        parts = [part for option in shown for part in option.parts.items()]
        names = dict.fromkeys(name for name, value in parts if abs(value) >= LEAST_PART)
        lines = [
            (self.surface, *(option.entity for option in shown)),
            ("probability", *(f"{option.probability:.3f}" for option in shown)),
            ("score", *(f"{sum(option.parts.values()):+.2f}" for option in shown)),
        ]
        lines += [
            (
                f"  {name}",
                *(f"{o.parts[name]:+.2f}" if name in o.parts else "" for o in shown),
            )
            for name in names
        ]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  ".join([cells[0].ljust(widths[0]), *padded]).rstrip()


@torch.inference_mode()
def explain_link(
    linker: Linker,
    vectors: Tensor,
    labels: Tensor | None,
    mentions: MentionBatch,
    number: int,
) -> Explanation:
    """Why one mention of a document is linked as it is.

    Args:
        linker: A linker in evaluation mode.
        vectors: Token vectors of the document, (n_tokens, embedding_length).
        labels: The tagger's label distribution, (n_tokens, 1 + n_labels), of a joint model.
        mentions: All mentions of the document: the second look depends on them.
        number: Place of the mention to explain among the mentions.
    """
    look = linker.look(vectors, labels, mentions)
    logits = linker.second_look(look, is_on=linker.config.second_look)
    query = linker.mention_vectors(vectors, mentions, labels)[number]
    parts = _score_parts(linker, look, query, number)
    entities = (NIL, *look.sets[number].entities)
    probabilities = logits[number].softmax(-1).tolist()
    options = [
        Option(entity, linker.lookup.kb.name_of(entity), probability, each)
        for entity, probability, each in zip(
            entities, probabilities[: len(entities)], parts, strict=True
        )
    ]
    options.sort(key=lambda option: -option.probability)
    return Explanation(mentions.names[number].surface, tuple(options))


def _score_parts(
    linker: Linker, look: FirstLook, query: Tensor, number: int
) -> list[dict[str, float]]:
    """The parts of the score of `NIL`, then those of each candidate, by name."""
    weights = linker.second_look.weights[int(linker.config.second_look)]
    # Calibration multiplies the first look by its sharpness, so each part of the first look is
    # multiplied as well; the parts then add up to the logit.
    of_document = (linker.second_look.features(look)[number] * weights)[:, N_CALIBRATION:]
    flat, sharpness = look.flat, weights[0]
    here = flat.mentions == number
    rows = flat.rows[here]
    text = linker.prototypes.text_of(rows) @ query * sharpness
    memory = linker.prototypes.memory_of(rows) @ query * sharpness
    curves = linker.curves(flat.features[here]) * sharpness
    nil_curves = linker.nil_curves(flat.nil_features[number]) * sharpness
    looks = LOOK_FEATURES[N_CALIBRATION:]
    nil = {"closeness": float(linker.nil_prototype @ query * sharpness)}
    nil |= dict(zip(NIL_FEATURES, nil_curves.tolist(), strict=True))
    nil |= {"NIL": float(weights[1])} | dict(zip(looks, of_document[0].tolist(), strict=True))
    found = [_worth_telling(nil)]
    for i in range(len(rows)):
        part = {
            "closeness of its text": float(text[i]),
            "closeness of its memory": float(memory[i]),
        }
        part |= dict(zip(FEATURES, curves[i].tolist(), strict=True))
        part |= dict(zip(looks, of_document[1 + i].tolist(), strict=True))
        found.append(_worth_telling(part))
    return found


def _worth_telling(parts: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in parts.items() if value}
