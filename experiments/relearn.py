"""What parts of learning to link bring: a configuration is trained again without each one.

    python experiments/relearn.py learning --seed 1 --seed 2 --seed 3

A model is scored on the development documents as experiments/run.py scores it. Finished runs are
not done again. The result goes to experiments/NAME/relearnt.json after each seed, and a table to
its README.
"""

import argparse
import json
import random
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

import run
import table

from nerlink import NIL, Candidate
from nerlink.config import Config, Section, load_config
from nerlink.models.linker.candidates import CandidateSet
from nerlink.models.linker.linker import Linker
from nerlink.models.passages import Example, TokenSpan

MEASURES = (
    "ner.f1",
    "linking.inkb.f1",
    "linking.disambiguation",
    "linking.ranking",
    "linking.unseen",
    "linking.nil.f1",
    "linking.ece",
)
N_NEGATIVES = 10
"""Of a mention that learns from entities of other mentions."""

GoldCandidates = tuple[list[CandidateSet], list[tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of learning, and how to do without it.

    Args:
        settings: What is set otherwise, by section.
        methods: What the linker does otherwise while it learns, by the name of the method.
    """

    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    methods: dict[str, Callable[..., Any]] = field(default_factory=dict)


def _in_batch(
    linker: Linker, spans: Sequence[TokenSpan], found: Sequence[CandidateSet]
) -> GoldCandidates:
    """The gold entity among those of other mentions in the step."""
    known = {span.entity for span in spans if linker.lookup.row(span.entity or NIL) >= 0}
    asked, targets = [], []
    for span in spans:
        others = sorted(known - {span.entity})
        entities = random.sample(others, min(N_NEGATIVES, len(others)))
        if span.entity in known:
            entities.append(span.entity)
        asked.append([Candidate(entity=entity) for entity in entities])
        targets.append((len(entities) if span.entity in known else 0,))
    sets = linker.lookup._candidate_sets([one.surface for one in found], asked)
    pairs = zip(sets, found, strict=True)
    return [replace(one, lenders=before.lenders) for one, before in pairs], targets


def _only_listed(
    linker: Linker,  # noqa: ARG001
    spans: Sequence[TokenSpan],
    found: Sequence[CandidateSet],
) -> GoldCandidates:
    """The candidates as they are listed: `NIL` where the gold entity is not among them."""
    pairs = zip(spans, found, strict=True)
    places = [c.entities.index(s.entity) + 1 if s.entity in c.entities else 0 for s, c in pairs]
    return list(found), [(place,) for place in places]


def _links_alone(learn: Callable[..., Any]) -> Callable[..., Any]:
    """Learning from mentions that have a link; annotated `NIL` teaches nothing."""

    def loss(linker: Linker, vectors: Any, labels: Any, examples: Sequence[Example]) -> Any:
        return learn(linker, vectors, labels, [_unlinked(example) for example in examples])

    return loss


def _unlinked(example: Example) -> Example:
    spans = tuple(
        span._replace(entity=None) if span.entity == NIL else span for span in example.spans
    )
    return replace(example, spans=spans, whole=example.whole or example)


PARTS = {
    "the whole": Part(),
    "without hard negatives: entities of other mentions in the step": Part(
        methods={"gold_candidates": _in_batch}
    ),
    "gold entity not added to lists that lack it": Part(methods={"gold_candidates": _only_listed}),
    "annotated NIL not learnt": Part(methods={"loss": _links_alone(Linker.loss)}),
    "gold entity dropped from one list in ten": Part(
        settings={"linker": {"candidate_dropout": 0.1}}
    ),
    "without memory dropout": Part(settings={"linker": {"memory_dropout": 0.0}}),
    "texts encoded once an epoch": Part(settings={"training": {"refresh_steps": 1_000_000}}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a folder in experiments/")
    parser.add_argument("--seed", type=int, action="append", help="each, 1 if not given")
    options = parser.parse_args()
    folder = table.ROOT / "experiments" / options.name
    config = load_config(folder / "config.toml")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in PARTS}
    seeds: list[int] = []
    for seed in options.seed or [1]:
        seeded = config.model_copy(update={"seed": seed})
        for name, part in PARTS.items():
            print(f"seed {seed}: {name}", flush=True)
            folder_name = f"seed-{seed}" if part == Part() else f"{slug(name)}-seed-{seed}"
            model = table.ROOT / "runs" / options.name / folder_name
            with ExitStack() as stack:
                for method, other in part.methods.items():
                    stack.enter_context(mock.patch.object(Linker, method, other))
                scores, _, made = run.run(changed(seeded, part), model)
            found[name].append({measure: scores["dev"][measure] for measure in MEASURES})
        seeds.append(seed)
        result = {
            "split": "dev",
            "seeds": seeds,
            "scores": {
                name: run.summarise([{"": one} for one in runs])[""] for name, runs in found.items()
            },
            **made,
        }
        text = json.dumps(result, indent=2, ensure_ascii=False)
        (folder / "relearnt.json").write_text(text + "\n", encoding="utf8")
        table.write_all()


def slug(name: str) -> str:
    """A name as that of a folder."""
    return re.sub(r"\W+", "-", name)


def changed(config: Config, part: Part) -> Config:
    """The configuration with what a part sets otherwise."""
    sections: dict[str, Section] = {
        name: getattr(config, name).model_copy(update=values)
        for name, values in part.settings.items()
    }
    return config.model_copy(update=sections)


if __name__ == "__main__":
    main()
