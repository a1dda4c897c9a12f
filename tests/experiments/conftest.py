import importlib
import sys
from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).parent.parent.parent / "experiments"


@pytest.fixture
def program(monkeypatch):
    """Imports a program of experiments/ by name, for one test."""
    monkeypatch.syspath_prepend(str(EXPERIMENTS))

    def load(name: str):
        for other in ("table", "scoring", "run", "ablate", "relearn"):
            monkeypatch.delitem(sys.modules, other, raising=False)
        return importlib.import_module(name)

    return load
