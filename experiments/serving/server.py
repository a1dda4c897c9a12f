"""`nerlink serve` as a process of its own, which can be told to end, killed and watched."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil

__all__ = ["TOKEN", "Server", "serving"]

ROOT = Path(__file__).parent.parent.parent
TOKEN = "measured"
START_SECONDS = 300


class Server:
    """A server that runs.

    Args:
        process: The process that was started; with several workers, their parent.
        log: Where it writes.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self.port = 0

    def wait_until_ready(self) -> None:
        """Wait for the address and the model."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(r"is served at http://127\.0\.0\.1:(\d+)", self.words()):
                self.port = int(found[1])
                try:
                    if self.ask("GET", "/ready")[0] == 200:
                        return
                except (URLError, OSError):
                    pass
            time.sleep(0.05)
        raise SystemExit(f"the server did not begin: {self.words()}")

    def words(self) -> str:
        """What it has written."""
        return self.log.read_text("utf8")

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Status and body of an answer; errors of the network are raised."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
        request = Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        try:
            with urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except URLError as error:
            if not hasattr(error, "code"):
                raise
            return int(error.code), error.read()  # type: ignore[attr-defined]

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        children = psutil.Process(self.process.pid).children()
        found = [one for one in children if _is_worker(one)]
        return found or [psutil.Process(self.process.pid)]

    def megabytes(self) -> float:
        """The memory of all of them."""
        return sum(one.memory_info().rss for one in self.workers()) / (1 << 20)

    def tell_to_end(self) -> None:
        self.process.send_signal(signal.SIGTERM)


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False


@contextmanager
def serving(model: Path, folder: Path, *options: str) -> Iterator[Server]:
    """A server of a model, ready; it is gone afterwards.

    Args:
        model: Folder of the model.
        folder: Where its log goes.
        options: Of the command line.
    """
    log = folder / "server.log"
    command = [sys.executable, "-m", "nerlink", "serve", str(model), "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NERLINK_TOKEN": TOKEN}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--device", "cpu", "--json-logs", *options],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
        )
    server = Server(process, log)
    try:
        server.wait_until_ready()
        yield server
    finally:
        if process.poll() is None:
            for one in (*psutil.Process(process.pid).children(recursive=True), process):
                one.kill()
        process.wait()


class MemoryWatch(threading.Thread):
    """Looks at the memory of a server every second."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.seen: list[float] = []
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(1):
            self.seen.append(self.server.megabytes())
