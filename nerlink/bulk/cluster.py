"""The Ray engine: a task a shard, on the machines of a cluster."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from nerlink.bulk.local import Retries, limited, n_cores
from nerlink.bulk.options import BulkOptions
from nerlink.bulk.shards import Shard
from nerlink.bulk.tagging import ShardReport, Tick, Work, tag_shard
from nerlink.errors import ConfigError

__all__ = ["run_on_ray"]

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
KNOCK_SECONDS: Final = 10.0


def run_on_ray(shards: Iterator[Shard], work: Work, tick: Tick) -> Iterator[ShardReport]:
    """Reports on shards that tasks of Ray tag; a task that is lost with its machine is run again.

    A task a shard, and not a data set of Ray: each shard has its own output and is resumed by
    itself. A process of Ray that runs several of them loads the model once.

    Raises:
        ConfigError: Ray is not installed, or the cluster cannot be reached.
    """
    with _cluster(work.options) as (ray, is_own):
        tasks = _Tasks(ray, work, may_grow=not is_own)
        yield from tasks.run(shards, tick)


@contextmanager
def _cluster(options: BulkOptions) -> Iterator[tuple[Any, bool]]:
    """Ray, connected to the cluster, and whether that was started for this: then it ends again."""
    try:
        ray: Any = import_module("ray")
    except ImportError as error:
        raise ConfigError(
            "engine='ray' needs Ray. Install it: pip install 'nerlink[ray]'."
        ) from error
    if ray.is_initialized():
        yield ray, False
        return
    own: dict[str, Any] = {"num_cpus": n_cores(), "include_dashboard": False}
    try:
        _knock(options.address)
        ray.init(
            address=options.address or "local",
            log_to_driver=False,  # what its processes print would stand among results
            logging_level="WARNING",
            **({} if options.address else own),
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"no Ray cluster at {options.address or 'this machine'}: {error}. "
            "Start one with `ray start --head`, or check the address, and that RAY_AUTH_MODE and "
            "the token are those of the cluster."
        ) from error
    try:
        yield ray, not options.address
    finally:
        ray.shutdown()


def _knock(address: str | None) -> None:
    """Find out whether anybody is at an address, which Ray does for minutes.

    Raises:
        ConnectionError: There is nobody.
    """
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_SECONDS).close()
    except OSError as error:
        raise ConnectionError(error.strerror or str(error)) from error


@dataclass(frozen=True, slots=True)
class _Request:
    """What a task asks for."""

    cpus: float
    gpus: float

    def n_at_once(self, resources: dict[str, float]) -> int:
        """Tasks that a cluster can run at once."""
        shares = [resources.get("CPU", 0) // self.cpus] if self.cpus else []
        shares += [resources.get("GPU", 0) // self.gpus] if self.gpus else []
        return int(min(shares, default=1))


class _Tasks:
    """Tasks of which no more are begun than the cluster has workers for."""

    def __init__(self, ray: Any, work: Work, *, may_grow: bool) -> None:
        self.ray = ray
        self.work = work
        options = work.options
        asked = options.num_cpus if options.num_cpus is not None else options.threads
        self.request = _Request(1 if asked is None else asked, options.num_gpus)
        n_threads = options.threads or max(1, int(self.request.cpus))
        self.task = ray.remote(
            num_cpus=self.request.cpus,
            num_gpus=self.request.gpus,
            max_retries=0,  # tried again by `_Tasks`, which counts
            max_calls=0,  # a process with a GPU would end after one shard, and its model with it
        )(_tag)
        self.n_threads = n_threads
        self.retries = Retries(options.retries)
        there = ray.cluster_resources()
        if not self.request.n_at_once(there):
            said = (
                f"A task asks for {self.request.cpus:g} cores and {self.request.gpus:g} GPUs, and "
                f"the cluster has {there.get('CPU', 0):g} and {there.get('GPU', 0):g}"
            )
            if not may_grow:
                raise ConfigError(f"{said}. Ask for less, with num_cpus, num_gpus or threads.")
            log.warning("%s: waiting for machines.", said)

    def run(self, shards: Iterator[Shard], tick: Tick) -> Iterator[ShardReport]:
        running: dict[Any, Shard] = {}
        try:
            while True:
                while len(running) < self._n_workers() and (shard := self.retries.next(shards)):
                    running[self.task.remote(shard, self.work, self.n_threads)] = shard
                if not running:
                    return
                ready, _ = self.ray.wait(list(running), timeout=WAIT_SECONDS)
                for task in ready:
                    if (report := self._report(task, running.pop(task))) is not None:
                        yield report
                tick(0)
        finally:
            for task in running:  # of a job that is stopped, on a cluster that goes on
                self.ray.cancel(task, force=True)

    def _n_workers(self) -> int:
        """As many as were asked for, or as the cluster has room for now: machines come and go."""
        if self.work.options.workers != "auto":
            return self.work.options.workers
        return max(1, self.request.n_at_once(self.ray.cluster_resources()))

    def _report(self, task: Any, shard: Shard) -> ShardReport | None:
        try:
            report: ShardReport = self.ray.get(task)
        except self.ray.exceptions.RayError as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            said = f"{shard.where}: its task was lost: {lines[-1]}"
            report = ShardReport(shard=shard, error=said, verdict="again")
        return self.retries.settled(report)


def _tag(shard: Shard, work: Work, n_threads: int) -> ShardReport:
    """What a task does."""
    os.environ.update(limited(n_threads))
    return tag_shard(shard, work)
