"""Marking a million aliases in 100 MB of text: how long the base takes to read, then the text.

`matching` is the matcher alone, from documents to documents with mentions; `whole` is what `nerlink
annotate` does: texts read from JSON lines, the first of them judged, all of them written. Megabytes
a second are of text; the others are the most that was resident at once. Aliases are names of one to
four invented words, of which one in forty is a word of the texts too; about 17 of 1,000 words of a
text begin a name of the base.

    python -m experiments.speed.annotating --clock cpu
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from experiments.speed.annotating_probe import SIDES, write_world
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, run

__all__ = ["main"]

ROOT: Final = Path(__file__).parents[2]
SIZES: Final = {"toy": (1000, 0.2), "full": (1_000_000, 100.0)}
"""Aliases, and megabytes of text."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments, counts="aliases of the base"))


def _measure(options: Options, folder: Path) -> Findings:
    n_aliases, megabytes = SIZES[options.size]
    findings = Findings("annotating", None)
    write_world(folder, options.count or n_aliases, megabytes)
    for side in SIDES:
        command = [sys.executable, "-m", "experiments.speed.annotating_probe"]
        command += [side, str(folder), options.clock]
        answers = [
            json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
            for _ in range(options.repeats or 1)
        ]
        for name in answers[0]:
            findings.add(f"annotating.{side}.{name}", *(answer[name] for answer in answers))
    return findings


if __name__ == "__main__":
    main()
