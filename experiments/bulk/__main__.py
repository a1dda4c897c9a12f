"""What tagging in bulk costs and survives; `results.json` gets what was found.

python -m experiments.bulk overhead workers kills_worker memory --size full
"""

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import torch

from experiments.bulk.driver import run
from experiments.bulk.invented import MIXED, PAGES, SHORT, Made
from experiments.bulk.kills import (
    KILLS,
    check_same,
    clear,
    fingerprint,
    links_of,
)
from experiments.measuring import Experiment, Found
from nerlink import Pipeline
from nerlink.bulk import outputs_of, tag_files
from nerlink.sources import stream, write

__all__ = ["EXPERIMENT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured.

    Args:
        names: Of the entities of the base.
        overhead: Documents on one core.
        documents: Documents on two.
        shard: Bytes of a shard of them.
        repeats: Pairs of runs.
        kills: Of each kind.
        stream: Documents in one shard, of which memory is watched.
        shards: Shards, of which memory is watched.
    """

    names: int
    overhead: int
    documents: int
    shard: int
    repeats: int
    kills: int
    stream: int
    shards: int


SIZES: Final[Mapping[str, Size]] = {
    "toy": Size(
        names=2, overhead=60, documents=60, shard=8_000, repeats=1, kills=1, stream=1500, shards=40
    ),
    "full": Size(
        names=100,
        overhead=600,
        documents=20_000,
        shard=500_000,
        repeats=3,
        kills=20,
        stream=100_000,
        shards=10_000,
    ),
}


def overhead(made: Made, size: Size, folder: Path) -> Found:
    """Reading, writing, hashing and the manifest, beside `pipeline.stream` of the same documents.

    Both on one thread in this process, with the model loaded.
    """
    path = made.write(folder / "overhead.jsonl", size.overhead, PAGES)
    torch.set_num_threads(1)
    pipeline = Pipeline.load(made.model, device="cpu")
    documents = list(stream(path))
    options: dict[str, Any] = {"workers": 0, "device": "cpu"}
    tag_files(made.model, path, folder / "warm", **options)

    def bare() -> None:
        for _ in pipeline.stream(documents):
            pass

    def tag() -> None:
        write(pipeline.stream(stream(path)), folder / "tagged.jsonl")

    def bulk() -> None:
        tag_files(made.model, path, clear(folder / "out"), **options)

    bare()
    seconds: dict[str, list[float]] = {"bare": [], "tag": [], "bulk": []}
    for number in range(size.repeats):
        sides = {"bare": bare, "tag": tag, "bulk": bulk}
        for name in sorted(sides, reverse=bool(number % 2)):
            start = time.process_time()  # of this process, on a machine that others use too
            sides[name]()
            seconds[name].append(time.process_time() - start)
    (output,) = outputs_of(folder / "out")
    if Path(output).read_bytes() != (folder / "tagged.jsonl").read_bytes():
        raise SystemExit("a job writes other bytes than `nerlink tag`")
    speeds = [size.overhead / one for one in seconds["bulk"]]
    return {
        "overhead.vs_stream": _ratios(seconds["bulk"], seconds["bare"]),
        "overhead.vs_tag": _ratios(seconds["bulk"], seconds["tag"]),
        "documents_per_second.one_core": speeds,
        "kilobytes.read_per_document": [path.stat().st_size / size.overhead / 1000],
        "kilobytes.written_per_document": [Path(output).stat().st_size / size.overhead / 1000],
        # A hundred million documents on machines whose cores are each as fast as this one.
        **{f"hours.1e8.{n}_cores": [1e8 / s / n / 3600 for s in speeds] for n in (2, 64, 512)},
    }


def workers(made: Made, size: Size, folder: Path) -> Found:
    """Two workers with one thread each, beside one with two, and beside two of Ray."""
    sides: dict[str, dict[str, Any]] = {
        "one": {"workers": 1, "threads": 2},
        "two": {"workers": 2, "threads": 1},
    }
    if find_spec("ray"):
        sides["ray"] = {"workers": 2, "threads": 1, "engine": "ray"}
    found, n_other = _in_turns(made, size, folder, sides)
    measures = {
        "documents.other_mentions_by_threads": [float(n_other)],
        "documents_per_second.two_workers": [size.documents / one for one in found["two"]],
        "speed.two_workers_vs_one": _ratios(found["one"], found["two"]),
    }
    if "ray" in found:
        measures["speed.ray_vs_local"] = _ratios(found["two"], found["ray"])
    return measures


def gpu(made: Made, size: Size, folder: Path) -> Found:
    """A job on one GPU; nothing where there is none."""
    if not torch.cuda.is_available():
        return {}
    path = made.write(folder / "pages.jsonl", size.documents, PAGES)
    options = {"workers": 1, "device": "cuda", "shard_size": size.shard}
    speeds = []
    for _ in range(size.repeats):
        done = run(made.model, path, clear(folder / "out"), **options)
        speeds.append(size.documents / done["wall"])
    hours = [1e8 / speed / 3600 for speed in speeds]
    return {"documents_per_second.gpu": speeds, "hours.1e8.1_gpu": hours}


def _in_turns(
    made: Made, size: Size, folder: Path, sides: Mapping[str, dict[str, Any]]
) -> tuple[dict[str, list[float]], int]:
    """Seconds of whole jobs, loading included, and documents that are not the same in all of them.

    Jobs with as many threads a worker write the same bytes. Sums over other numbers of threads are
    rounded otherwise: documents with other mentions or links are counted.
    """
    path = made.write(folder / "mixed.jsonl", size.documents, MIXED)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    bytes_of: dict[int, set[str]] = {}
    links: dict[int, list[str]] = {}
    for number in range(size.repeats):
        for name in sorted(sides, reverse=bool(number % 2)):
            output = clear(folder / "out")
            done = run(made.model, path, output, shard_size=size.shard, **sides[name])
            seconds[name].append(done["wall"])
            bytes_of.setdefault(sides[name]["threads"], set()).add(fingerprint(output))
            links.setdefault(sides[name]["threads"], links_of(output))
            print(f"{name}: {done['wall']:.1f} seconds", file=sys.stderr, flush=True)
    if any(len(marks) > 1 for marks in bytes_of.values()):
        raise SystemExit(f"{', '.join(sides)} do not write the same bytes")
    n_other = sum(len(set(each)) > 1 for each in zip(*links.values(), strict=True))
    return seconds, n_other


def kills(made: Made, size: Size, folder: Path, *, victim: str) -> Found:
    """Jobs that lose a driver, a worker or a node at random points end as one that loses none."""
    n_documents = min(size.documents, 200)
    path = made.write(folder / "killed.jsonl", n_documents, PAGES)
    options = {"workers": 2, "threads": 1, "shard_size": path.stat().st_size // 12}
    whole = run(made.model, path, folder / "whole", **options)
    expected = fingerprint(folder / "whole")
    rng = random.Random(victim)
    n_hit = 0
    for number in range(size.kills):
        output = clear(folder / "out")
        seconds = rng.uniform(0.1, 1.0) * whole["wall"]
        n_hit += KILLS[victim](made.model, path, output, seconds, options)
        check_same(output, expected, n_documents)
        print(f"{victim} {number + 1}/{size.kills}: the same bytes", file=sys.stderr, flush=True)
    return {"killed": [float(size.kills)], "killed.while_running": [float(n_hit)]}


def memory(made: Made, size: Size, folder: Path) -> Found:
    """Of a worker over many documents, of the driver over many shards, after the first of them."""
    short = made.write(folder / "short.jsonl", size.stream, SHORT)
    one = run(made.model, short, folder / "out", workers=1, threads=1, shard_size=1 << 40)
    tiny = made.write(folder / "tiny.jsonl", size.shards, SHORT)
    n_bytes = -(-tiny.stat().st_size // size.shards)
    many = run(made.model, tiny, clear(folder / "out"), workers=1, threads=1, shard_size=n_bytes)
    found: Found = {}
    for who, memory in {"worker": one["memory"], "driver": many["memory"]}.items():
        early, peak = memory["early"][who], memory["peak"][who]
        found[f"memory.{who}.first_megabytes"] = [early]
        found[f"memory.{who}.peak_megabytes"] = [peak]
        found[f"memory.{who}.growth"] = [peak / early - 1]
    found["memory.shards"] = [float(many["shards"])]
    return found


MEASURES: Final[Mapping[str, Callable[[Made, Size, Path], Found]]] = {
    "overhead": overhead,
    "workers": workers,
    "gpu": gpu,
    **{f"kills_{victim}": partial(kills, victim=victim) for victim in KILLS},
    "memory": memory,
}


def _ratios(slow: Sequence[float], fast: Sequence[float]) -> list[float]:
    return [a / b for a, b in zip(slow, fast, strict=True)]


EXPERIMENT: Final = Experiment(
    question="What does it cost to tag millions of documents, and what does a job survive?",
    corpus="invented documents of 20 to 600 words",
    results=Path(__file__).parent / "results.json",
    sizes=SIZES,
    measures=MEASURES,
    threads=2,
    packages=("pyarrow", *(["ray"] if find_spec("ray") else [])),
)


if __name__ == "__main__":
    EXPERIMENT.run(__doc__)
