"""One pass of a transformer over sequences laid end to end.

On a CPU, BERT and its like run without padding: everything but attention sees one long list of
subtokens, and attention runs once for each length. Other transformers, and GPUs, get the padded
batch that transformers itself expects. The weights and the results are the same.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from torch.nn.utils.rnn import pad_sequence

from nerlink.models.encoder.fast.buffers import AsModules, InBuffers

__all__ = ["hidden_states", "is_packable"]

PACKABLE: Final = ("BertModel", "RobertaModel", "XLMRobertaModel")
"""Transformers of the same build: the sum of three embeddings, then post-norm layers."""

SHORT: Final = 512
"""Subtokens of sequences for which plain products in bf16 are faster on a CPU than the kernel."""


def is_packable(model: Any) -> bool:
    """Whether a transformer, where it is now, can run without padding."""
    return type(model).__name__ in PACKABLE and model.device.type == "cpu"


def hidden_states(
    model: Any,
    ids: Tensor,
    lengths: Sequence[int],
    *,
    extra: Tensor | None = None,
    layers: Sequence[int] = (-1,),
    buffers: InBuffers | None = None,
) -> Tensor:
    """Hidden states of sequences laid end to end, (n_subtokens, width).

    Args:
        model: A transformer of the transformers library.
        ids: Vocabulary ids of all sequences, special subtokens included, (n_subtokens), on the
            device of the model.
        lengths: Subtokens of each sequence.
        extra: Vectors to add to the word embeddings, (n_subtokens, width).
        layers: Layers to take the mean of: 0 for the input embeddings, -1 for the last layer.
        buffers: Buffers for the results of layers, the returned states included, in inference
            without padding; new tensors if `None`.
    """
    words = model.get_input_embeddings()(ids)
    if extra is not None:
        words = words + extra
    if is_packable(model):
        learns = model.training or torch.is_grad_enabled()
        run = AsModules() if learns or buffers is None else buffers
        chosen = _run_packed(model, words, list(lengths), layers, run)
    else:
        chosen = _run_padded(model, words, list(lengths), layers)
    return torch.stack(chosen).mean(0) if len(chosen) > 1 else chosen[0]


def _run_padded(
    model: Any, words: Tensor, lengths: list[int], layers: Sequence[int]
) -> list[Tensor]:
    """States of each chosen layer, (n_subtokens, width), from a batch with padding."""
    sizes = torch.tensor(lengths, device=words.device)
    mask = torch.arange(max(lengths), device=words.device) < sizes.unsqueeze(1)
    batch = pad_sequence([*torch.split(words, lengths)], batch_first=True)
    is_last = tuple(layers) == (-1,)
    output = model(
        inputs_embeds=batch, attention_mask=mask.long(), output_hidden_states=not is_last
    )
    if is_last:
        return [output.last_hidden_state[mask]]
    states = (*output.hidden_states[:-1], output.last_hidden_state)
    return [states[layer][mask] for layer in layers]


def _run_packed(
    model: Any, words: Tensor, lengths: list[int], layers: Sequence[int], run: AsModules
) -> list[Tensor]:
    """States of each chosen layer, (n_subtokens, width), without padding."""
    table = model.embeddings
    padding = table.position_embeddings.padding_idx
    first = 0 if padding is None else padding + 1
    # Each sequence counts its positions from the start, though all stand in one list.
    positions = torch.cat([torch.arange(first, first + length) for length in lengths])
    types = table.token_type_embeddings.weight[0]
    states = run.add(words, types, table.position_embeddings(positions))
    states = table.dropout(run.norm(table.LayerNorm, states, "embedded"))
    numbers = range(1 + len(model.encoder.layer))
    wanted = {numbers[layer] for layer in layers}
    kept = {0: states}
    # Batches come sorted by length, so sequences of equal length are neighbours: one attention call
    # a length, without a mask and without padding.
    groups = [(len([*equal]), length) for length, equal in groupby(lengths)]
    for number, layer in enumerate(model.encoder.layer, start=1):
        mixed = _attend(layer.attention.self, states, groups, run)
        states = run.output(layer.attention.output, mixed, states, "attended")
        wide = run.linear(layer.intermediate.dense, states, "wide")
        wide = run.activate(layer.intermediate.intermediate_act_fn, wide)
        states = run.output(layer.output, wide, states, "states")
        if number in wanted:
            kept[number] = states if number == numbers[-1] else run.keep(states)
    return [kept[numbers[layer]] for layer in layers]


def _attend(
    attention: Any, states: Tensor, groups: Sequence[tuple[int, int]], run: AsModules
) -> Tensor:
    """Self-attention inside each sequence, (n_subtokens, width).

    Args:
        attention: The layer's query, key and value.
        states: (n_subtokens, width).
        groups: Number and length of sequences of equal length, in the order of the states.
        run: How the parts of the layer run.
    """
    sizes = [n * length for n, length in groups]
    modules = {"query": attention.query, "key": attention.key, "value": attention.value}
    projected = [run.linear(module, states, name) for name, module in modules.items()]
    dropout = attention.dropout.p if attention.training else 0.0
    shapes = [(n, length, attention.num_attention_heads, -1) for n, length in groups]
    mixed = (
        _mix(*(part.view(shape).transpose(1, 2) for part in parts), dropout=dropout).transpose(1, 2)
        for shape, *parts in zip(shapes, *(torch.split(p, sizes) for p in projected), strict=True)
    )
    return run.join(mixed, sizes, states)


def _mix(query: Tensor, key: Tensor, value: Tensor, *, dropout: float) -> Tensor:
    """Attention, (n, heads, length, width of a head), of three tensors of that shape."""
    is_plain = query.dtype == torch.bfloat16 and query.shape[2] <= SHORT
    if not is_plain or torch.is_grad_enabled():
        return scaled_dot_product_attention(query, key, value, dropout_p=dropout)
    weights = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
    mixed: Tensor = weights.softmax(-1) @ value
    return mixed
