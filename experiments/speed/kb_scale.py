"""The knowledge base from ten thousand to ten million aliases.

Time to build and to open; time of a look-up; memory that the open base takes, above that of an
empty one. A look-up is `cold` where the file is on the disk only, `warm` where the file is in
memory and the surface is new, `remembered` where the surface came before; `together` are fifty
surfaces in one go, as a pipeline asks for those of its documents; `filled` are those with short
lists filled up, as they are by default.

    python -m experiments.speed.kb_scale --count 10000000
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from experiments.speed.kb_probe import entities
from experiments.speed.options import parse_options
from experiments.speed.results import Findings, report
from nerlink import KnowledgeBase

__all__ = ["main"]

ROOT: Final = Path(__file__).parents[2]
SIZES: Final = {"toy": (1000,), "full": (10_000, 100_000, 1_000_000, 5_000_000, 10_000_000)}
"""Aliases."""

REPEATS: Final = {"toy": 1, "full": 5}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    options = parse_options(__doc__, arguments, counts="aliases of the largest base")
    repeats = options.repeats or REPEATS[options.size]
    findings = Findings("knowledge base", None)
    with tempfile.TemporaryDirectory() as folder:
        empty = min(found["memory_megabytes"] for found in _measure(Path(folder), 0, repeats))
        for n_aliases in SIZES[options.size]:
            if n_aliases > (options.count or n_aliases):
                continue
            measured = _measure(Path(folder), n_aliases, repeats)
            for found in measured:
                found["memory_megabytes"] -= empty
            for name in measured[0]:
                findings.add(f"kb.{name}.{n_aliases}", *(found[name] for found in measured))
    report(findings, options)


def _measure(folder: Path, n_aliases: int, repeats: int) -> list[dict[str, float]]:
    """What a base of that size costs, each time in a process of its own."""
    path = folder / f"{n_aliases}.sqlite"
    start = time.perf_counter()
    KnowledgeBase.create(path, entities(n_aliases)).close()
    built = {
        "build_seconds": time.perf_counter() - start,
        "file_megabytes": path.stat().st_size / (1 << 20),
    }
    command = [sys.executable, "-m", "experiments.speed.kb_probe", str(path), str(n_aliases)]
    answers = [
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        for _ in range(repeats)
    ]
    path.unlink()
    return [built | json.loads(answer) for answer in answers]


if __name__ == "__main__":
    main()
