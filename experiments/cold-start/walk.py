"""A person's walk from a table and raw texts to a model: each command, and how long it takes.

    python -m experiments.cold-start.walk

The texts and the table are those of tiny-news, without the annotation. Only the review is done by
this program, which answers from the annotation.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from experiments.speed.results import add_results, statistics_of
from nerlink import evaluate, read, write

__all__ = ["STEPS", "main"]

ROOT: Final = Path(__file__).resolve().parents[2]
CORPUS: Final = ROOT / "corpora" / "tiny-news"
RESULTS: Final = Path(__file__).parent / "results.json"
QUESTION: Final = "How good is a model without annotations, and with few?"

CONFIG: Final = """
[model]
from = "./m0"

[[data]]
train = "gold.jsonl"
weight = 3

[[data]]
train = "silver.jsonl"
"""
"""Gold over silver: what a person reviewed is drawn more often than what the dictionary marked."""

STEPS: Final = {
    "kb build": "kb build entities.jsonl --output firms.sqlite",
    "kb model": "kb model firms.sqlite --output m",
    "annotate": "annotate firms.sqlite texts.jsonl --output silver.jsonl",
    "train --silver": "train --silver silver.jsonl --kb firms.sqlite --output m0",
    "select": "select m0 texts.jsonl --n 20 --output ask.jsonl",
    "review": "",
    "train": "train config.toml --output m1",
    "propose-entities": "propose-entities m1 texts.jsonl --min-count 1 --output new.csv",
}
"""The commands in their order; the review has none here."""

MODELS: Final = {"m": "untrained", "m0": "silver", "m1": "gold over silver"}
"""The models that the steps make, and what they learnt from."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Walk, and write what was found beside what other programs found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    found: dict[str, list[float]] = {}
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory() as name:
            for measure, value in walk(Path(name), options.threads).items():
                found.setdefault(measure, []).append(value)
    scores = {name: statistics_of(values) for name, values in found.items()}
    add_results(
        options.output,
        "walk, tiny-news",
        scores,
        question=QUESTION,
        corpus="aida, tiny-news, ncbi-disease",
        encoder="sentence-transformers/all-MiniLM-L6-v2",
        threads=options.threads,
    )


def walk(folder: Path, threads: int) -> dict[str, float]:
    """Seconds of each step, and the scores of the models on the development documents."""
    gold = list(read(CORPUS / "train.jsonl"))
    write([replace(doc, mentions=(), meta={}) for doc in gold], folder / "texts.jsonl")
    (folder / "entities.jsonl").write_bytes((CORPUS / "entities.jsonl").read_bytes())
    (folder / "config.toml").write_text(CONFIG, encoding="utf8")
    found: dict[str, float] = {}
    for step, command in STEPS.items():
        if not command:
            answer(folder, {doc.id: doc for doc in gold})
            continue
        start = time.perf_counter()
        run(command, folder, threads)
        found[f"seconds, {step}"] = time.perf_counter() - start
        print(f"{step}: {found[f'seconds, {step}']:.1f} seconds", flush=True)
    first = ("seconds, kb build", "seconds, annotate", "seconds, train --silver")
    found["seconds to the first model"] = sum(found[name] for name in first)
    for model in MODELS:
        run(f"tag {model} {CORPUS / 'dev.jsonl'} --output {model}.jsonl", folder, threads)
        report = evaluate(list(read(CORPUS / "dev.jsonl")), list(read(folder / f"{model}.jsonl")))
        found[f"{model}, {MODELS[model]}: InKB F1"] = 100 * report.scores["linking.inkb.f1"]
        found[f"{model}, {MODELS[model]}: NER F1"] = 100 * report.scores["ner.f1"]
    return found


def answer(folder: Path, gold: dict[str | None, object]) -> None:
    """What a reviewer makes of the documents that were chosen: their annotation."""
    asked = read(folder / "ask.jsonl")
    write([gold[doc.id] for doc in asked], folder / "gold.jsonl")  # type: ignore[misc]


def run(command: str, folder: Path, threads: int) -> None:
    """A command of nerlink, in a folder."""
    line = [sys.executable, "-m", "nerlink", *command.split()]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"nerlink {command} ended with {done.returncode}: {done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
