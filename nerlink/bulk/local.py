"""The local engine: a process a worker on this machine, each with the model loaded by its path."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final

from nerlink.bulk.options import BulkOptions
from nerlink.bulk.shards import Shard
from nerlink.bulk.tagging import ShardReport, Tick, Work, load_once, tag_shard
from nerlink.errors import ConfigError, NerlinkError

__all__ = [
    "Retries",
    "limited",
    "n_cores",
    "n_workers_and_threads",
    "refuse_in_worker",
    "run_here",
    "run_local",
]

THREADS: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
GPUS: Final = "CUDA_VISIBLE_DEVICES"
DRIVERS: Final = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
WAIT_SECONDS: Final = 10.0


def n_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limited(n_threads: int) -> dict[str, str]:
    """The environment in which torch, once imported, computes with so many threads."""
    return dict.fromkeys(THREADS, str(n_threads))


def n_workers_and_threads(options: BulkOptions, *, n_gpus: int) -> tuple[int, int]:
    """How many workers there are, and how many threads each computes with.

    A worker a core, each with one thread, is faster than one with all threads: what is not torch
    runs on all cores too.

    Raises:
        ConfigError: That were more threads than cores, where all would wait for each other.
    """
    cores = n_cores()
    if options.workers == "auto":
        n_workers = n_gpus or max(1, cores // (options.threads or 1))
    else:
        n_workers = options.workers
    n_threads = options.threads or max(1, cores // n_workers)
    if not n_gpus and n_workers * n_threads > cores:
        raise ConfigError(
            f"{n_workers} workers with {n_threads} threads each are more than the {cores} cores "
            "that this process may use. Take fewer workers or threads."
        )
    return n_workers, n_threads


def refuse_in_worker() -> None:
    """End a worker that begins a job because it imports the script that did.

    Raises:
        SystemExit: A traceback would say the same in thirty lines, once a worker.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(
            "tag_files was called while a worker process imported the script. Call it under "
            'if __name__ == "__main__":'
        )


def run_here(shards: Iterator[Shard], work: Work, tick: Tick) -> Iterator[ShardReport]:
    """Reports on shards that this process tags one after another."""
    retries = Retries(work.options.retries)
    while shard := retries.next(shards):
        if (report := retries.settled(tag_shard(shard, work, tick))) is not None:
            yield report


def run_local(shards: Iterator[Shard], work: Work, tick: Tick) -> Iterator[ShardReport]:
    """Reports on shards that processes of this machine tag."""
    n_gpus = _n_gpus(work.options.device)
    n_workers, n_threads = n_workers_and_threads(work.options, n_gpus=n_gpus)
    pool = _Pool(work, n_threads, n_gpus)
    try:
        yield from pool.run(shards, n_workers, tick)
    finally:
        pool.close()


def _n_gpus(device: str) -> int:
    """The GPUs that workers can have for themselves."""
    if device not in ("auto", "cuda") or not any(Path(one).exists() for one in DRIVERS):
        return 0  # known without torch, which is large
    from nerlink.models.encoder.fast.devices import count_gpus

    return count_gpus()


class _Worker:
    """A process, and the shard that it has.

    Args:
        process: The process.
        pipe: To and from it.
    """

    def __init__(self, process: Any, pipe: Connection) -> None:
        self.process = process
        self.pipe = pipe
        self.shard: Shard | None = None
        self.n_documents = 0
        self.is_ready = False

    def close(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Retries:
    """Shards that are handed out again.

    Args:
        n_retries: Further tries of a shard.
    """

    def __init__(self, n_retries: int) -> None:
        self.n_retries = n_retries
        self._again: deque[Shard] = deque()
        self._tries: dict[str, int] = {}

    def next(self, shards: Iterator[Shard]) -> Shard | None:
        """The shard to hand out now; `None` where there is none left.

        Those to try again come last: by then a machine or a store may have recovered.
        """
        return next(shards, None) or (self._again.popleft() if self._again else None)

    def put_back(self, shard: Shard) -> None:
        """A shard that nobody has tried."""
        self._again.appendleft(shard)

    def settled(self, report: ShardReport) -> ShardReport | None:
        """The report, unless the shard is tried again."""
        name = report.shard.name
        n_tries = self._tries.pop(name, 0) + 1
        if report.verdict != "again" or n_tries > self.n_retries:
            return report
        self._tries[name] = n_tries
        self._again.append(report.shard)
        return None


class _Pool:
    """Processes that each have one shard; one that dies is replaced, and its shard tried again."""

    def __init__(self, work: Work, n_threads: int, n_gpus: int) -> None:
        self.work = work
        self.n_threads = n_threads
        self.n_gpus = n_gpus
        self.workers: dict[int, _Worker] = {}
        self.retries = Retries(work.options.retries)
        self.n_lost_early = 0

    def run(self, shards: Iterator[Shard], n_workers: int, tick: Tick) -> Iterator[ShardReport]:
        for place in range(n_workers):
            self._occupy(place, shards)
        while busy := {w.pipe: place for place, w in self.workers.items() if w.shard}:
            for pipe in wait(list(busy), timeout=WAIT_SECONDS):
                place = busy[pipe]  # type: ignore[index]
                if (report := self._hear(place)) is not None:
                    yield report
                self._occupy(place, shards)
            tick(sum(worker.n_documents for worker in self.workers.values()))

    def _occupy(self, place: int, shards: Iterator[Shard]) -> None:
        """Give a worker that has no shard the next one; start the worker, if there is none."""
        worker = self.workers.get(place)
        if worker and worker.shard:
            return
        if worker and not worker.process.is_alive():
            self.workers.pop(place).close()
            worker = None
        shard = self.retries.next(shards)
        if shard is None:
            return
        worker = worker or self._start(place)
        self.workers[place] = worker
        worker.shard = shard
        with suppress(OSError):  # it is dead, which is found out when it is heard
            worker.pipe.send(shard)

    def _start(self, place: int) -> _Worker:
        # Spawned: a fork of a process whose torch has threads would wait for them.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.work), daemon=True)
        with _environment(_settings(place, self.n_threads, self.n_gpus)), _without_interrupts():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _hear(self, place: int) -> ShardReport | None:
        """What a worker says: the report on its shard, if that is over."""
        worker = self.workers[place]
        try:
            said = worker.pipe.recv()
        except (EOFError, OSError):
            return self._bury(place)
        if not worker.is_ready:
            worker.is_ready, self.n_lost_early = True, 0
        if isinstance(said, int):
            worker.n_documents = said
            return None
        if not isinstance(said, ShardReport):
            raise NerlinkError(said)
        worker.shard, worker.n_documents = None, 0
        return self.retries.settled(said)

    def _bury(self, place: int) -> ShardReport | None:
        """Forget a worker that is dead; the report on its shard, if that has no try left."""
        worker = self.workers.pop(place)
        worker.close()
        code = worker.process.exitcode
        how = signal.Signals(-code).name if code and code < 0 else f"exit code {code}"
        if (shard := worker.shard) is None:
            return None
        if worker.is_ready:
            said = f"{shard.where}: its worker ended with {how}."
            return self.retries.settled(ShardReport(shard=shard, error=said, verdict="again"))
        self.retries.put_back(shard)
        self.n_lost_early += 1
        if self.n_lost_early > self.work.options.retries:
            raise NerlinkError(
                f"workers end with {how} before they have loaded the model. Is there memory for "
                "so many? A script must call tag_files under if __name__ == '__main__'."
            )
        return None

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()


def _settings(place: int, n_threads: int, n_gpus: int) -> dict[str, str]:
    """The environment of a worker."""
    found = limited(n_threads)
    if n_gpus:
        own = os.environ.get(GPUS, "")
        names = own.split(",") if own else [str(number) for number in range(n_gpus)]
        found[GPUS] = names[place % n_gpus]
    return found


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let processes that are started ignore Ctrl-C, also while they import what they need."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, work: Work) -> None:
    """What a worker does: a shard at a time, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the job, which ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.dup2(2, 1)  # what libraries print would stand among the results of the job
    try:
        load_once(work)
    except NerlinkError as error:
        pipe.send(str(error))
        return
    pipe.send(0)
    while True:
        try:
            shard = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(tag_shard(shard, work, pipe.send))


def _end_with_parent() -> None:
    """End at once when the job is killed: a job that is run again begins with what is written."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
