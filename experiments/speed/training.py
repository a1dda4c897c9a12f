"""One epoch of joint training: nerlink's loop beside Flair's, over the same documents.

Flair trains with `ModelTrainer.fine_tune` on both tasks (`use_all_tasks=True`) with FLERT context.
nerlink's steps are timed alone, and with what follows them: the text of all entities is encoded
anew and the weights are written. Among the steps are the texts of all candidates of the next fifty
(4 a mention here, 2.5 in an epoch of AIDA-CoNLL); an epoch of few documents would be little else.

    python -m experiments.speed.training
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flair.models import MultitaskModel
from flair.trainers import ModelTrainer
from flair.trainers.plugins import TrainerPlugin

from experiments.speed.encoders import encoder_folder
from experiments.speed.flair_side import make_flair
from experiments.speed.invented import invent_world
from experiments.speed.nerlink_side import make_base, make_model
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run
from experiments.speed.timing import CLOCKS
from nerlink import Document, to_corpus
from nerlink.config import Config, DataConfig, TrainingConfig
from nerlink.models.joint import JointModel
from nerlink.training.data import training_set
from nerlink.training.reporting import Reporter
from nerlink.training.run import Run
from nerlink.training.train import open_accelerator

__all__ = ["main"]

FLAIR_BATCH: Final = 8
"""Sentences in a step of Flair; its own default, 4, is slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured.

    Args:
        n_documents: Documents in an epoch.
        n_entities: Size of the knowledge base.
        n_names: Names in the texts.
        n_meanings: Entities that share a name.
        repeats: Epochs of each side.
    """

    n_documents: int
    n_entities: int
    n_names: int
    n_meanings: int
    repeats: int


SIZES: Final = {
    "toy": Size(n_documents=2, n_entities=100, n_names=10, n_meanings=5, repeats=1),
    "full": Size(n_documents=120, n_entities=10_000, n_names=500, n_meanings=20, repeats=3),
}
PRECISIONS: Final = ("fp32", "bf16")
"""Of nerlink's steps; Flair's are in fp32."""


class _LastStep(Reporter):
    """Knows when the last step of nerlink's loop was over."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.last = 0.0

    def step(self, *_: object) -> None:
        self.last = self.now()


class _Steps(TrainerPlugin):
    """Knows how long the steps of Flair's loop took."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self.now = now
        self.start = 0.0
        self.seconds = 0.0

    @TrainerPlugin.hook
    def before_training_epoch(self, **_: Any) -> None:
        self.start = self.now()

    @TrainerPlugin.hook
    def after_training_epoch(self, **_: Any) -> None:
        self.seconds = self.now() - self.start


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments))


def _measure(options: Options, folder: Path) -> Findings:
    size = SIZES[options.size]
    logging.getLogger("flair").setLevel(logging.WARNING)
    encoder, name = encoder_folder(options.encoder, folder / "encoder")
    world = invent_world(encoder, n_names=size.n_names, n_meanings=size.n_meanings)
    documents = world.documents(size.n_documents, seed="train", n_entities=size.n_entities)
    flair_side = make_flair(world, size.n_entities, encoder=encoder, documents=documents[:1])
    kb = make_base(world, size.n_entities, folder)
    now = CLOCKS[options.clock]
    steps, whole = ({precision: [] for precision in PRECISIONS} for _ in range(2))
    flair_steps = []
    for _ in range(options.repeats or size.repeats):
        for precision in PRECISIONS:
            settings = TrainingConfig(epochs=1, device="cpu", precision=precision)
            config = Config(training=settings)
            model = make_model(kb, encoder, documents, config=config)
            seconds = _train_nerlink(model, documents, config, folder / "run", now)
            steps[precision].append(seconds[0])
            whole[precision].append(seconds[1])
        flair_steps.append(_train_flair(flair_side.model, documents, folder / "flair", now))
    kb.close()
    findings = Findings("training", name)
    findings.add_times({"flair": flair_steps})
    for precision, suffix in zip(PRECISIONS, ("", ".bf16"), strict=True):
        findings.add_times({f"nerlink, {precision}": steps[precision]})
        findings.add_times({f"nerlink, {precision}, with texts": whole[precision]})
        findings.add_ratio(f"speed.train_vs_flair{suffix}", flair_steps, steps[precision])
        measure = f"speed.train_vs_flair{suffix}.with_texts"
        findings.add_ratio(measure, flair_steps, whole[precision])
    findings.seconds["epoch"] = findings.seconds["training: nerlink, fp32"]
    return findings


def _train_nerlink(
    model: JointModel,
    documents: Sequence[Document],
    config: Config,
    folder: Path,
    now: Callable[[], float],
) -> tuple[float, float]:
    """Seconds of the steps of an epoch, and of all that an epoch does."""
    folder.mkdir(exist_ok=True)
    settings = config.training
    data = training_set(
        [(documents, DataConfig())], tasks=config.tasks, piece_tokens=settings.batch_tokens
    )
    reporter = _LastStep(now)
    with open_accelerator(settings) as accelerator:
        run = Run(
            model,
            data,
            [],
            folder=folder,
            accelerator=accelerator,
            reporter=reporter,
        )
        start = now()
        run.go()
        return reporter.last - start, now() - start


def _train_flair(
    model: MultitaskModel,
    documents: Sequence[Document],
    folder: Path,
    now: Callable[[], float],
) -> float:
    """Seconds of the steps of an epoch."""
    steps = _Steps(now)
    ModelTrainer(model, to_corpus(documents)).fine_tune(
        folder,
        max_epochs=1,
        mini_batch_size=FLAIR_BATCH,
        save_final_model=False,
        create_file_logs=False,
        create_loss_file=False,
        plugins=[steps],
    )
    return steps.seconds


if __name__ == "__main__":
    main()
