"""What parts of a trained model bring: it is scored again with each one taken out.

    python experiments/ablate.py aida-joint --seed 1

Parts that can be left out at inference are left out there; nothing is trained. Temperature and
second look are fitted on one half of the development documents and scored on the other, and the
other way round, so that nothing is scored where it was fitted. The result goes to
experiments/NAME/ablation.json and a table to its README.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import table
import torch
from scoring import bare, documents, seen_entities

from nerlink import Document, Pipeline, evaluate
from nerlink.config import Config, load_config
from nerlink.evaluation import evaluate_links
from nerlink.kb import Exact
from nerlink.models.linker.candidates import CandidateSet
from nerlink.models.linker.counts import NO_ROW, TrainingCounts
from nerlink.models.linker.features import FEATURES, NAME_FEATURES, NIL_FEATURES
from nerlink.models.linker.linker import Linker
from nerlink.training.calibrate import calibrate

FOUND = ("ner.f1", "linking.inkb.f1")
"""Measures of mentions and links that the model found."""

GIVEN = ("linking.disambiguation", "linking.unseen", "linking.ece")
"""Measures of links on gold mentions."""


def _without_features(
    names: Sequence[str],
    nil_names: Sequence[str] = (),
    *,
    known: Callable[[CandidateSet], CandidateSet] | None = None,
) -> Callable[[Linker], None]:
    """Features away, and what is known of candidates away from the features that stay."""

    def change(linker: Linker) -> None:
        if known is not None:
            look_up = linker.lookup.of_mentions
            linker.lookup.of_mentions = lambda mentions: list(map(known, look_up(mentions)))
        for curves, every, dropped in (
            (linker.curves, FEATURES, names),
            (linker.nil_curves, NIL_FEATURES, nil_names),
        ):
            columns = [every.index(name) for name in dropped]
            with torch.no_grad():
                curves.weight[columns] = 0
                curves.height[columns] = 0

    return change


def _without_memory(linker: Linker) -> None:
    with torch.no_grad():
        linker.prototypes.memory.weight.zero_()


def _without_text(linker: Linker) -> None:
    text = linker.prototypes.text
    linker.prototypes.set_text(torch.zeros_like(text), version=linker.prototypes.version)


def _without_second_look(linker: Linker) -> None:
    linker.config = linker.config.model_copy(update={"second_look": False})


def _in_precision(precision: str) -> Callable[[Linker], None]:
    return lambda linker: linker.embeddings.set_precision(precision)


def _without_fuller_names(linker: Linker) -> None:
    linker.lookup._fuller = lambda *_: {}


def _exact_candidates(linker: Linker) -> None:
    linker.lookup.generator = Exact(linker.lookup.kb)
    _without_fuller_names(linker)


def _uncounted(candidates: CandidateSet) -> CandidateSet:
    lenders = [
        one and replace(one, rows=np.full_like(one.rows, NO_ROW)) for one in candidates.lenders
    ]
    return replace(candidates, counts=np.zeros_like(candidates.counts), lenders=tuple(lenders))


def _unpopular(candidates: CandidateSet) -> CandidateSet:
    return replace(candidates, popularity=np.zeros_like(candidates.popularity))


def _unnamed(candidates: CandidateSet) -> CandidateSet:
    return replace(candidates, names=np.zeros_like(candidates.names))


PRIORS = [name for name in FEATURES[:7] if "popular" not in name]
NIL_COUNTS = [name for name in NIL_FEATURES if "count" in name or name == "log total"]
POPULARITY = [name for name in FEATURES[:7] if "popular" in name]


def _without_counts(linker: Linker) -> None:
    linker.counts = TrainingCounts()
    _without_features(PRIORS, NIL_COUNTS, known=_uncounted)(linker)


PARTS: Mapping[str, Callable[[Linker], None]] = {
    "the whole model": lambda _: None,
    "without the second look": _without_second_look,
    "without priors and counts": _without_counts,
    "without popularity": _without_features(POPULARITY, ["best popularity"], known=_unpopular),
    "without names": _without_features(NAME_FEATURES, ["best name"], known=_unnamed),
    "without features of NIL": _without_features((), NIL_FEATURES),
    "without fuller names": _without_fuller_names,
    "without fuller names, exact aliases only": _exact_candidates,
    "without memory": _without_memory,
    "without text": _without_text,
    "in bf16": _in_precision("bf16"),
    "in int8": _in_precision("int8"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a folder in experiments/")
    parser.add_argument("--seed", type=int, default=1, help="the model of this seed")
    options = parser.parse_args()
    folder = table.ROOT / "experiments" / options.name
    config = load_config(folder / "config.toml")
    model = table.ROOT / "runs" / options.name / f"seed-{options.seed}"
    gold = documents(config, "dev")
    seen = seen_entities(config)
    found = {}
    for part, change in PARTS.items():
        start = time.monotonic()
        found[part] = score(model, config, gold, seen, change)
        print(part, found[part], f"{time.monotonic() - start:.0f} s", flush=True)
    made = json.loads((model / "run.json").read_text("utf8"))["made"]
    result = {"split": "dev", "seed": options.seed, "commit": made["commit"], "scores": found}
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (folder / "ablation.json").write_text(text + "\n", encoding="utf8")
    table.write_all()


def score(
    model: Path,
    config: Config,
    gold: Sequence[Document],
    seen: Counter[str],
    change: Callable[[Linker], None],
) -> dict[str, float]:
    """Scores of a changed model, each half of the documents with what the other half fitted."""
    pipeline = Pipeline.load(model, device=config.training.device, precision="fp32")
    linker = pipeline.model.linker
    if linker is None:
        raise SystemExit("only linkers can be taken apart")
    change(linker)
    halves = gold[::2], gold[1::2]
    tagged: dict[int, Document] = {}
    linked: dict[int, Document] = {}
    for number, half in enumerate(halves):
        calibrate(pipeline.model, halves[1 - number])
        positions = range(number, len(gold), 2)
        tagged |= zip(positions, pipeline(half), strict=True)
        linked |= zip(positions, pipeline.link_only(map(bare, half)), strict=True)
    reports = (
        (evaluate(gold, [tagged[i] for i in range(len(gold))]), FOUND),
        (evaluate_links(gold, [linked[i] for i in range(len(gold))], seen=seen), GIVEN),
    )
    return {name: round(report.scores[name], 5) for report, names in reports for name in names}


if __name__ == "__main__":
    main()
