"""The training loop, and the scores that choose its best epoch."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from nerlink.data import Document
from nerlink.evaluation import Report, evaluate
from nerlink.models.annotate import annotate_documents, links_seen
from nerlink.models.encoder.fast.precision import PRECISIONS
from nerlink.models.joint import JointModel
from nerlink.models.passages import Example
from nerlink.models.storage.model import head_state, load_head_state
from nerlink.training.calibrate import calibrate
from nerlink.training.checkpoint import (
    CHECKPOINT,
    RunProgress,
    load_checkpoint,
    random_state,
    restore_random_state,
    save_checkpoint,
)
from nerlink.training.data import TrainingSet, links_in, make_batches, tokens_in
from nerlink.training.optimisers import make_optimisers
from nerlink.training.reporting import Epoch, Reporter, is_agreement

__all__ = ["Run", "answer_documents", "deciding_score", "score_documents"]


def answer_documents(
    model: JointModel, documents: Sequence[Document]
) -> tuple[list[Document], list[Document]]:
    """Annotated documents under ids of their own, and what the model answers, with all candidates.

    Documents with equal ids stay different documents.
    """
    model.eval()
    gold = [replace(doc, id=str(place)) for place, doc in enumerate(documents)]
    linking = None
    if linker := model.linker:  # all candidates come back: their recall is a score
        linking = linker.config.model_copy(update={"top_k": linker.lookup.limit})
    return gold, list(
        annotate_documents(model, gold, link_only=model.tagger is None, linking=linking)
    )


def score_documents(model: JointModel, documents: Sequence[Document]) -> Report:
    """Scores on annotated documents."""
    gold, found = answer_documents(model, documents)
    return evaluate(gold, found, seen=links_seen(model, gold))


def deciding_score(model: JointModel, scores: Mapping[str, float]) -> float | None:
    """The score of an epoch: F1 of mentions, InKB F1 of links, or the mean of the two.

    `None` if the documents are annotated with neither.
    """
    heads = {"ner.f1": model.tagger, "linking.inkb.f1": model.linker}
    counted = [score for name, score in scores.items() if heads.get(name)]
    return sum(counted) / len(counted) if counted else None


class Run:
    """A model in training.

    Args:
        model: The model, on its device.
        data: The training examples.
        dev: Documents that decide which epoch is best; without any, the last epoch is best.
        folder: Folder of the checkpoint and of the best weights.
        accelerator: Devices, precision and processes.
        reporter: Called as the run goes on.
    """

    def __init__(
        self,
        model: JointModel,
        data: TrainingSet,
        dev: Sequence[Document],
        *,
        folder: Path,
        accelerator: Accelerator,
        reporter: Reporter,
    ) -> None:
        self.model = model
        self.data = data
        self.dev = dev
        self.folder = folder
        self.accelerator = accelerator
        self.reporter = reporter
        self.progress = RunProgress()
        self.saved = 0, 0
        self.rng = Random(model.config.seed)  # noqa: S311
        settings = self.settings = model.config.training
        # Batches are drawn anew each epoch, so epochs differ in length; the schedule of the
        # learning rate needs the true sum.
        n_updates = [len(self._updates(epoch)) for epoch in range(settings.epochs)]
        self.updates_before = list(accumulate(n_updates, initial=0))
        self.optimisers = make_optimisers(model, settings, n_steps=self.updates_before[-1])
        model.encoder.autocast = PRECISIONS.get(accelerator.mixed_precision)
        self.wrapped = accelerator.prepare(model)
        self.optimisers.together = accelerator.prepare(self.optimisers.together)

    @property
    def checkpoint(self) -> Path:
        """The file from which an interrupted run goes on."""
        return self.folder / CHECKPOINT

    @property
    def best(self) -> Path:
        """The file of the weights of the best epoch."""
        return self.folder / "best.safetensors"

    def go(self) -> RunProgress:
        """Train from the current step to the end, and load and calibrate the best weights."""
        while self.progress.epoch < self.settings.epochs and not self._is_out_of_patience():
            self._epoch()
            self._finish_epoch()
        self.accelerator.wait_for_everyone()
        # The order matters: the best weights first, then the texts as these weights encode them,
        # then probabilities fitted to both.
        self.load_weights(load_checkpoint(self.best)["model"])
        encoder = self.model.encoder
        if encoder.autocast is not None:  # texts and scores must be those of the saved model
            encoder.autocast = None
            if encoder.kept:
                encoder.kept.forget()
        if self.model.linker:
            self.model.linker.texts.write(on_progress=self.reporter.texts)
            self.model.linker.lookup.forget()
        self.model.eval()
        calibrate(self.model, self.dev)
        return self.progress

    def resume(self) -> None:
        """Go on from the last checkpoint."""
        state = load_checkpoint(self.checkpoint)
        self.load_weights(state["model"])
        self.optimisers.load_state_dict(state["optimisers"])
        restore_random_state(self.rng, state["random"])
        self.progress = RunProgress(**state["progress"])
        self.saved = self.progress.epoch, self.progress.batch
        if self.accelerator.scaler and "scaler" in state:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        if self.model.linker and "text" in state:
            version = self.model.linker.lookup.kb.version
            self.model.linker.prototypes.set_text(state["text"], version=version)

    def place(self) -> str:
        """Where an interrupted run goes on, in words."""
        if not self.checkpoint.is_file():
            return (
                "interrupted before the first checkpoint, which follows an epoch or "
                f"{self.settings.checkpoint_minutes:g} minutes: the same training begins anew"
            )
        saved = self.saved
        return (
            f"interrupted. {self.checkpoint} has the run after epoch {saved[0]}, step {saved[1]}: "
            "the same training with the same output goes on from there"
        )

    def save(self) -> None:
        """Write a checkpoint."""
        if not self.accelerator.is_main_process:
            return
        state: dict[str, Any] = {
            "model": self.weights(),
            "optimisers": self.optimisers.state_dict(),
            "random": random_state(self.rng),
            "progress": {name: getattr(self.progress, name) for name in RunProgress.__slots__},
        }
        if scaler := self.accelerator.scaler:
            state["scaler"] = scaler.state_dict()
        if self.model.linker:
            state["text"] = self.model.linker.prototypes.text
        save_checkpoint(self.checkpoint, state)
        self.saved = self.progress.epoch, self.progress.batch

    def weights(self) -> dict[str, Any]:
        """The weights of the transformer that learn, and the weights of the heads."""
        learning = {
            name: parameter.detach()
            for name, parameter in self.model.encoder.model.named_parameters()
            if parameter.requires_grad
        }
        return {"encoder": learning, "heads": head_state(self.model)}

    def load_weights(self, weights: dict[str, Any]) -> None:
        """Set the weights that `weights` gave."""
        self.model.encoder.model.load_state_dict(weights["encoder"], strict=False)
        load_head_state(self.model, weights["heads"], self.folder)

    def _updates(self, epoch: int) -> list[list[list[Example]]]:
        """The batches of an epoch, grouped into steps; the same in every process."""
        # Seed and epoch alone decide the batches: a resumed run draws the same batches again.
        rng = Random(f"{self.model.config.seed} {epoch}")  # noqa: S311
        batches = list(make_batches(self.data, batch_tokens=self.settings.batch_tokens, rng=rng))
        size = self.settings.gradient_accumulation
        return [batches[i : i + size] for i in range(0, len(batches), size)]

    def _epoch(self) -> None:
        """Take the remaining steps of the epoch, with checkpoints in between."""
        progress, settings = self.progress, self.settings
        self.model.train()
        last_save = start = time.monotonic()
        before = progress.seconds
        n_tokens = 0
        updates = self._updates(progress.epoch)
        for number, batches in enumerate(updates[progress.batch :], progress.batch):
            # The encoder moves at every step, the text part of prototypes only here: encoding the
            # texts of the next steps' candidates in one go costs a fraction of encoding them in
            # every step.
            if number % settings.refresh_steps == 0:
                ahead = updates[number : number + settings.refresh_steps]
                self._refresh_text(e for group in ahead for batch in group for e in batch)
            progress.losses += self._update(batches)
            progress.batch += 1
            progress.seconds = before + time.monotonic() - start
            n_tokens += sum(tokens_in(batch) for batch in batches)
            self.reporter.step(
                progress.epoch + 1,
                self.updates_before[progress.epoch] + progress.batch,
                progress.losses / progress.batch,
                n_tokens / max(1e-9, progress.seconds - before),
            )
            if time.monotonic() - last_save > 60 * settings.checkpoint_minutes:
                self.save()
                last_save = time.monotonic()

    def _update(self, batches: Sequence[list[Example]]) -> float:
        """The mean loss of batches, after one step of the optimisers on them."""
        if self.accelerator.num_processes > 1:
            # The checkpoint holds the generators of the first process only. Seeds that follow from
            # the step make all processes repeat their draws when the run is resumed.
            place = (self.progress.epoch, self.progress.batch, self.accelerator.process_index)
            self.rng.seed(f"{self.model.config.seed} {place}")
            torch.manual_seed(self.rng.getrandbits(63))
        # Losses are sums. Divided by the counts of the whole step they add up to a mean, whatever
        # the number of batches and of processes.
        n_tokens = sum(tokens_in(batch, task="ner") for batch in batches)
        n_mentions = sum(links_in(batch) for batch in batches)
        total = 0.0
        for number, batch in enumerate(batches):
            is_last = number == len(batches) - 1
            with nullcontext() if is_last else self.accelerator.no_sync(self.wrapped):
                share = batch[self.accelerator.process_index :: self.accelerator.num_processes]
                losses = self.wrapped(share, self.rng)
                loss = self.model.mean_loss(losses, n_tokens=n_tokens, n_mentions=n_mentions)
                # Processes average their gradients, but the loss is divided by the counts of all
                # processes already: the product undoes the average.
                self.accelerator.backward(loss * self.accelerator.num_processes)
            total += float(self.accelerator.reduce(loss.detach(), "sum"))
        self.accelerator.clip_grad_norm_(self.optimisers.dense, self.settings.max_grad_norm)
        self.optimisers.step()
        return total

    def _refresh_text(self, examples: Iterable[Example]) -> None:
        """Encode the texts of all candidates and gold entities of some examples anew."""
        if linker := self.model.linker:
            spans = [(e.passage.surface(span), span.answers) for e in examples for span in e.spans]
            sets = linker.lookup({surface for surface, _ in spans})
            rows = {row for candidates in sets for row in candidates.rows.tolist()}
            rows |= {linker.lookup.row(e) for e in {e for _, answers in spans for e in answers}}
            wanted = sorted(rows - {-1})
            linker.texts.write(wanted)
            # Only before the first step of the run: later the prototype of `NIL` is learnt. A run
            # that starts from a trained model has a learnt one from the start.
            is_first = self.progress.epoch == self.progress.batch == 0
            if wanted and is_first and not linker.nil_prototype.any():
                linker.start_nil(wanted)

    def _finish_epoch(self) -> None:
        """Score the epoch, keep its weights if they are the best, and write a checkpoint."""
        progress = self.progress
        linker = self.model.linker
        with linker.texts.written_when_met() if linker else nullcontext():
            report = self.evaluate()
        # The scores of several processes may differ by rounding: the first process decides for all.
        (score,) = broadcast_object_list([self._score(report) if report else None])
        if score is None:  # without a score, each epoch counts as better than the one before
            score = float(progress.epoch)
        is_best = score > progress.best_score
        if is_best:
            progress.best_score, progress.best_epoch = score, progress.epoch + 1
        epoch = Epoch(
            number=progress.epoch + 1,
            loss=progress.losses / max(1, progress.batch),
            seconds=progress.seconds,
            tokens_per_second=sum(tokens_in(b) for u in self._updates(progress.epoch) for b in u)
            / max(1e-9, progress.seconds),
            report=report,
            score=score,
            is_best=is_best,
            is_agreement=is_agreement(self.dev),
        )
        scores = dict(report.scores) if report else {}
        progress.history.append(
            {"epoch": epoch.number, "loss": epoch.loss, "seconds": epoch.seconds, "scores": scores}
        )
        progress.epoch, progress.batch = epoch.number, 0
        progress.losses = progress.seconds = 0.0
        if is_best and self.accelerator.is_main_process:
            save_checkpoint(self.best, {"model": self.weights()})
        self.save()
        self.reporter.epoch(epoch)

    def evaluate(self) -> Report | None:
        """Scores on the development documents, if there are any."""
        return score_documents(self.model, self.dev) if self.dev else None

    def _score(self, report: Report) -> float | None:
        return deciding_score(self.model, report.scores)

    def _is_out_of_patience(self) -> bool:
        return 0 < self.settings.patience <= self.progress.epoch - self.progress.best_epoch
