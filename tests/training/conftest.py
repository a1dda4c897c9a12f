import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from nerlink.training import TrainingResult, train
from nerlink.training.reporting import Epoch, Reporter
from tests.world import DOCUMENTS, tiny_config


@pytest.fixture(scope="session")
def plain_encoder_dir(encoder_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small encoder without dropout."""
    folder = Path(shutil.copytree(encoder_dir, tmp_path_factory.mktemp("plain") / "encoder"))
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def run(encoder_dir: Path, kb_path: Path, tmp_path: Path):
    """Trains for two epochs, or as options say, on the ten documents."""

    def run(
        name: str = "model",
        *,
        tasks=("ner", "nel"),
        encoder=encoder_dir,
        train_on=DOCUMENTS,
        dev=(),
        reporter=None,
        **training: Any,
    ) -> TrainingResult:
        config = tiny_config(encoder, tasks=tasks, training={"epochs": 2, **training})
        return train(
            config, tmp_path / name, train=train_on, dev=dev, kb=kb_path, reporter=reporter
        )

    return run


def weights(folder: Path) -> Mapping[str, Tensor]:
    """All weights of a saved model."""
    return load_file(folder / "heads.safetensors") | load_file(
        folder / "encoder" / "model.safetensors"
    )


class Killed(Exception):  # noqa: N818
    """Stands in for whatever ends a run early."""


class Killer(Reporter):
    """Ends a run at a step, or at the end of an epoch."""

    def __init__(self, *, step: int = 0, epoch: int = 0) -> None:
        self.at_step = step
        self.at_epoch = epoch

    def step(self, epoch: int, n_done: int, loss: float, tokens_per_second: float) -> None:
        if n_done == self.at_step:
            raise Killed

    def epoch(self, epoch: Epoch) -> None:
        if epoch.number == self.at_epoch:
            raise Killed


class Listener(Reporter):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.summary: Any = None
        self.n_steps = 0
        self.notes: list[str] = []
        self.steps: list[int] = []
        self.written: list[tuple[int, int]] = []
        self.epochs: list[Epoch] = []
        self.n_ends = 0

    def begin(self, summary: Any, n_steps: int) -> None:
        self.summary, self.n_steps = summary, n_steps

    def note(self, text: str) -> None:
        self.notes.append(text)

    def step(self, epoch: int, n_done: int, loss: float, tokens_per_second: float) -> None:
        self.steps.append(n_done)

    def texts(self, n_done: int, n_all: int) -> None:
        self.written.append((n_done, n_all))

    def epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)

    def end(self) -> None:
        self.n_ends += 1
