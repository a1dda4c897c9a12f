import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModel, BertConfig, DistilBertConfig, RobertaConfig

from nerlink.models.encoder.fast import transformer
from nerlink.models.encoder.fast.transformer import hidden_states, is_packable

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
CONFIGS = {
    "bert": BertConfig(vocab_size=50, intermediate_size=24, **SMALL),
    "roberta": RobertaConfig(vocab_size=50, intermediate_size=24, pad_token_id=1, **SMALL),
    "distilbert": DistilBertConfig(vocab_size=50, dim=16, n_layers=2, n_heads=2, hidden_dim=24),
}


def make(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return AutoModel.from_config(CONFIGS[name]).eval()


def one_by_one(model, sequences) -> torch.Tensor:
    """Each sequence alone, with transformers alone."""
    with torch.no_grad():
        states = [model(ids.unsqueeze(0)).last_hidden_state[0] for ids in sequences]
    return torch.cat(states)


@pytest.mark.parametrize("name", CONFIGS)
def test_states_are_those_of_each_sequence_alone(name):
    model = make(name)

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.integers(1, 30), min_size=1, max_size=6))
    def check(lengths):
        sequences = [torch.randint(3, 50, (length,)) for length in lengths]
        with torch.no_grad():
            found = hidden_states(model, torch.cat(sequences), lengths)
        torch.testing.assert_close(found, one_by_one(model, sequences), atol=1e-5, rtol=0)

    check()


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_in_bf16_states_are_those_of_fp32_but_for_rounding(name, monkeypatch):
    model, lengths = make(name), [3, 3, 9]
    ids = torch.randint(3, 50, (sum(lengths),))
    with torch.no_grad():
        exact = hidden_states(model, ids, lengths)
        model.to(torch.bfloat16)
        short = hidden_states(model, ids, lengths)
        monkeypatch.setattr(transformer, "SHORT", 0)
        long = hidden_states(model, ids, lengths)
    assert short.dtype == torch.bfloat16
    for found in (short, long):
        torch.testing.assert_close(found.float(), exact, atol=0.1, rtol=0)


@pytest.mark.parametrize(
    ("name", "expected"), [("bert", True), ("roberta", True), ("distilbert", False)]
)
def test_bert_and_its_like_are_packable(name, expected):
    assert is_packable(make(name)) == expected


@pytest.mark.parametrize("name", CONFIGS)
def test_extra_vectors_are_added_to_the_word_embeddings(name):
    model = make(name)
    ids = torch.tensor([5, 6, 7, 8, 9])
    table = model.get_input_embeddings().weight
    with torch.no_grad():
        expected = hidden_states(model, ids + 1, [3, 2])
        found = hidden_states(model, ids, [3, 2], extra=table[ids + 1] - table[ids])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_gradients_are_those_of_transformers(name):
    model, sequences = make(name), [torch.tensor([5, 6, 7]), torch.tensor([8, 9])]
    hidden_states(model, torch.cat(sequences), [3, 2]).pow(2).sum().backward()
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    sum(model(ids.unsqueeze(0)).last_hidden_state.pow(2).sum() for ids in sequences).backward()
    expected = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    assert found.keys() == expected.keys()
    for weight, grad in expected.items():
        torch.testing.assert_close(found[weight], grad, atol=1e-4, rtol=1e-3)


def test_training_drops_out():
    model = make("bert").train()
    ids = torch.arange(5, 25)
    assert not torch.equal(hidden_states(model, ids, [20]), hidden_states(model, ids, [20]))
