"""Golden outputs: what small models predict, byte for byte, before and after code is moved.

    python -m experiments.house.golden write DIR      with the code that is known to be right
    python -m experiments.house.golden compare DIR    with the code that is to do the same

`write` trains four small models on tiny-news and keeps what they predict. `compare` loads the
models that `write` trained, trains the same ones again, and says which predictions differ.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

import nerlink

TINY_NEWS = Path(__file__).parents[2] / "corpora" / "tiny-news"

SMALL = {"data": [{"corpus": str(TINY_NEWS)}], "training": {"epochs": 3, "batch_tokens": 300}}

RECIPES: Mapping[str, Mapping[str, Any]] = {
    "joint": SMALL,
    "ner": {**SMALL, "tasks": ["ner"]},
    "nel": {
        **SMALL,
        "tasks": ["nel"],
        "kb": {"candidates": ["exact", "normalised"], "fill": ["partial"]},
        "linker": {"threshold": 0.2, "candidate_dropout": 0.1},
    },
    "classic": {
        **SMALL,
        "tasks": ["ner"],
        "encoder": {"freeze": True, "store": "memory", "layers": [-2, -1], "static": "encoder"},
        "tagger": {"rnn": 32, "hidden": 0, "crf": True},
    },
}
"""Both tasks, each alone, and Flair's classic recipe on a frozen encoder."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("act", choices=["write", "compare"])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)  # sums of several threads may come out otherwise
    if options.act == "write":
        for name in RECIPES:
            train(name, options.folder / name)
            (options.folder / f"{name}.jsonl").write_text(predictions(options.folder / name))
        return
    same = [compare(options.folder, name) for name in RECIPES]
    sys.exit(not all(same))


def train(name: str, folder: Path) -> None:
    nerlink.train(nerlink.Config(**RECIPES[name]), folder)


def compare(folder: Path, name: str) -> bool:
    """Whether a model's predictions are the golden ones, loaded and trained again."""
    golden = (folder / f"{name}.jsonl").read_text()
    loaded = predictions(folder / name) == golden
    with tempfile.TemporaryDirectory() as place:
        train(name, Path(place) / name)
        trained = predictions(Path(place) / name) == golden
    print(f"{name}: loaded {'equal' if loaded else 'DIFFERENT'}", end=", ")
    print(f"trained again {'equal' if trained else 'DIFFERENT'}", flush=True)
    return loaded and trained


def predictions(folder: Path) -> str:
    """What a model finds in all precisions, and why it links as it does: lines of JSON."""
    gold = nerlink.read(TINY_NEWS / "test.jsonl")
    lines = []
    for precision in ("fp32", "bf16"):
        pipeline = nerlink.Pipeline.load(folder, device="cpu", precision=precision)
        if "ner" in pipeline.info()["tasks"]:
            lines += [repr(doc.mentions) for doc in pipeline(gold)]
        if "nel" in pipeline.info()["tasks"]:
            linked = list(pipeline.link_only(gold))
            lines += [repr(doc.mentions) for doc in linked]
            lines += [str(pipeline.explain(doc, doc.mentions[0])) for doc in linked[:3]]
    lines.append(json.dumps(dict(pipeline.info()["scores"]), sort_keys=True))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
