import socket
import subprocess
import sys
from importlib.metadata import metadata, version
from pathlib import Path

import pytest

import nerlink

HEAVY = {"torch", "flair", "transformers", "accelerate", "pandas", "ray"}


@pytest.mark.parametrize("name", nerlink.__all__)
def test_public_name_can_be_imported(name):
    assert getattr(nerlink, name).__name__ == name if name != "NIL" else nerlink.NIL == "NIL"


def test_version_is_that_of_the_distribution():
    assert nerlink.__version__ == version("nerlink")


def test_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'tarin'"):
        nerlink.tarin  # noqa: B018


@pytest.mark.parametrize(
    "module",
    [
        "nerlink",
        "nerlink.cli",
        "nerlink.config",
        "nerlink.data",
        "nerlink.display",
        "nerlink.evaluation",
        "nerlink.kb",
        "nerlink.schemes",
        "nerlink.sources",
    ],
)
def test_import_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert not HEAVY & set(loaded.split())


def test_nothing_reaches_for_a_server():
    with pytest.raises(RuntimeError, match=r"looked for the host 'example.org'"):
        socket.create_connection(("example.org", 80))
    with pytest.raises(RuntimeError, match="connected to"), socket.socket() as client:
        client.connect(("192.0.2.1", 80))


def test_the_licence_is_mit():
    assert metadata("nerlink")["License-Expression"] == "MIT"
    licence = Path(__file__).parent.parent / "LICENSE"
    assert licence.read_text(encoding="utf8").startswith("MIT License")
