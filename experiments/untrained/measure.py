"""A knowledge base and an encoder alone: what names find, and what the prior and closeness link.

    python -m experiments.untrained.measure tiny-news mercury aida

All annotated documents of a corpus are scored, but of AIDA those of `dev` alone: nothing is learnt.
"""

import argparse
import copy
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import torch

from experiments.speed.results import statistics_of, write_results
from nerlink import Config, Document, Pipeline, evaluate
from nerlink.config import DataConfig
from nerlink.corpora import find_corpus, load_split
from nerlink.corpora.cards import read_card
from nerlink.corpora.knowledge import make_knowledge_base
from nerlink.models.linker.features import FEATURES
from nerlink.models.linker.linker import Linker
from nerlink.models.linker.second_look import N_CALIBRATION

__all__ = ["main"]

QUESTION: Final = "How well are names found and linked without any training?"
RESULTS: Final = Path(__file__).parent / "results.json"
FOUND: Final = (
    *("ner.f1", "ner.precision", "ner.recall"),
    *("linking.inkb.f1", "linking.inkb.precision", "linking.inkb.recall"),
)
GIVEN: Final = ("linking.disambiguation", "linking.ece", "candidates.recall")
PARTS: Final[Mapping[str, Mapping[str, float]]] = {
    "prior alone": {"closeness": 0, "fuller names": 0, "rest": 0},
    "closeness alone": {"prior": 0, "fuller names": 0, "rest": 0},
    "prior and closeness": {"fuller names": 0, "rest": 0},
    "without fuller names": {"fuller names": 0},
    "without the rest of the document": {"rest": 0},
    **{
        f"closeness times {factor:g}": {"closeness": factor}
        for factor in (0.25, 0.5, 0.75, 1.5, 2, 4)
    },
    "fuller names times 2": {"fuller names": 2},
    "rest of the document times 2": {"rest": 2},
}
"""Factors on the parts of the score; 1 where none is named."""

SPLITS: Final[Mapping[str, Sequence[str]]] = {"aida": ("dev",)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpora", nargs="*", default=["tiny-news", "mercury", "aida"])
    parser.add_argument("--encoder", default=Config().encoder.model)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    for corpus in options.corpora:
        name = Path(corpus).name
        with tempfile.TemporaryDirectory() as scratch:
            start = time.perf_counter()
            pipeline = pipeline_of(corpus, Path(scratch), options.encoder)
            made = time.perf_counter()
            found = dict(measures(pipeline, documents_of(corpus)))
            took = {"pipeline": made - start, "measures": time.perf_counter() - made}
        for measure, value in found.items():
            print(f"{name}: {measure} {value:.4f}", flush=True)
        report(options.output, name, found, took, options.encoder)


def report(
    path: Path, corpus: str, found: Mapping[str, float], took: Mapping[str, float], encoder: str
) -> None:
    """Write the measures of a corpus beside those of others, which were measured before."""
    before = json.loads(path.read_text("utf8")) if path.is_file() else {}
    scores = before.get("scores", {}) | {
        corpus: {measure: statistics_of([value]) for measure, value in found.items()}
    }
    seconds = {f"{corpus}: {what}": round(value, 1) for what, value in took.items()}
    write_results(
        path,
        question=QUESTION,
        corpus=", ".join(scores),
        encoder=encoder,
        scores=scores,
        seconds=before.get("seconds", {}) | seconds,
        threads=torch.get_num_threads(),
        packages=["nerlink", "flair", "torch", "transformers"],
    )


def pipeline_of(corpus: str, scratch: Path, encoder: str) -> Pipeline:
    """A pipeline of the entities of a corpus; links of its documents are counted nowhere."""
    config = Config(data=(DataConfig(corpus=corpus),))
    make_knowledge_base(config, scratch / "kb.sqlite").close()
    return Pipeline.from_kb(scratch / "kb.sqlite", encoder=encoder)


def documents_of(corpus: str) -> list[Document]:
    """The documents that are scored."""
    card = read_card(find_corpus(corpus))
    splits = SPLITS.get(corpus, tuple(card.splits))
    return [doc for split in splits for doc in load_split(corpus, split)]


def measures(pipeline: Pipeline, documents: list[Document]) -> Iterator[tuple[str, float]]:
    """Scores end to end, then of given mentions: as the pipeline links, and by parts of that."""
    linker = pipeline.model.linker
    if linker is None:
        return
    # Each document is encoded once for all measures: no weight of the encoder changes, and what
    # shapes of tokens add to its input is nothing before training.
    pipeline.model.encoder.shape_inputs = None
    with pipeline.model.encoder.keep_vectors():
        report = evaluate(documents, pipeline(documents))
        yield from ((name, report.scores[name]) for name in FOUND if name in report.scores)
        report = evaluate(documents, pipeline.link_only(documents))
        yield from ((name, report.scores[name]) for name in GIVEN if name in report.scores)
        for name, factors in PARTS.items():
            with weighed(linker, factors):
                linked = list(pipeline.stream(documents, link_only=True, threshold=0))
            scored = evaluate(documents, linked).scores
            yield f"given mentions: {name}", 100 * scored["linking.disambiguation"]


@contextmanager
def weighed(linker: Linker, factors: Mapping[str, float]) -> Iterator[None]:
    """A linker with factors on the parts of its score, within the context."""
    weights = {
        "prior": linker.curves.weight[FEATURES.index("log prior")],
        "fuller names": linker.curves.weight[FEATURES.index("prior of a fuller name")],
        "closeness": linker.query.weight,
        "rest": linker.second_look.weights[1, N_CALIBRATION:],
    }
    before = copy.deepcopy(linker.state_dict())
    with torch.no_grad():
        for part, factor in factors.items():
            weights[part].mul_(factor)
    try:
        yield
    finally:
        linker.load_state_dict(before)


if __name__ == "__main__":
    main()
