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

__all__ = ["hidden_states", "is_packable"]

PACKABLE: Final = ("BertModel", "RobertaModel", "XLMRobertaModel")
"""Transformers of one build: the sum of three embeddings, then post-norm layers."""


SHORT: Final = 256
"""Subtokens of sequences for which plain products in bf16 are faster on a CPU than the kernel."""


def is_packable(model: torch.nn.Module) -> bool:
    """Whether a transformer can run without padding."""
    return type(model).__name__ in PACKABLE


def hidden_states(
    model: Any,
    ids: Tensor,
    lengths: Sequence[int],
    *,
    extra: Tensor | None = None,
    layers: Sequence[int] = (-1,),
) -> Tensor:
    """Hidden states of sequences laid end to end, (n_subtokens, width).

    Args:
        model: A transformer of the transformers library.
        ids: Vocabulary ids of all sequences, special ones included, (n_subtokens), on its device.
        lengths: Subtokens of each sequence.
        extra: Vectors to add to the word embeddings, (n_subtokens, width).
        layers: Whose mean it is: 0 for the input embeddings, -1 for the last.
    """
    words = model.get_input_embeddings()(ids)
    if extra is not None:
        words = words + extra
    run = _packed if is_packable(model) and ids.device.type == "cpu" else _padded
    chosen = run(model, words, list(lengths), layers)
    return torch.stack(chosen).mean(0) if len(chosen) > 1 else chosen[0]


def _padded(model: Any, words: Tensor, lengths: list[int], layers: Sequence[int]) -> list[Tensor]:
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


def _packed(model: Any, words: Tensor, lengths: list[int], layers: Sequence[int]) -> list[Tensor]:
    table = model.embeddings
    padding = table.position_embeddings.padding_idx
    first = 0 if padding is None else padding + 1
    positions = torch.cat([torch.arange(first, first + length) for length in lengths])
    types = table.token_type_embeddings.weight[0]
    states = table.dropout(table.LayerNorm(words + types + table.position_embeddings(positions)))
    numbers = range(1 + len(model.encoder.layer))
    kept = {0: states}
    groups = [(len([*equal]), length) for length, equal in groupby(lengths)]
    wanted = {numbers[layer] for layer in layers}
    for number, layer in enumerate(model.encoder.layer, start=1):
        mixed = layer.attention.output(_attend(layer.attention.self, states, groups), states)
        states = layer.output(layer.intermediate(mixed), mixed)
        if number in wanted:
            kept[number] = states
    return [kept[numbers[layer]] for layer in layers]


def _attend(attention: Any, states: Tensor, groups: Sequence[tuple[int, int]]) -> Tensor:
    """Self-attention inside each sequence, (n_subtokens, width).

    Args:
        attention: The layer's query, key and value.
        states: (n_subtokens, width).
        groups: How many sequences of what length follow each other.
    """
    sizes = [n * length for n, length in groups]
    projected = (attention.query(states), attention.key(states), attention.value(states))
    dropout = attention.dropout.p if attention.training else 0.0
    mixed = []
    for (n, length), *parts in zip(
        groups, *(torch.split(p, sizes) for p in projected), strict=True
    ):
        shape = (n, length, attention.num_attention_heads, -1)
        query, key, value = (part.view(shape).transpose(1, 2) for part in parts)
        out = _mix(query, key, value, dropout)
        mixed.append(out.transpose(1, 2).reshape(n * length, -1))
    return torch.cat(mixed)


def _mix(query: Tensor, key: Tensor, value: Tensor, dropout: float) -> Tensor:
    """Attention, (n, heads, length, width of a head), of three tensors of that shape."""
    is_plain = query.dtype == torch.bfloat16 and query.shape[2] <= SHORT
    if not is_plain or torch.is_grad_enabled():
        return scaled_dot_product_attention(query, key, value, dropout_p=dropout)
    weights = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
    mixed: Tensor = weights.softmax(-1) @ value
    return mixed
