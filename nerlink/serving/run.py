"""`nerlink serve` at work: an address, one process or several, and an end in order.

What uvicorn does not do by itself is done here: a server that is told to end first refuses new
requests for a moment, and tells callers to close their connections; told twice, it ends at once;
workers end with the process that started them.
"""

import asyncio
import gc
import json
import logging
import logging.config
import math
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE

from nerlink.bulk.local import limited, n_workers_and_threads
from nerlink.bulk.options import BulkOptions
from nerlink.errors import ConfigError, NerlinkError
from nerlink.models.storage.folder import read_manifest
from nerlink.models.storage.hub import find_model
from nerlink.serving.metrics import FOLDER, forget_the_dead
from nerlink.serving.settings import ServingSettings, is_loopback
from nerlink.words import number_of, visible

__all__ = [
    "JsonLines",
    "Lines",
    "address_of",
    "bound",
    "guarded",
    "in_order",
    "run_alone",
    "serve",
]

LAST_CALL: Final = 0.5
"""Seconds in which new requests are still told that the server is about to end."""

KEEP_ALIVE: Final = 75
"""Seconds for which an idle connection stays open: more than proxies wait, who are surprised by
a connection that is closed while they send.
"""

LOOK_SECONDS: Final = 0.5
"""Seconds between two looks at the workers, where none of them has ended."""

PAUSE: Final = 1
"""Seconds before another worker takes the place of one that never served, while others do."""

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

log = logging.getLogger("nerlink.serving")


def serve(
    model: str,
    settings: ServingSettings,
    *,
    loading: Mapping[str, Any],
    say: Callable[[str], None],
) -> None:
    """Serve a model until the process is told to end.

    Args:
        model: A folder, or owner/name on the Hugging Face hub.
        settings: Where and how.
        loading: What `Pipeline.load` takes beside.
        say: Called with what a person should know.

    Raises:
        ConfigError: The address cannot be had, or there are too few cores.
        StorageError: There is no such model, or it is damaged.
    """
    n_workers, n_threads = _n_threads(settings, str(loading.get("device", "auto")))
    folder = find_model(model)
    info = read_manifest(folder)
    has = [", ".join(info.tasks), number_of(len(info.labels), "labels")]
    if "nel" in info.tasks:
        has.append(number_of(info.n_entities, "entities"))
    settings = guarded(settings, say)
    with bound(settings) as listener:
        address = address_of(listener)
        os.environ.update(limited(n_threads))  # torch, not imported yet, reads it
        if n_workers == 1:
            app = _prepared(folder, settings, loading)
            say(f"{model} ({'; '.join(has)}) is served at {address}")
            run_alone(app, settings, listener)
        else:
            said = f"by {n_workers} processes with {number_of(n_threads, 'threads')} each"
            say(f"{model} ({'; '.join(has)}) is served at {address} {said}")
            logging.config.dictConfig(_logging(settings))
            _serve_by_many(folder, settings, loading, listener)


def guarded(settings: ServingSettings, say: Callable[[str], None]) -> ServingSettings:
    """The settings, with the names that the server has where it asks for no token."""
    if settings.token is not None:
        return settings
    if is_loopback(settings.host):
        return settings.model_copy(update={"allowed_hosts": settings.allowed_hosts or ()})
    say(f"whoever reaches {settings.host} may use this server: no token is asked for (--token)")
    return settings


def address_of(listener: socket.socket) -> str:
    """The address of a server that listens."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run_alone(
    begin: Callable[[], FastAPI], settings: ServingSettings, listener: socket.socket
) -> None:
    """Serve an app in this process until it is told to end.

    Args:
        begin: Makes the app, in the loop that serves.
        settings: Where and how.
        listener: The socket.
    """
    uvicorn.Server(_config(begin, settings)).run(sockets=[listener])


def _n_threads(settings: ServingSettings, device: str) -> tuple[int, int]:
    options = BulkOptions(workers=settings.workers, threads=settings.threads)
    n_gpus = settings.workers if device.startswith("cuda") else 0
    return n_workers_and_threads(options, n_gpus=n_gpus)


@contextmanager
def bound(settings: ServingSettings) -> Iterator[socket.socket]:
    """A socket at the address, before the model is loaded: that takes longer.

    Raises:
        ConfigError: The address is in use, or not one of this machine.
    """
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TCP by name: asyncio sends the parts of an answer at once only where it is sure of that, and
    # else the kernel keeps the second part back for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"cannot listen at {host}, port {port}: {error.strerror or error}. "
                "Take another with --port or --host; --port 0 takes a free one."
            ) from error
        listener.set_inheritable(True)
        yield listener
    finally:
        listener.close()


def _prepared(
    folder: Path, settings: ServingSettings, loading: Mapping[str, Any]
) -> Callable[[], FastAPI]:
    """Load the model; what makes the app of it when the server runs."""
    from nerlink.pipeline import Pipeline
    from nerlink.serving.app import create_app

    app = create_app(Pipeline.load(folder, **loading), settings)
    # What is there now stays until the end. The collector of garbage would walk over it again and
    # again: it took a twentieth of the time of a server of short texts.
    gc.collect()
    gc.freeze()
    return in_order(app)


def in_order(app: FastAPI) -> Callable[[], FastAPI]:
    """What gives an app to the loop that serves, where it ends in order when it is told to."""

    def begin() -> FastAPI:
        _end_in_order(app.state.service.drain)
        return app

    return begin


def _serve_by_many(
    folder: Path,
    settings: ServingSettings,
    loading: Mapping[str, Any],
    listener: socket.socket,
) -> None:
    """Start workers, and others for those that die, until somebody says that it is over."""
    # prometheus_client asks for this when it is imported, which a worker does anew.
    with tempfile.TemporaryDirectory(prefix="nerlink-metrics-") as os.environ[FOLDER]:
        _Workers((folder, settings, dict(loading), listener), settings.workers).run()


class _Worker(NamedTuple):
    """A process, and whether it has ever served."""

    process: Any
    is_ready: Any


class _Workers:
    """The workers, and who looks after them.

    uvicorn's own supervisor asks workers over a pipe whether they live, and waits for an answer
    that one which has just been killed will never give.

    Args:
        work: What each is told.
        n_workers: How many there are.
    """

    def __init__(self, work: tuple[Any, ...], n_workers: int) -> None:
        self.work = work
        self.asked: list[int] = []
        self.workers = [self._start() for _ in range(n_workers)]

    def _start(self) -> _Worker:
        # Spawned: a fork of a process whose torch has threads would wait for them.
        context = multiprocessing.get_context("spawn")
        # Without a lock, which a worker that is killed could hold for ever.
        is_ready = context.RawValue("b", 0)
        process = context.Process(target=_work, args=(*self.work, is_ready))
        process.start()
        return _Worker(process, is_ready)

    def run(self) -> None:
        """Look after them.

        Raises:
            NerlinkError: One cannot begin, as others could not.
        """
        for number in SIGNALS:
            signal.signal(number, self._end)
        while not self.asked:
            wait([worker.process.sentinel for worker in self.workers], timeout=LOOK_SECONDS)
            self._replace()
        for worker in self.workers:
            worker.process.terminate()
        for worker in self.workers:
            worker.process.join()

    def _replace(self) -> None:
        for place, (process, is_ready) in enumerate(self.workers):
            if process.is_alive() or self.asked:
                continue
            if not is_ready.value:
                # The next one would most likely end as this one, after as long a time at work.
                if process.exitcode == STARTUP_FAILURE or not self._are_ready():
                    self._kill()
                    raise NerlinkError(
                        f"a worker ended with exit code {process.exitcode} before it could serve. "
                        "The lines above say why; without any, memory may have run out."
                    )
                time.sleep(PAUSE)
            log.warning("a worker ended with exit code %s; another begins", process.exitcode)
            self.workers[place] = self._start()

    def _are_ready(self) -> bool:
        """Whether there is a worker that serves."""
        return any(worker.process.is_alive() and worker.is_ready.value for worker in self.workers)

    def _end(self, number: int, _: FrameType | None) -> None:
        self.asked.append(number)
        if len(self.asked) > 1:
            self._kill()
            # Nothing that stands after a `with` is done any more.
            shutil.rmtree(os.environ[FOLDER], ignore_errors=True)
            os._exit(128 + number)

    def _kill(self) -> None:
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.join()


def _work(
    folder: Path,
    settings: ServingSettings,
    loading: dict[str, Any],
    listener: socket.socket,
    is_ready: Any,
) -> None:
    """What a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who looks after the workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    forget_the_dead(Path(os.environ[FOLDER]))
    logging.config.dictConfig(_logging(settings))
    try:
        app = _prepared(folder, settings, loading)
    except NerlinkError as error:
        log.error("%s", error)
        raise SystemExit(STARTUP_FAILURE) from error
    _Server(_config(app, settings), is_ready).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that tells when it serves.

    Args:
        config: As uvicorn's.
        is_ready: Set then.
    """

    def __init__(self, config: uvicorn.Config, is_ready: Any) -> None:
        super().__init__(config)
        self.is_ready = is_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, with the model warm."""
        await super().startup(sockets)
        self.is_ready.value = self.started


def _end_with_parent() -> None:
    """End when the process that started this one is gone, which would start others in its place."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _end_in_order(drain: Callable[[], None]) -> None:
    """Put ourselves before uvicorn's own handlers of signals, in the loop that serves."""
    loop = asyncio.get_running_loop()
    asked: list[int] = []
    handlers: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def end(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 1:
            os._exit(128 + number)
        loop.call_soon_threadsafe(drain)
        loop.call_soon_threadsafe(loop.call_later, LAST_CALL, handlers[number], number, frame)

    is_worker = multiprocessing.parent_process() is not None
    for number in SIGNALS:
        ignored = is_worker and number == signal.SIGINT
        signal.signal(number, signal.SIG_IGN if ignored else end)


def _config(app: Any, settings: ServingSettings) -> uvicorn.Config:
    """What uvicorn is told: little, since the door has the limits and the log."""
    return uvicorn.Config(
        app,
        factory=True,
        root_path=settings.root_path,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=math.ceil(settings.timeout),
        log_config=_logging(settings),
    )


def _logging(settings: ServingSettings) -> dict[str, Any]:
    """Loggers for standard error, as `logging.config` takes them."""
    kind = JsonLines if settings.json_logs else Lines
    to_stderr = {"handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": kind}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "loggers": {
            "nerlink": {**to_stderr, "level": "INFO"},
            "uvicorn": {**to_stderr, "level": "WARNING"},
        },
    }


class Lines(logging.Formatter):
    """Time, level and message, without characters that a terminal obeys."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """A line, and the lines of a trace."""
        return visible(super().format(record))


class JsonLines(logging.Formatter):
    """An object of JSON a line: time, level and message; of a request, what was counted."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        facts = getattr(record, "facts", None) or {"message": record.getMessage()}
        said = {"time": round(record.created, 3), "level": record.levelname, **facts}
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said)
