import os
import socket
import subprocess
import sys
from importlib.metadata import metadata, version
from pathlib import Path

import pytest

import nerlink

HEAVY = {
    "torch",
    "flair",
    "transformers",
    "accelerate",
    "pandas",
    "ray",
    "fastapi",
    "uvicorn",
    "spacy",
}


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
        "nerlink.checks",
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


WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


@pytest.mark.parametrize(
    ("said", "policy"),
    [
        pytest.param({}, "PASSIVE", id="nothing said"),
        pytest.param({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE", id="a policy"),
        pytest.param({"GOMP_SPINCOUNT": "9"}, "None", id="a number of turns"),
        pytest.param({"KMP_BLOCKTIME": "0"}, "None", id="a time"),
    ],
)
def test_threads_sleep_while_they_wait_unless_somebody_chose_otherwise(said, policy):
    code = (
        "import nerlink, os, sys; print(os.environ.get('OMP_WAIT_POLICY'), 'torch' in sys.modules)"
    )
    others = {key: value for key, value in os.environ.items() if key not in WAITING}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=others | said, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [policy, "False"]


def test_nothing_reaches_for_a_server():
    with pytest.raises(RuntimeError, match=r"looked for the host 'example.org'"):
        socket.create_connection(("example.org", 80))
    with pytest.raises(RuntimeError, match="connected to"), socket.socket() as client:
        client.connect(("192.0.2.1", 80))


def test_the_licence_is_mit():
    assert metadata("nerlink")["License-Expression"] == "MIT"
    licence = Path(__file__).parent.parent / "LICENSE"
    assert licence.read_text(encoding="utf8").startswith("MIT License")
