"""What a measurement found, as a table in the terminal and in `results.json`."""

import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from rich.console import Console
from rich.table import Table

from experiments.speed.options import Options
from experiments.speed.timing import Times

__all__ = ["Findings", "add_results", "report", "run", "statistics_of", "write_results"]

QUESTION: Final = "How fast is nerlink beside Flair, and beside the bare encoder?"
PACKAGES: Final = ("nerlink", "flair", "torch", "transformers")


@dataclass(slots=True)
class Findings:
    """What one measurement found.

    Args:
        name: Of the measurement.
        encoder: What was measured with, if any was.
        scores: Measures to their values, one a repetition.
        seconds: What took how long, the median.
    """

    name: str
    encoder: str | None
    scores: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, measure: str, *values: float) -> None:
        """A measure, with its value in each repetition."""
        self.scores[measure] = list(values)

    def add_times(self, times: Times) -> None:
        """The seconds of every side."""
        for side, values in times.items():
            self.seconds[f"{self.name}: {side}"] = round(statistics.median(values), 6)

    def add_ratio(self, measure: str, slow: Sequence[float], fast: Sequence[float]) -> None:
        """How many times longer one side took than the other, in each repetition."""
        self.add(measure, *(a / b for a, b in zip(slow, fast, strict=True)))

    def summary(self) -> dict[str, dict[str, float]]:
        """Mean, standard deviation, number and median of each measure."""
        return {measure: statistics_of(values) for measure, values in self.scores.items()}


def run(measure: Callable[[Options, Path], Findings], options: Options) -> None:
    """Measure in a folder that is gone afterwards, show and write."""
    with tempfile.TemporaryDirectory() as folder:
        findings = measure(options, Path(folder))
    report(findings, options)


def report(findings: Findings, options: Options) -> None:
    """Show what was found, and write it beside what other measurements wrote."""
    _show(findings)
    if options.output is None:
        return
    before = _read(options.output)
    others = {k: v for k, v in before.get("seconds", {}).items() if _owner(k) != findings.name}
    add_results(
        options.output,
        findings.name,
        findings.summary(),
        question=QUESTION,
        corpus="invented documents",
        encoder=findings.encoder or before.get("encoder", "none"),
        seconds=others | findings.seconds,
        threads=options.threads,
    )


def add_results(
    path: Path,
    group: str,
    scores: Mapping[str, Mapping[str, float]],
    *,
    threads: int,
    seconds: Mapping[str, float] | None = None,
    **facts: str,
) -> None:
    """Write a group of measures beside those that a file has, each with the machine it is from.

    Args:
        path: The file.
        group: The name of the group, which takes the place of an earlier one.
        scores: Statistics of each measure.
        threads: Threads used.
        seconds: What took how long, of all groups; as it was if not given.
        facts: As `write_results` takes them.
    """
    before = _read(path)
    earlier = dict.fromkeys(before.get("scores", {}), before.get("hardware"))
    write_results(
        path,
        scores={**before.get("scores", {}), group: scores},
        seconds=before.get("seconds", {}) if seconds is None else seconds,
        machines=earlier | before.get("machines", {}) | {group: _hardware(threads)},
        threads=threads,
        **facts,
    )


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf8"))) if path.is_file() else {}


def write_results(
    path: Path,
    *,
    scores: Mapping[str, Mapping[str, Mapping[str, float]]],
    seconds: Mapping[str, float],
    threads: int,
    machines: Mapping[str, str] | None = None,
    packages: Sequence[str] = PACKAGES,
    **facts: str,
) -> None:
    """Write `results.json` in the shape that all experiments share.

    Args:
        path: The file.
        scores: Statistics of each measure in each group of measures.
        seconds: What took how long.
        threads: Threads used.
        machines: The machine that each group of measures is from, if they are from several runs.
        packages: Those whose versions matter.
        facts: `question`, `corpus` and `encoder`.
    """
    results = {
        **facts,
        "seeds": [0],
        "scores": scores,
        "seconds": seconds,
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
        "commit": _commit(),
        "hardware": _hardware(threads),
    } | ({"machines": dict(machines)} if machines else {})
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf8")


def _owner(name: str) -> str:
    return name.partition(":")[0]


def _show(findings: Findings) -> None:
    table = Table(title=", ".join(filter(None, [findings.name, findings.encoder])))
    table.add_column("measure")
    for column in ("median", "mean", "sd", "n"):
        table.add_column(column, justify="right")
    for measure, found in findings.summary().items():
        shown = [f"{found[name]:,.4g}" for name in ("median", "mean", "sd")]
        table.add_row(measure, *shown, str(found["n"]))
    for name, value in findings.seconds.items():
        table.add_row(f"seconds, {name.partition(': ')[2]}", f"{value:,.4g}")
    Console().print(table)


def statistics_of(values: Sequence[float]) -> dict[str, float]:
    """Mean, standard deviation (0 of one value), number and median."""
    sd = statistics.stdev(values) if len(values) > 1 else 0.0
    found: Mapping[str, Any] = {
        "mean": statistics.mean(values),
        "sd": sd,
        "median": statistics.median(values),
    }
    return {name: round(value, 5) for name, value in found.items()} | {"n": len(values)}


def _commit() -> str:
    command = ["git", "rev-parse", "HEAD"]
    folder = Path(__file__).parent
    found = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return found.stdout.strip()


def _hardware(threads: int) -> str:
    cpu = platform.machine()
    if (info := Path("/proc/cpuinfo")).is_file():
        names = re.findall(r"^model name\s*:\s*(.+)$", info.read_text(), flags=re.MULTILINE)
        cpu = names[0] if names else cpu
    features = torch.backends.cpu.get_cpu_capability()
    return f"{cpu} ({features}), {os.cpu_count()} cores, {threads} threads"
