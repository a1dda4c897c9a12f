"""Jobs that lose their driver, a worker or a node of Ray, and are run again."""

import hashlib
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from experiments.bulk.driver import command, run
from nerlink.bulk import outputs_of

__all__ = [
    "KILLS",
    "check_same",
    "clear",
    "fingerprint",
    "killed_driver",
    "killed_node",
    "killed_worker",
    "links_of",
]

Kill = Callable[[Path, Path, Path, float, dict[str, Any]], int]
"""Called with model, inputs, output, seconds and options: how often something was killed."""


def fingerprint(output: Path) -> str:
    """The SHA-256 of all files that count, with their names."""
    digest = hashlib.sha256()
    for path in map(Path, outputs_of(output)):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def links_of(output: Path) -> list[str]:
    """The mentions and links of each document, without their probabilities."""
    records = (
        json.loads(line)
        for path in outputs_of(output)
        for line in Path(path).read_text("utf8").splitlines()
    )
    return [
        json.dumps([[m["start"], m["end"], m["label"], m["entity"]] for m in record["mentions"]])
        for record in records
    ]


def check_same(output: Path, expected: str, n_documents: int) -> None:
    """Refuse an output that is not what one run would have written.

    Raises:
        SystemExit: A byte differs, a document is there twice or not at all, or a file is left over.
    """
    ids = [
        json.loads(line)["id"]
        for path in outputs_of(output)
        for line in Path(path).read_text("utf8").splitlines()
    ]
    if len(ids) != n_documents or len(set(ids)) != n_documents:
        raise SystemExit(f"{output}: {len(ids)} rows, {len(set(ids))} ids, not {n_documents}")
    if fingerprint(output) != expected:
        raise SystemExit(f"{output}: not the bytes of one run")
    counted = {Path(path).name for path in outputs_of(output)} | {"_nerlink"}
    if rest := {path.name for path in output.iterdir()} - counted:
        raise SystemExit(f"{output}: {sorted(rest)} are left over")


def killed_driver(
    model: Path, inputs: Path, output: Path, seconds: float, options: dict[str, Any]
) -> int:
    """A job whose driver is killed; then it is run to its end."""
    process = command(model, inputs, output, options)
    time.sleep(seconds)
    was_running = process.poll() is None
    process.kill()
    process.communicate()
    run(model, inputs, output, **options)
    return was_running


def killed_worker(
    model: Path, inputs: Path, output: Path, seconds: float, options: dict[str, Any]
) -> int:
    """A job that loses a worker, and goes on by itself; then it is run again."""
    process = command(model, inputs, output, options)
    time.sleep(seconds)
    workers = []
    with suppress(psutil.Error):
        children = psutil.Process(process.pid).children()
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    if workers:
        with suppress(psutil.Error):
            random.choice(workers).kill()
    _, err = process.communicate()
    if process.returncode:
        raise SystemExit(f"a job did not survive its worker: {err}")
    run(model, inputs, output, **options)
    return bool(workers)


def killed_node(
    model: Path, inputs: Path, output: Path, seconds: float, options: dict[str, Any]
) -> int:
    """A job on a cluster of two nodes, of which one is killed; then it is run again."""
    with _cluster() as (address, node):
        options = options | {"engine": "ray", "address": address, "workers": "auto", "threads": 1}
        process = command(model, inputs, output, options)
        time.sleep(seconds)
        n_killed = _kill_all(node, process.poll() is None)
        _, err = process.communicate()
        if process.returncode:
            raise SystemExit(f"a job did not survive its node: {err}")
        run(model, inputs, output, **options)
    return n_killed


TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""What nodes and jobs know each other by, on the clusters of this process alone."""


@contextmanager
def _cluster() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Two nodes of one core each on this machine, and the one that is not the head."""
    os.environ.update(TOKEN)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    head = _start("--head", f"--port={port}", "--include-dashboard=false")
    time.sleep(8)
    node = _start(f"--address={address}")
    time.sleep(6)
    try:
        yield address, node
    finally:
        for process in (node, head):
            _kill_all(process, True)


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    ray = Path(sys.executable).with_name("ray")
    own = ("--num-cpus=1", "--block", "--disable-usage-stats")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([ray, "start", *arguments, *own], **quiet)  # type: ignore[call-overload,no-any-return]


def _kill_all(process: subprocess.Popen[bytes], is_wanted: bool) -> int:
    """Kill a process of ours with all that it started."""
    with suppress(psutil.Error):
        own = psutil.Process(process.pid)
        for one in [*own.children(recursive=True), own]:
            with suppress(psutil.Error):
                one.send_signal(signal.SIGKILL)
    process.wait()
    return int(is_wanted)


KILLS: dict[str, Kill] = {
    "driver": killed_driver,
    "worker": killed_worker,
    "node": killed_node,
}


def clear(output: Path) -> Path:
    """A folder that is not there."""
    shutil.rmtree(output, ignore_errors=True)
    return output
