"""The thread that owns the model, and the queue in front of it, bounded by tokens.

A model computes on one batch at a time, so one thread has it, and nobody else waits for a lock.
Whoever comes while the thread is idle is served at once; whoever comes while it is at work waits,
and goes with the others that wait. Parties that wait are served in turns, a document of each: one
with a thousand documents does not keep those with one from being served.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from nerlink.serving.refusals import Busy, Unready

__all__ = ["Batch", "Batcher"]

Answer = Callable[[Sequence[Any]], Iterable[Any]]
"""Called in the thread of the model with some items; gives an answer for each."""

RECENT: Final = 0.2
"""Weight of the latest batch in the mean speed."""

LONGEST_WAIT: Final = 60
"""Seconds that a client is told to wait at most."""


class Batch(NamedTuple):
    """What one call of the model was.

    Attributes:
        n_items: Items that went together.
        n_tokens: Their tokens.
        waited: Seconds that the first of them had waited.
        seconds: That the call took.
    """

    n_items: int
    n_tokens: int
    waited: float
    seconds: float


@dataclass(slots=True, eq=False)
class _Job:
    """An item that waits; or a call, which goes alone."""

    item: Any
    tokens: int
    since: float
    call: Callable[[], Any] | None = None
    is_waiting: bool = True
    future: "Future[Any]" = field(default_factory=Future)


class Batcher:
    """Items in, answers out, through one thread.

    A future that is cancelled before its turn costs nothing: the item leaves the queue.

    Args:
        answer: Answers items that go together.
        max_batch_tokens: Tokens that go together, unless one item has more.
        max_wait: Seconds that an item waits for others while the thread is at work.
        queue_tokens: Tokens that may wait.
        watch: Called with each batch when it is over.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        max_batch_tokens: int,
        max_wait: float,
        queue_tokens: int,
        watch: Callable[[Batch], None] = lambda _: None,
    ) -> None:
        self.queue_tokens = queue_tokens
        self.n_tokens = 0
        self._answer = answer
        self._max_batch_tokens = max_batch_tokens
        self._max_wait = max_wait
        self._watch = watch
        self._changed = threading.Condition()
        self._parties: deque[deque[_Job]] = deque()
        self._batch: list[_Job] = []
        self._is_busy = self._is_closed = False
        self._speed = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="nerlink-model")

    def submit(self, items: Sequence[tuple[Any, int]]) -> list["Future[Any]"]:
        """Futures of the answers to items, given with their tokens.

        Raises:
            Busy: They do not fit into the queue.
            Unready: The batcher is closed.
        """
        now = time.monotonic()
        return self._enter(deque(_Job(item, tokens, now) for item, tokens in items))

    def call(self, function: Callable[..., Any], *args: Any, tokens: int = 1) -> "Future[Any]":
        """The future of what a function returns in the thread, which it has for itself.

        Raises:
            Busy: The queue is full.
            Unready: The batcher is closed.
        """
        job = _Job(None, tokens, time.monotonic(), partial(function, *args))
        return self._enter(deque([job]))[0]

    def close(self) -> None:
        """Take nothing more, and wait until all that waits is answered or given up."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._is_busy)
        self._thread.shutdown()

    def _enter(self, party: deque[_Job]) -> list["Future[Any]"]:
        futures = [job.future for job in party]
        n_tokens = sum(job.tokens for job in party)
        for job in party:
            job.future.add_done_callback(partial(self._leave, job))
        with self._changed:
            if self._is_closed:
                raise Unready("this server is about to end. Ask another one.")
            if self.n_tokens + n_tokens > self.queue_tokens:
                raise Busy(
                    f"{self.n_tokens:,} tokens wait already; come again later.",
                    retry_after=self._seconds_left(),
                )
            if party:
                self._parties.append(party)
                self.n_tokens += n_tokens
                self._changed.notify_all()
            if party and not self._is_busy:
                self._is_busy = True
                self._start(at_once=True)
        return futures

    def _seconds_left(self) -> int:
        """How long the queue will take, as far as is known."""
        seconds = self.n_tokens / self._speed if self._speed else 1
        return max(1, min(LONGEST_WAIT, math.ceil(seconds)))

    def _leave(self, job: _Job, future: "Future[Any]") -> None:
        """Make room when a caller goes away before the turn of its item."""
        if not future.cancelled():
            return
        with self._changed:
            if job.is_waiting:
                job.is_waiting = False
                job.item = job.call = None
                self.n_tokens -= job.tokens

    def _start(self, *, at_once: bool) -> None:
        self._thread.submit(self._work, at_once).add_done_callback(self._settle)

    def _work(self, at_once: bool) -> list[Any]:
        """Take a batch and answer it; in the thread of the model."""
        with self._changed:
            while not at_once and (left := self._time_left()) > 0:
                self._changed.wait(left)
            self._batch = batch = self._take()
        if not batch:
            return []
        start = time.monotonic()
        if batch[0].call:
            return [batch[0].call()]
        found = list(self._answer([job.item for job in batch]))
        self._note(batch, start)
        return found

    def _note(self, batch: Sequence[_Job], start: float) -> None:
        seconds = time.monotonic() - start
        n_tokens = sum(job.tokens for job in batch)
        speed = n_tokens / max(seconds, 1e-6)
        self._speed = speed if not self._speed else self._speed + RECENT * (speed - self._speed)
        self._watch(Batch(len(batch), n_tokens, start - batch[0].since, seconds))

    def _settle(self, work: "Future[list[Any]]") -> None:
        """Hand out what came of a batch, and begin the next; in the thread of the model."""
        batch, self._batch = self._batch, []
        if error := work.exception():
            for job in batch:
                job.future.set_exception(error)
        else:
            for job, answer in zip(batch, work.result(), strict=True):
                job.future.set_result(answer)
        with self._changed:
            if self._parties:
                self._start(at_once=False)
            else:
                self._is_busy = False
                self._changed.notify_all()

    def _time_left(self) -> float:
        """Seconds until the next batch goes, full or not."""
        if self._is_closed or self.n_tokens >= self._max_batch_tokens:
            return 0.0
        waiting = [party[0].since for party in self._parties]
        return min(waiting) + self._max_wait - time.monotonic() if waiting else 0.0

    def _take(self) -> list[_Job]:
        """The next batch: an item of each party in turns, as many as fit."""
        batch: list[_Job] = []
        n_tokens = 0
        while self._parties:
            job = self._parties[0][0]
            is_full = n_tokens + job.tokens > self._max_batch_tokens
            if batch and job.is_waiting and (is_full or job.call or batch[0].call):
                break
            self._parties[0].popleft()
            if self._parties[0]:
                self._parties.rotate(-1)
            else:
                self._parties.popleft()
            if job.future.set_running_or_notify_cancel():
                job.is_waiting = False
                self.n_tokens -= job.tokens
                n_tokens += job.tokens
                batch.append(job)
        return batch
