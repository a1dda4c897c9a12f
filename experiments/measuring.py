"""The command line of experiments that take one measure after another, and their `results.json`."""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.bulk.invented import Made, make
from experiments.speed.results import PACKAGES, statistics_of, write_results

__all__ = ["Experiment", "Found"]

ENCODER: Final = "sentence-transformers/all-MiniLM-L6-v2"
Found = dict[str, list[float]]
"""Measures to their values, one a repetition."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Measures of an invented model, each of which can be taken alone.

    Args:
        question: What they answer.
        corpus: What documents they are taken on.
        results: The file that a run of full size writes.
        sizes: By `toy` and `full`, how much is measured; has `names`, of the entities of the base.
        measures: By name, functions of the model, the size and an empty folder.
        threads: That are measured with.
        packages: Whose versions matter beside those of all experiments.
    """

    question: str
    corpus: str
    results: Path
    sizes: Mapping[str, Any]
    measures: Mapping[str, Callable[[Made, Any, Path], Found]]
    threads: int
    packages: Sequence[str]

    def run(self, about: str | None, arguments: Sequence[str] | None = None) -> None:
        """Measure, show and write; each measure is written as soon as it is taken.

        Args:
            about: The docstring of the experiment's module.
            arguments: Those of the command line by default.
        """
        parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
        names = ", ".join(self.measures)
        parser.add_argument("measures", nargs="*", help=f"some of {names}; or all")
        parser.add_argument("--size", choices=tuple(self.sizes), default="full")
        parser.add_argument("--encoder", default=ENCODER)
        parser.add_argument("--output", type=Path, help="results.json of its folder at full size")
        asked = parser.parse_args(arguments)
        if unknown := [name for name in asked.measures if name not in self.measures]:
            parser.error(f"{unknown[0]} is no measure: {names}")
        size = self.sizes[asked.size]
        output = asked.output or (self.results if asked.size == "full" else None)
        with tempfile.TemporaryDirectory() as name:
            made = make(Path(name), asked.encoder, n_names=size.names)
            for measure in asked.measures or self.measures:
                place = Path(name, f"{measure}-files")
                place.mkdir()
                start = time.perf_counter()
                found = self.measures[measure](made, size, place)
                seconds = round(time.perf_counter() - start, 1)
                shutil.rmtree(place)
                print(measure, json.dumps(found), flush=True)
                if output and found:
                    self._report(output, measure, found, made.encoder, seconds)

    def _report(self, path: Path, measure: str, found: Found, encoder: str, seconds: float) -> None:
        """Write a measure beside those that were taken before."""
        before = json.loads(path.read_text("utf8")) if path.is_file() else {}
        scores = {name: statistics_of(values) for name, values in found.items()}
        write_results(
            path,
            question=self.question,
            corpus=self.corpus,
            encoder=encoder,
            scores={**before.get("scores", {}), measure: scores},
            seconds={**before.get("seconds", {}), measure: seconds},
            threads=self.threads,
            packages=(*PACKAGES, *self.packages),
        )
