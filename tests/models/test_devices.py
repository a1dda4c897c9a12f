import flair
import pytest
import torch

from nerlink.errors import ConfigError
from nerlink.models.devices import choose_device, choose_precision

CPU = torch.device("cpu")


def test_flair_uses_the_chosen_device():
    assert choose_device("cpu") == CPU == flair.device


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_auto_takes_the_cpu_where_there_is_no_gpu():
    assert choose_device("auto") == CPU


@pytest.mark.parametrize("name", ["toaster", "cuda:99", "meta"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(ConfigError, match=f"device '{name}' cannot be used here: .* Use 'cpu'"):
        choose_device(name)
    assert flair.device == CPU


@pytest.mark.parametrize(("name", "chosen"), [("auto", "fp32"), ("bf16", "bf16"), ("fp32", "fp32")])
def test_precision_follows_the_device(name, chosen):
    assert choose_precision(name, CPU) == chosen


@pytest.mark.parametrize(
    ("saved", "chosen"), [("fp32", "fp32"), ("bf16", "bf16"), ("fp16", "fp32")]
)
def test_auto_is_what_was_saved_where_the_device_can(saved, chosen):
    assert choose_precision("auto", CPU, saved=saved) == chosen


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fp16", "precision 'fp16' needs a GPU. Use 'bf16' or 'fp32' on a CPU"),
        ("int8", "precision 'int8' is unknown. Use one of auto, fp32, bf16, fp16"),
    ],
)
def test_a_precision_that_cannot_be_had_is_refused(name, message):
    with pytest.raises(ConfigError, match=message):
        choose_precision(name, CPU)
