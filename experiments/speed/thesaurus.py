"""Reading a thesaurus of a million triples into a knowledge base: how long, and how much memory.

The same concepts in Turtle, N-Triples, RDF/XML and OBO, each built in a process of its own;
`export` writes the base as SKOS again. For comparison, what `rdflib` and `pronto` take to hold the
file in memory alone. A concept is eight triples: type, two labels, three aliases, definition and
what is broader.

    python -m experiments.speed.thesaurus --clock cpu
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run
from experiments.speed.thesaurus_probe import SIDES, write_thesauri

__all__ = ["main"]

ROOT: Final = Path(__file__).parents[2]
SIZES: Final = {"toy": 800, "full": 1_000_000}
"""Triples."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments, counts="triples of the thesaurus"))


def _measure(options: Options, folder: Path) -> Findings:
    n_triples = options.count or SIZES[options.size]
    findings = Findings("thesaurus", None)
    write_thesauri(folder, n_triples)
    for side in SIDES:
        command = [sys.executable, "-m", "experiments.speed.thesaurus_probe"]
        command += [side, str(folder), options.clock]
        answers = [
            json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
            for _ in range(options.repeats or 1)
        ]
        for name in answers[0]:
            findings.add(f"thesaurus.{side}.{name}", *(answer[name] for answer in answers))
    return findings


if __name__ == "__main__":
    main()
