import ctypes
import sys
from types import SimpleNamespace

import pytest

from nerlink.models.encoder.fast import heap


@pytest.fixture(autouse=True)
def forget():
    heap.keep_out_of_heap.cache_clear()
    yield
    heap.keep_out_of_heap.cache_clear()


def test_the_c_library_is_told_once(monkeypatch):
    told = []
    library = SimpleNamespace(mallopt=lambda *option: told.append(option))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    heap.keep_out_of_heap()
    heap.keep_out_of_heap()
    assert told == [(heap.MMAP_THRESHOLD, heap.OWN_PAGES)]


def test_another_system_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: pytest.fail("opened the C library"))
    heap.keep_out_of_heap()


def test_a_c_library_without_the_option_is_left_alone(monkeypatch):
    opened = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: opened.append(1) or SimpleNamespace())
    heap.keep_out_of_heap()
    assert opened == [1]
