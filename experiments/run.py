"""Run an experiment: train its configuration with every seed, score the models, write the result.

    python experiments/run.py tiny-news --seed 1 --seed 2 --seed 3

Models, their predictions and their scores, also those after each epoch, go to runs/NAME/seed-N/ as
they come; a run that was interrupted goes on where it was. What comes out is
experiments/NAME/results.json, and the tables made from it.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import scoring
import table
import torch

from nerlink import train
from nerlink.config import Config, DataConfig, load_config
from nerlink.errors import ConfigError
from nerlink.training.reporting import Terminal

PACKAGES = ("nerlink", "flair", "torch", "transformers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a folder in experiments/")
    parser.add_argument(
        "--seed",
        type=int,
        action="append",
        help="the seeds of results.json, or the configuration's",
    )
    options = parser.parse_args()
    folder = table.ROOT / "experiments" / options.name
    question = table.question_of(folder)
    config = load_config(folder / "config.toml")
    seeds = options.seed or seeds_before(folder) or [config.seed]
    runs = [
        run(
            config.model_copy(update={"seed": seed}),
            table.ROOT / "runs" / options.name / f"seed-{seed}",
        )
        for seed in seeds
    ]
    results = {
        "question": question,
        "corpus": ", ".join(map(corpus_of, config.data)),
        "encoder": config.encoder.model,
        "seeds": seeds,
        "scores": summarise([scores for scores, _, _ in runs]),
        "seconds": {
            key: round(statistics.mean(seconds[key] for _, seconds, _ in runs), 2)
            for key in ("epoch", "tag")
        },
        **(runs[-1][2] or made(config)),
    }
    text = json.dumps(results, indent=2, ensure_ascii=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf8")
    table.write_all()


def corpus_of(entry: DataConfig) -> str:
    """The name of a corpus, and how much of it is learnt from where that is not all."""
    name = str(entry.corpus or entry.train)
    return f"{name} ({entry.limit:,} documents)" if entry.limit else name


def seeds_before(folder: Path) -> list[int]:
    path = folder / "results.json"
    return list(json.loads(path.read_text("utf8"))["seeds"]) if path.is_file() else []


def run(
    config: Config, folder: Path
) -> tuple[dict[str, dict[str, float]], dict[str, float], dict[str, Any]]:
    """Scores by split and measure, seconds, and what trained it and where, of one seed."""
    path = folder / "run.json"
    if not path.is_file():
        result = train(config, folder, reporter=Terminal())
        record = {"history": [dict(epoch) for epoch in result.history], "made": made(config)}
        path.write_text(json.dumps(record, indent=1), encoding="utf8")
    if as_asked(load_config(folder / "config.toml")) != as_asked(config):
        raise ConfigError(f"{folder} was trained with another configuration. Delete it first.")
    record = json.loads(path.read_text("utf8"))
    if "scores" not in record:
        record |= scoring.score(config, folder)
        path.write_text(json.dumps(record, indent=1), encoding="utf8")
    epoch = statistics.mean(epoch["seconds"] for epoch in record["history"])
    return record["scores"], {"epoch": epoch, "tag": record["tag"]}, record.get("made", {})


def made(config: Config) -> dict[str, Any]:
    """What trains a model, and where."""
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "commit": commit(),
        "hardware": hardware(config),
    }


def as_asked(config: Config) -> Config:
    """A configuration without the threshold that training fits where it has a target."""
    if config.linker.target is None:
        return config
    linker = config.linker.model_copy(update={"threshold": None})
    return config.model_copy(update={"linker": linker})


def summarise(runs: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean, standard deviation (0 for one run) and number of runs of each measure."""
    return {
        split: {
            name: _statistics([run[split][name] for run in runs if name in run[split]])
            for name in runs[0][split]
        }
        for split in runs[0]
    }


def _statistics(values: list[float]) -> dict[str, float]:
    sd = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": round(statistics.mean(values), 5), "sd": round(sd, 5), "n": len(values)}


def git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=table.ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit() -> str:
    """What is checked out; marked where code or configurations are not as they were committed."""
    changed = git(
        "status", "--porcelain", "--", "nerlink", "experiments/*.py", "experiments/*.toml"
    )
    return git("rev-parse", "HEAD") + ("-dirty" if changed else "")


def hardware(config: Config) -> str:
    """The processor, and the GPU where one was used."""
    cpu = platform.machine()
    if (info := Path("/proc/cpuinfo")).is_file():
        names = re.findall(r"^model name\s*:\s*(.+)$", info.read_text(), flags=re.MULTILINE)
        cpu = names[0] if names else cpu
    parts = [f"{cpu}, {os.cpu_count()} cores, {torch.get_num_threads()} of them used"]
    if config.training.device != "cpu" and torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return "; ".join(parts)


if __name__ == "__main__":
    main()
