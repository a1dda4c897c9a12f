import copy
import ctypes
import sys
from types import SimpleNamespace

import pytest
import torch
from transformers import BertConfig, BertModel

from nerlink.models.encoder.fast import buffers as buffers_module
from nerlink.models.encoder.fast.buffers import InBuffers
from nerlink.models.encoder.fast.transformer import hidden_states

LENGTHS = [7, 7, 5, 12]


@pytest.fixture(params=["gelu", "relu"])
def bert(request):
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        hidden_act=request.param,
    )
    return BertModel(config).eval()


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layers", [(-1,), (0, 2, -1)])
def test_buffers_hold_what_modules_compute(bert, precision, layers):
    bert.to(precision)
    buffers = InBuffers()
    with torch.inference_mode():
        for lengths in (LENGTHS, LENGTHS[:2], [*LENGTHS, 9]):
            ids = torch.randint(50, (sum(lengths),))
            right = hidden_states(bert, ids, lengths, layers=layers)
            assert right.equal(hidden_states(bert, ids, lengths, layers=layers, buffers=buffers))


def test_buffers_are_used_again(bert):
    buffers = InBuffers()
    ids = torch.randint(50, (sum(LENGTHS),))
    with torch.inference_mode():
        first = hidden_states(bert, ids, LENGTHS, buffers=buffers)
        second = hidden_states(bert, ids[:14], LENGTHS[:2], buffers=buffers)
    assert first.data_ptr() == second.data_ptr()


@pytest.mark.parametrize("is_training", [True, False])
def test_learning_gets_tensors_of_its_own(bert, is_training):
    bert.train(is_training)
    buffers = InBuffers()
    states = hidden_states(bert, torch.randint(50, (sum(LENGTHS),)), LENGTHS, buffers=buffers)
    states.sum().backward()
    assert bert.encoder.layer[0].attention.self.query.weight.grad is not None


def test_another_kind_of_linear_map_runs_as_it_is(bert):
    class Halved(torch.nn.Linear):
        def forward(self, states):
            return super().forward(states) / 2

    bert.encoder.layer[1].intermediate.dense = Halved(16, 32)
    ids = torch.randint(50, (sum(LENGTHS),))
    with torch.inference_mode():
        right = hidden_states(bert, ids, LENGTHS)
        assert right.equal(hidden_states(bert, ids, LENGTHS, buffers=InBuffers()))


def test_a_copy_has_buffers_of_its_own():
    buffers = InBuffers()
    buffers.take("states", torch.zeros(3, 2), 2)
    assert copy.deepcopy(buffers)._buffers == {}


@pytest.fixture(autouse=True)
def forget():
    buffers_module.keep_out_of_heap.cache_clear()
    yield
    buffers_module.keep_out_of_heap.cache_clear()


def test_the_c_library_is_told_once(monkeypatch):
    told = []
    library = SimpleNamespace(mallopt=lambda *option: told.append(option))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    buffers_module.keep_out_of_heap()
    buffers_module.keep_out_of_heap()
    assert told == [(buffers_module.MMAP_THRESHOLD, buffers_module.OWN_PAGES)]


def test_another_system_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: pytest.fail("opened the C library"))
    buffers_module.keep_out_of_heap()


def test_a_c_library_without_the_option_is_left_alone(monkeypatch):
    opened = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: opened.append(1) or SimpleNamespace())
    buffers_module.keep_out_of_heap()
    assert opened == [1]
