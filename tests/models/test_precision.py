import pytest
import torch
from torch import nn

from nerlink.errors import ConfigError
from nerlink.models import precision
from nerlink.models.int8 import Int8Linear, can_int8
from nerlink.models.precision import PRECISIONS, choose_precision, compute_in

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
    compute_in(model, name)
    assert {weight.dtype for weight in model.parameters()} == {PRECISIONS[name]}
    assert isinstance(model[0], Int8Linear) == (name == "int8")
    compute_in(model, "fp32")
    assert (type(model[0]), model[0].weight.dtype) == (nn.Linear, torch.float32)
