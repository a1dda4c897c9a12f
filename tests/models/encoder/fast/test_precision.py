import pytest
import torch
from torch import nn

from nerlink.config import EncoderConfig
from nerlink.converters import tokenize
from nerlink.data import Document
from nerlink.errors import ConfigError
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.encoder.fast import precision
from nerlink.models.encoder.fast.buffers import InBuffers
from nerlink.models.encoder.fast.precision import (
    PRECISIONS,
    Int8Linear,
    can_int8,
    choose_precision,
    compute_in,
    set_int8,
)

LONG = tokenize(Document(text="The ox was at the sea. " * 9 + "word " * 30))

pytestmark = pytest.mark.skipif(not can_int8(), reason="the processor does not multiply in int8")


def rounded(rows):
    """Rows in 127 steps on either side of zero, as float64."""
    steps = rows.double().abs().amax(1, keepdim=True) / 127
    return (rows.double() / steps).round() * steps


@pytest.mark.parametrize("shape", [(1, 8), (50, 8), (2, 5, 8)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_multiplies_rounded_rows(shape, bias):
    torch.manual_seed(1)
    linear = nn.Linear(8, 16, bias=bias)
    states = torch.randn(shape) * torch.tensor([9.0, 1, 1, 1, 0.1, 1, 1, 1])
    expected = rounded(states.reshape(-1, 8)) @ rounded(linear.weight.detach()).T
    if bias:
        expected = expected + linear.bias.detach()
    found = Int8Linear(linear, InBuffers())(states)
    assert found.shape == (*shape[:-1], 16)
    torch.testing.assert_close(found.reshape(-1, 16).double(), expected, atol=1e-4, rtol=1e-4)
    assert (found - linear(states)).abs().max() > 1e-4


def test_a_row_does_not_change_another_one():
    layer = Int8Linear(nn.Linear(8, 4), InBuffers())
    small, large = torch.randn(1, 8), 1000 * torch.randn(1, 8)
    torch.testing.assert_close(layer(torch.cat([small, large]))[:1], layer(small))


def test_rows_of_zeros_are_mapped_to_the_bias():
    linear = nn.Linear(8, 4)
    torch.testing.assert_close(
        Int8Linear(linear, InBuffers())(torch.zeros(3, 8)), linear.bias.expand(3, 4)
    )


def test_weights_keep_their_names_and_are_kept_in_bf16(encoder_dir):
    encoder = WindowEmbeddings(EncoderConfig(model=str(encoder_dir))).eval()
    before = {name: weight.clone() for name, weight in encoder.model.state_dict().items()}
    whole = encoder.encode([LONG])
    encoder.set_precision("int8")
    assert any(isinstance(module, Int8Linear) for module in encoder.model.modules())
    after = encoder.model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name].bfloat16()) for name in before)
    few = encoder.encode([LONG])
    assert not torch.equal(few, whole)
    torch.testing.assert_close(few, whole, atol=0.1, rtol=0.1)
    encoder.set_precision("bf16")
    assert not any(isinstance(module, Int8Linear) for module in encoder.model.modules())


def test_layers_anywhere_in_a_model_are_found():
    model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    set_int8(model, InBuffers())
    kinds = [type(module) for module in model.modules()]
    assert kinds.count(Int8Linear) == 2
    set_int8(model, None)
    assert [type(module) for module in model.modules()].count(nn.Linear) == 2


CPU = torch.device("cpu")


@pytest.mark.parametrize(("name", "chosen"), [("auto", "fp32"), ("bf16", "bf16"), ("fp32", "fp32")])
def test_precision_follows_the_device(name, chosen):
    assert choose_precision(name, CPU) == chosen


@pytest.mark.parametrize(
    ("saved", "chosen"),
    [("fp32", "fp32"), ("bf16", "bf16"), ("int8", "int8"), ("fp16", "fp32")],
)
def test_auto_is_what_was_saved_where_the_device_can(saved, chosen, monkeypatch):
    monkeypatch.setattr(precision, "can_int8", lambda: True)
    assert choose_precision("auto", CPU, saved=saved) == chosen


def test_without_the_instructions_there_is_no_int8(monkeypatch):
    monkeypatch.setattr(precision, "can_int8", lambda: False)
    assert choose_precision("auto", CPU, saved="int8") == "fp32"
    with pytest.raises(ConfigError, match="'int8' needs a CPU with VNNI instructions"):
        choose_precision("int8", CPU)


def test_int8_is_for_processors():
    with pytest.raises(ConfigError, match="'int8' needs a CPU"):
        choose_precision("int8", torch.device("cuda"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fp16", "precision 'fp16' needs a GPU. Use 'bf16' or 'fp32' here"),
        ("int4", "precision 'int4' is unknown. Use one of auto, fp32, bf16, int8, fp16"),
    ],
)
def test_a_precision_that_cannot_be_had_is_refused(name, message):
    with pytest.raises(ConfigError, match=message):
        choose_precision(name, CPU)


def test_a_torch_that_cannot_tell_has_no_int8(monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_vnni_supported")
    assert not can_int8()


@pytest.mark.parametrize("name", [n for n in PRECISIONS if n != "int8" or can_int8()])
def test_weights_are_kept_in_what_is_asked_for(name):
    model = nn.Sequential(nn.Linear(4, 2))
    compute_in(model, name, InBuffers())
    assert {weight.dtype for weight in model.parameters()} == {PRECISIONS[name]}
    assert isinstance(model[0], Int8Linear) == (name == "int8")
    compute_in(model, "fp32", InBuffers())
    assert (type(model[0]), model[0].weight.dtype) == (nn.Linear, torch.float32)
