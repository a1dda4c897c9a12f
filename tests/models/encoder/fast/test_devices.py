import flair
import pytest
import torch

from nerlink.errors import ConfigError
from nerlink.models.encoder.fast.devices import choose_device

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
