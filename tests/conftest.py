"""What many tests share: a small random encoder, and one thread for torch."""

import os
import string
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.encoders import write_encoder

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

LOCAL = {"127.0.0.1", "::1", "localhost", "", None}


def _stay_here(event: str, args: tuple[Any, ...]) -> None:
    """Nothing that is tested needs anybody's server: looking for one is a failure."""
    if event == "socket.getaddrinfo" and args[0] not in LOCAL:
        raise RuntimeError(f"a test looked for the host {args[0]!r}")
    if event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] not in LOCAL:
        raise RuntimeError(f"a test connected to {args[1]!r}")


sys.addaudithook(_stay_here)

pytest_plugins = ["tests.world"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--documents 10000` sends that many through each format of another tool."""
    parser.addoption("--documents", type=int, default=0, help="generated documents for each format")


# The suite says the same of the same code each time; `--hypothesis-profile=search` looks further.
settings.register_profile("nerlink", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("nerlink")


@pytest.fixture(scope="session")
def encoder_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer BERT with random weights, 32 wide, uncased; it tokenises any ASCII text."""
    folder = tmp_path_factory.mktemp("encoder")
    return write_encoder(folder, _write_vocabulary(folder))


def _write_vocabulary(folder: Path) -> str:
    characters = [c for c in string.printable.lower() if not c.isspace()]
    words = ["the", "of", "in", "and", "to", "is", "was", "at", "by", "for", "with", "on", "from"]
    pieces = [
        *["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        *words,
        *characters,
        *["##" + c for c in characters],
    ]
    path = folder / "vocab.txt"
    path.write_text("\n".join(dict.fromkeys(pieces)), encoding="utf8")
    return str(path)
