"""The weights of a trained model in a new one, which may have other labels and another base."""

from collections.abc import Hashable, Mapping, Sequence

import torch
from torch import Tensor, nn

from nerlink.models.joint import JointModel
from nerlink.models.linker.linker import Linker
from nerlink.models.linker.prototypes import Prototypes
from nerlink.models.tagger.tagger import Tagger

__all__ = ["take_weights"]


@torch.no_grad()
def take_weights(model: JointModel, start: JointModel, rows: Mapping[int, int]) -> None:
    """Set the weights of a model's heads to those of a trained one, wherever both have them.

    What the trained model lacks stays as it is: the tags of new labels, a head for a task that it
    did not learn, the memory of entities that it was not trained on. The texts of prototypes are
    left to whoever encodes them.

    Args:
        model: The new model, whose encoder was loaded from the trained one's.
        start: The trained model, whose encoder and whose hidden layers have the same widths.
        rows: Row of an entity in the base of `start` to the row of the same entity in the base of
            `model`, where `start` has a memory of it.
    """
    _copy(model.encoder.shapes, start.encoder.shapes)
    _copy(model.encoder.shape_inputs, start.encoder.shape_inputs)
    if model.tagger and start.tagger:
        _take_tagger(model.tagger, start.tagger)
    if model.linker and start.linker:
        _take_linker(model.linker, start.linker)
        _take_memory(model.linker.prototypes, start.linker.prototypes, rows)


def _take_tagger(tagger: Tagger, start: Tagger) -> None:
    tagger.temperature.copy_(start.temperature)
    tagger.confidence.copy_(start.confidence)
    _copy(tagger.recurrent, start.recurrent)
    *hidden, tags = tagger.linear.children()
    *learnt_hidden, learnt = start.linear.children()
    for layer, learnt_layer in zip(hidden, learnt_hidden, strict=True):
        _copy(layer, learnt_layer)
    to, of = _places(tagger.tagset.tags, start.tagset.tags)
    for name, parameter in tags.named_parameters():  # a row, and a bias, for each tag
        parameter[to] = learnt.get_parameter(name)[of]
    if tagger.chain and start.chain:
        new, old = tagger.chain, start.chain
        # Transitions stand in the order of the dictionary: the tags, then start and stop.
        to, of = _places(new.dictionary.get_items(), old.dictionary.get_items())
        new.crf.transitions[to[:, None], to] = old.crf.transitions[of[:, None], of]


def _take_linker(linker: Linker, start: Linker) -> None:
    _copy(linker.curves, start.curves)
    _copy(linker.nil_curves, start.nil_curves)
    _copy(linker.second_look, start.second_look)
    linker.nil_prototype.copy_(start.nil_prototype)
    linker.query.bias.copy_(start.query.bias)
    # The query reads vectors first, which have the same width, and then the label distribution.
    to, of = _places(_inputs(linker), _inputs(start))
    linker.query.weight[:, to] = start.query.weight[:, of]


def _inputs(linker: Linker) -> list[Hashable]:
    """What each input of the query is: a place in the vectors, or a label, `None` for no label."""
    width = linker.query.in_features - linker.label_width
    labels: list[Hashable] = [None, *linker.lookup.labels] if linker.label_width else []
    return [*range(width), *labels]


def _take_memory(prototypes: Prototypes, start: Prototypes, rows: Mapping[int, int]) -> None:
    slots = _slots(prototypes.rows, list(rows.values()))
    prototypes.memory.weight[slots] = start.memory.weight[_slots(start.rows, list(rows))]


def _slots(known: Tensor, rows: Sequence[int]) -> Tensor:
    """The rows of the table of memories for rows of a base, (n_rows)."""
    return torch.searchsorted(known, torch.tensor(rows, dtype=torch.long, device=known.device)) + 1


def _places(new: Sequence[Hashable], old: Sequence[Hashable]) -> tuple[Tensor, Tensor]:
    """Where both sequences have the same things: places in the first, places in the second."""
    places = {thing: place for place, thing in enumerate(old)}
    both = [(place, places[thing]) for place, thing in enumerate(new) if thing in places]
    to, of = torch.tensor(both, dtype=torch.long).reshape(-1, 2).T
    return to, of


def _copy(module: nn.Module | None, learnt: nn.Module | None) -> None:
    """Set the weights of a part, if both models have it."""
    if module is not None and learnt is not None:
        module.load_state_dict(learnt.state_dict())
