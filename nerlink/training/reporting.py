"""Reports on a training run while it goes on: none, or a progress bar in the terminal."""

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nerlink.data import Document
from nerlink.evaluation import Report
from nerlink.training.data import Summary
from nerlink.words import number_of, visible

__all__ = [
    "AGREEMENT",
    "Epoch",
    "Reporter",
    "Terminal",
    "format_summary",
    "is_agreement",
    "named_scores",
]

AGREEMENT: Final = "agreement with the dictionary"
"""What scores on incomplete documents are: what the dictionary did not mark counts as wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """Loss, speed and scores of one epoch.

    Args:
        number: Counted from 1.
        loss: Mean training loss.
        seconds: Time of the epoch, evaluation not counted.
        tokens_per_second: Training speed.
        report: Scores on the development documents, if there are any.
        score: The score that decides which epoch is best.
        is_best: Whether this is the best epoch so far.
        is_agreement: Whether the scores are no more than agreement with a dictionary.
    """

    number: int
    loss: float
    seconds: float
    tokens_per_second: float
    report: Report | None
    score: float | None
    is_best: bool
    is_agreement: bool = False


class Reporter:
    """What a run calls while it trains; this one does nothing, and others override some methods.

    A reporter must not change the run.
    """

    def begin(self, summary: Summary, n_steps: int) -> None:
        """Called before the first step, with the number of steps of the whole run."""

    def note(self, text: str) -> None:
        """Called with a line of text for the user."""

    def step(self, epoch: int, n_done: int, loss: float, tokens_per_second: float) -> None:
        """Called after every step, with the number of steps done in the whole run."""

    def texts(self, n_done: int, n_all: int) -> None:
        """Called while the texts of all entities are encoded."""

    def marked(self, n_done: int, n_all: int) -> None:
        """Called while a model marks documents between trainings."""

    def epoch(self, epoch: Epoch) -> None:
        """Called after every epoch."""

    def end(self) -> None:
        """Called once, also after an error."""


LINE_SECONDS: Final = 60
"""Seconds between two lines of progress where no bar can be drawn."""


@dataclass(slots=True)
class Terminal(Reporter):
    """A progress bar and a line an epoch, on standard error; in a log file, a line a minute."""

    console: Console = field(default_factory=lambda: Console(stderr=True))
    progress: Progress | None = None
    n_steps: int = 0
    last_line: float = math.inf

    def begin(self, summary: Summary, n_steps: int) -> None:
        """Print what is to be learnt and start the bar."""
        self.note(format_summary(summary))
        self.n_steps, self.last_line = n_steps, time.monotonic()
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps"),
            TextColumn("loss {task.fields[loss]:.3f}"),
            TextColumn("{task.fields[speed]:,.0f} tokens/s"),
            TimeRemainingColumn(),
            console=self.console,
        )
        self.progress.add_task("train", total=n_steps, epoch=1, loss=0.0, speed=0.0)
        self.progress.start()

    def note(self, text: str) -> None:
        """Print a line, as it is: brackets are no markup, and a log file has no width."""
        self.console.print(
            visible(text),
            highlight=False,
            markup=False,
            soft_wrap=not self.console.is_terminal,
        )

    def step(self, epoch: int, n_done: int, loss: float, tokens_per_second: float) -> None:
        """Move the bar."""
        if self.progress:
            task = self.progress.task_ids[0]
            self.progress.update(
                task, completed=n_done, epoch=epoch, loss=loss, speed=tokens_per_second
            )
        if not self.console.is_terminal:
            self._note_at_times(
                f"epoch {epoch}  {n_done}/{self.n_steps} steps  loss {loss:.3f}  "
                f"{tokens_per_second:,.0f} tokens/s"
            )

    def texts(self, n_done: int, n_all: int) -> None:
        """Print a line a minute, on a terminal as well."""
        self._note_at_times(f"texts of entities  {n_done:,}/{n_all:,}")

    def marked(self, n_done: int, n_all: int) -> None:
        """Print a line a minute, on a terminal as well."""
        self._note_at_times(f"documents looked at again  {n_done:,}/{n_all:,}")

    def epoch(self, epoch: Epoch) -> None:
        """Print a line of scores."""
        scores = epoch.report.scores if epoch.report else {}
        shown = [(name, scores[name]) for name in HEADLINES if name in scores]
        parts = [f"epoch {epoch.number}", f"loss {epoch.loss:.4f}", f"{epoch.seconds:.0f} s"]
        parts += [f"{AGREEMENT}:"] if shown and epoch.is_agreement else []
        parts += [f"{name} {value:.4f}" for name, value in shown]
        self.note("  ".join(parts) + ("  *" if epoch.is_best else ""))

    def end(self) -> None:
        """Stop the bar."""
        if self.progress:
            self.progress.stop()

    def _note_at_times(self, text: str) -> None:
        """Print a line, if the last line is a minute old."""
        if time.monotonic() - self.last_line > LINE_SECONDS:
            self.last_line = time.monotonic()
            self.note(text)


def is_agreement(dev: Iterable[Document]) -> bool:
    """Whether scores on some documents are no more than agreement with a dictionary."""
    return any(not doc.complete for doc in dev)


def named_scores(scores: Mapping[str, float], dev: Iterable[Document]) -> dict[str, float]:
    """Scores under names that say what they are."""
    prefix = f"{AGREEMENT}: " if is_agreement(dev) else ""
    return {prefix + name: score for name, score in scores.items()}


HEADLINES = (
    "ner.precision",
    "ner.recall",
    "ner.f1",
    "tokens.accuracy",
    "linking.inkb.f1",
    "linking.disambiguation",
)


def format_summary(summary: Summary) -> str:
    """A summary as a few lines of text."""
    labels = ", ".join(f"{label} {count:,}" for label, count in summary.labels.items())
    documents = number_of(summary.n_documents, "documents")
    lines = [f"{documents}, {number_of(summary.n_tokens, 'tokens')}"]
    if summary.n_incomplete:
        lines.append(
            f"{summary.n_incomplete:,} of {documents} incomplete: what they do not mark is not "
            "known to be no mention"
        )
    if labels:
        unlabelled = number_of(summary.n_unlabelled, "mentions without a label")
        more = f"; {unlabelled}" if summary.n_unlabelled else ""
        lines.append(f"labels: {labels}{more}")
    if summary.n_linked or summary.n_nil or summary.n_ambiguous:
        ambiguous = f"{summary.n_ambiguous:,} ambiguous, " if summary.n_ambiguous else ""
        lines.append(
            f"links: {summary.n_linked:,} to {number_of(summary.n_entities, 'entities')}, "
            f"{summary.n_nil:,} NIL, {ambiguous}"
            f"{number_of(summary.n_unlinked, 'mentions without a link')}"
        )
    if summary.outside:
        first = ", ".join(list(summary.outside)[:5])
        n_links = sum(summary.outside.values())
        links = f"{n_links:,} of {number_of(n_links + summary.n_linked, 'links')}"
        entities = number_of(len(summary.outside), "entities")
        lines.append(
            f"learnt as NIL, since the knowledge base lacks them: {links}, to {entities}: {first}"
            f"{', …' if len(summary.outside) > 5 else ''}"
        )
    if summary.recall:
        parts = [
            f"{recall:.1%} in the first {limit}" if limit else f"{recall:.1%} in all"
            for limit, recall in summary.recall.items()
        ]
        lines.append(f"candidate recall on {summary.recall_on}: {', '.join(parts)}")
    lines += summary.notes
    if summary.alignment.entries:
        lines.append(str(summary.alignment))
    return "\n".join(lines)
