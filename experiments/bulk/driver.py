"""A job as a process of its own, which can be killed and whose memory can be watched.

python -m experiments.bulk.driver '{"model": ..., "inputs": ..., "output": ..., "options": {}}'
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from experiments.speed.memory import resident_memory
from nerlink.bulk import Progress, tag_files

__all__ = ["command", "run"]

ROOT = Path(__file__).parent.parent.parent


def command(
    model: Path, inputs: Path, output: Path, options: Mapping[str, Any]
) -> subprocess.Popen[str]:
    """A job that has begun."""
    told = {"model": str(model), "inputs": str(inputs), "output": str(output)}
    asked = json.dumps({**told, "options": {"device": "cpu", **options}})
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.bulk.driver", asked],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(model: Path, inputs: Path, output: Path, **options: Any) -> dict[str, Any]:
    """A whole job: its summary, and the memory of its processes."""
    process = command(model, inputs, output, options)
    out, err = process.communicate()
    if process.returncode:
        raise SystemExit(f"a job ended with {process.returncode}: {err}")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


class _Watch:
    """Memory of this process and of its workers: early on, and the most."""

    def __init__(self) -> None:
        self.early: dict[str, float] = {}
        self.peak: dict[str, float] = {}
        self.last = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self.last < 0.2 and progress.n_done < progress.n_shards:
            return
        self.last = now
        n_documents = progress.n_documents + progress.n_under_way
        children = psutil.Process().children()
        sizes = {"driver": resident_memory()}
        if workers := [child.memory_info().rss / (1 << 20) for child in children]:
            sizes["worker"] = max(workers)
        for who, size in sizes.items():
            is_early = progress.n_done >= 20 if who == "driver" else n_documents >= 1000
            if is_early:
                self.early.setdefault(who, size)
                self.peak[who] = max(size, self.peak.get(who, 0.0))


def main() -> None:
    """Run one job, and print what it did."""
    asked = json.loads(sys.argv[1])
    watch = _Watch()
    start = time.perf_counter()
    summary = tag_files(
        asked["model"], asked["inputs"], asked["output"], on_progress=watch, **asked["options"]
    )
    seconds = time.perf_counter() - start
    memory = {"early": watch.early, "peak": watch.peak}
    print(json.dumps(asdict(summary) | {"wall": seconds, "memory": memory}))


if __name__ == "__main__":
    main()
