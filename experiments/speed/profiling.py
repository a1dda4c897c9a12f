"""Where nerlink's time goes while it tags and links: by part of the library, and by function.

A second thread looks every millisecond at what the first one is doing, so that nothing is slowed
down or changed; time belongs to the innermost function of nerlink on the stack.

    python -m experiments.speed.profiling
"""

import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from rich.console import Console
from rich.table import Table

import nerlink
from experiments.speed.bare import full_windows, run_bare
from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import invent_world
from experiments.speed.nerlink_side import make_pipeline
from experiments.speed.options import Options, parse_options
from experiments.speed.results import Findings, report

__all__ = ["Sampler", "main"]

PACKAGE: Final = str(Path(nerlink.__file__).parent)
N_SHOWN: Final = 25
PARTS: Final = {
    "models/encoder/embeddings.py:_forward": "encoder",
    "models/encoder/fast/": "encoder",
    "models/encoder/shapes.py": "shapes",
    "models/encoder/subtokens.py": "subtokens",
    "models/encoder/": "windows",
    "converters/segmentation.py": "splitting",
    "converters/": "tokenisation",
    "kb/": "candidates",
    "models/linker/lookup.py": "candidates",
    "models/linker/features.py:compare_names": "candidates",
    "models/linker/features.py": "features",
    "models/linker/second_look.py": "second look",
    "models/linker/": "linking",
    "models/tagger/tags.py": "decoding",
    "models/tagger/": "tagging",
    "": "objects",
}
"""What a function's file belongs to; the first entry that its place starts with."""

SIZES: Final = {"toy": (100, 10, 5, 4), "full": (10_000, 500, 20, 20)}
"""Entities, names, meanings of a name, documents."""


@dataclass(slots=True)
class Sampler:
    """Looks at a thread while it works.

    Args:
        interval: Seconds between two looks.
        seconds: Time spent in each place, `file:function:line`.
    """

    interval: float = 0.001
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def run(self, work: Callable[[], object]) -> None:
        """Do some work in this thread and look at it from another."""
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(threading.get_ident(), done))
        before = sys.getswitchinterval()
        sys.setswitchinterval(self.interval / 10)
        watcher.start()
        work()
        done.set()
        watcher.join()
        sys.setswitchinterval(before)

    def _watch(self, thread: int, done: threading.Event) -> None:
        last = time.process_time()
        while not done.wait(self.interval):
            now = time.process_time()
            frame = sys._current_frames().get(thread)
            self.seconds[_place(frame)] += max(0.0, now - last)
            last = now


def _place(frame: FrameType | None) -> str:
    """The innermost function of nerlink on a stack, as `file:function:line`."""
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(PACKAGE):
            file = code.co_filename[len(PACKAGE) + 1 :]
            return f"{file}:{code.co_name}:{frame.f_lineno}"
        frame = frame.f_back
    return "outside"


def part_of(place: str) -> str:
    """The part of the library that a place belongs to."""
    return next(part for prefix, part in PARTS.items() if place.startswith(prefix))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    options = parse_options(__doc__, arguments)
    n_entities, n_names, n_meanings, n_documents = SIZES[options.size]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encoder, encoder_name = encoder_folder(options.encoder, folder / "encoder")
        world = invent_world(encoder, n_names=n_names, n_meanings=n_meanings)
        learnt = world.documents(min(8, n_documents), seed="learnt", n_entities=n_entities)
        pipeline = make_pipeline(
            world, n_entities, encoder=encoder, documents=learnt, folder=folder
        )
        documents = world.documents(n_documents, seed="profile", n_entities=n_entities)
        pipeline(doc.text for doc in learnt)
        sampler = Sampler()
        sampler.run(lambda: pipeline([doc.text for doc in documents]))
        batches = full_windows(pipeline.model.encoder, documents)
        start = time.process_time()
        run_bare(pipeline.model.encoder, batches)
        bare = time.process_time() - start
    report(_findings(sampler, bare, encoder_name), options)
    _show_places(sampler, options)


def _findings(sampler: Sampler, bare: float, encoder_name: str) -> Findings:
    findings = Findings("profile", encoder_name)
    total = sum(sampler.seconds.values())
    parts: defaultdict[str, float] = defaultdict(float)
    for place, seconds in sampler.seconds.items():
        parts[part_of(place)] += seconds
    for part, seconds in sorted(parts.items(), key=lambda item: -item[1]):
        findings.add(f"share.{part}", seconds / total)
        findings.seconds[f"profile: {part}"] = round(seconds, 4)
    findings.seconds["profile: bare encoder"] = round(bare, 4)
    return findings


def _show_places(sampler: Sampler, options: Options) -> None:
    """The most expensive lines."""
    total = sum(sampler.seconds.values())
    table = Table(title=f"the {N_SHOWN} most expensive lines, {options.threads} threads")
    for column in ("file:function:line", "seconds", "per cent"):
        table.add_column(column)
    costliest = sorted(sampler.seconds.items(), key=lambda item: -item[1])
    for place, seconds in costliest[:N_SHOWN]:
        table.add_row(place, f"{seconds:.3f}", f"{100 * seconds / total:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
