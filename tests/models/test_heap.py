import ctypes
import sys
from types import SimpleNamespace

import pytest

from nerlink.models import heap


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


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_another_c_library_is_left_alone(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    heap.keep_out_of_heap()
