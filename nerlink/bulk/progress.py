"""How far a job has come, and when it will end."""

import time
from collections import Counter
from dataclasses import dataclass, field

from nerlink.bulk.manifest import Entry
from nerlink.bulk.shards import Shard
from nerlink.bulk.tagging import ShardReport
from nerlink.words import number_of

__all__ = ["Progress"]


@dataclass(slots=True)
class Progress:
    """How far a job has come.

    Args:
        n_shards: Of all inputs.
        n_skipped: Shards that were done before.
        n_done: Shards that were done now.
        n_failed: Shards that were not.
        n_documents: Of shards that were done now.
        n_documents_before: Of shards that were done before.
        n_under_way: Documents that are done, of shards that are not.
        n_mentions: Of all shards that are done.
        n_errors: Documents that failed, of all shards that are done.
        n_errors_now: Those of shards that were done now.
        lost: What their output cannot hold, by kind.
        n_bytes: Of all shards that are to be done now.
        n_bytes_done: Of those that are.
        start: When the first was begun.
    """

    n_shards: int = 0
    n_skipped: int = 0
    n_done: int = 0
    n_failed: int = 0
    n_documents: int = 0
    n_documents_before: int = 0
    n_under_way: int = 0
    n_mentions: int = 0
    n_errors: int = 0
    n_errors_now: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    n_bytes: int = 0
    n_bytes_done: int = 0
    start: float = field(default_factory=time.monotonic)

    def count(self, shard: Shard, entry: Entry | None) -> None:
        """Count a shard, with its entry if it is done."""
        self.n_shards += 1
        if entry is None:
            self.n_bytes += shard.n_bytes
            return
        self.n_skipped += 1
        self.n_documents_before += entry.documents
        self.n_mentions += entry.mentions
        self.n_errors += entry.errors
        self.lost.update(entry.lost)

    def begin(self) -> None:
        """The first shard is begun."""
        self.start = time.monotonic()

    def add(self, report: ShardReport) -> None:
        """Count what became of a shard."""
        self.n_under_way = 0  # it is told again, where there are other workers
        self.n_bytes_done += report.shard.n_bytes
        if report.error is not None:
            self.n_failed += 1
            return
        self.n_done += 1
        self.n_documents += report.documents
        self.n_mentions += report.mentions
        self.n_errors += report.errors
        self.n_errors_now += report.errors
        self.lost.update(report.lost)

    @property
    def seconds(self) -> float:
        """Since the first shard was begun."""
        return time.monotonic() - self.start

    @property
    def documents_per_second(self) -> float:
        """Of what was tagged now."""
        return (self.n_documents + self.n_under_way) / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Until the end, by the bytes of shards; `None` while none is done."""
        if not self.n_bytes_done:
            return None
        return self.seconds * (self.n_bytes - self.n_bytes_done) / self.n_bytes_done

    def __str__(self) -> str:
        n_over = self.n_skipped + self.n_done + self.n_failed
        parts = [
            f"{n_over:,}/{number_of(self.n_shards, 'shards')}",
            f"{number_of(self.n_documents + self.n_under_way, 'documents')} now",
            f"{self.documents_per_second:,.1f} documents/s",
        ]
        # Before the rest: a narrow terminal cuts off the end.
        if self.n_errors:
            parts.insert(1, f"{number_of(self.n_errors, 'documents')} failed")
        if self.n_failed:
            parts.insert(1, f"{number_of(self.n_failed, 'shards')} failed")
        if (left := self.seconds_left) is not None:
            parts.append(f"about {_duration(left)} left")
        return "  ".join(parts)


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
