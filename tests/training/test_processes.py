import pytest
from accelerate.state import is_initialized

from nerlink.config import TrainingConfig
from nerlink.errors import ConfigError
from nerlink.training.processes import open_accelerator


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_computes_where_and_how_it_is_told(precision):
    with open_accelerator(TrainingConfig(device="cpu", precision=precision)) as accelerator:
        assert accelerator.device.type == "cpu"
        assert accelerator.mixed_precision == {"fp32": "no"}.get(precision, precision)
    assert not is_initialized()


def test_the_accelerator_of_someone_else_stays():
    with open_accelerator(TrainingConfig(device="cpu")):
        with open_accelerator(TrainingConfig(device="cpu")):
            pass
        assert is_initialized()


def test_a_device_that_is_not_there_is_refused():
    with (
        pytest.raises(ConfigError, match="device 'toaster' cannot be used"),
        open_accelerator(TrainingConfig(device="toaster")),
    ):
        pass
