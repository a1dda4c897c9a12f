"""What a server counts, as Prometheus reads it.

With several workers each counts in files of a folder that all share, and any of them answers with
the sum. That is prometheus_client's own way (`PROMETHEUS_MULTIPROC_DIR`), which `nerlink serve`
prepares.
"""

import os
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from nerlink.serving.batcher import Batch

__all__ = ["FOLDER", "TALLY", "Metrics", "Tally", "forget_the_dead"]

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder which workers share; prometheus_client reads it."""

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_POWERS: Final = tuple(2.0**power for power in range(15))


@dataclass(slots=True)
class Tally:
    """What one request has cost so far.

    Args:
        documents: Documents that were answered, those that failed too.
        tokens: Their tokens, as the queue counts them.
        failures: Those that failed.
    """

    documents: int = 0
    tokens: int = 0
    failures: int = 0


TALLY: ContextVar[Tally | None] = ContextVar("nerlink_tally", default=None)
"""The tally of the request that is being answered."""


class Metrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        count = partial(Counter, registry=self.registry)
        measure = partial(Histogram, registry=self.registry)
        self.requests = count(
            "nerlink_requests", "Requests answered.", ("route", "method", "status")
        )
        self.seconds = measure(
            "nerlink_request_seconds",
            "From the head of a request to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
        )
        self.documents = count("nerlink_documents", "Documents answered.")
        self.tokens = count("nerlink_tokens", "Tokens of these documents, estimated.")
        self.failures = count("nerlink_document_failures", "Documents that failed.")
        self.queue = Gauge(
            "nerlink_queue_tokens",
            "Tokens that wait for the model, estimated.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.batch_documents = measure(
            "nerlink_batch_documents", "Documents read together.", buckets=_POWERS[:11]
        )
        self.batch_tokens = measure(
            "nerlink_batch_tokens", "Tokens read together, estimated.", buckets=_POWERS
        )
        self.batch_seconds = measure(
            "nerlink_batch_seconds", "Time of the model for a batch.", buckets=_SECONDS
        )
        self.wait_seconds = measure(
            "nerlink_wait_seconds",
            "How long the first document of a batch waited for the model.",
            buckets=_SECONDS,
        )

    def note_batch(self, batch: Batch) -> None:
        """Count a batch of the model."""
        self.batch_documents.observe(batch.n_items)
        self.batch_tokens.observe(batch.n_tokens)
        self.batch_seconds.observe(batch.seconds)
        self.wait_seconds.observe(batch.waited)

    def note_documents(self, tally: Tally) -> None:
        """Count some documents, here and for the request that they belong to."""
        self.documents.inc(tally.documents)
        self.tokens.inc(tally.tokens)
        self.failures.inc(tally.failures)
        if (whole := TALLY.get()) is not None:
            whole.documents += tally.documents
            whole.tokens += tally.tokens
            whole.failures += tally.failures

    def text(self) -> bytes:
        """All of it in the text format of Prometheus; with several workers, their sums."""
        if FOLDER not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def forget_the_dead(folder: Path) -> None:
    """Remove what workers left that were killed: a queue that nobody has any more."""
    for path in folder.glob("gauge_live*_*.db"):
        with suppress(ValueError, OSError):
            process = int(path.stem.rpartition("_")[2])
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                path.unlink()
