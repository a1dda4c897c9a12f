"""A scripted reviewer, who answers from the gold annotation: how many documents must be read?

    python -m experiments.cold-start.reviewer --size small --seed 1 --seed 2 --seed 3

A model learns from the documents reviewed so far, chooses those to review next, and so on, until
it has nine tenths of the score of a model that learnt from all. Every strategy begins with the same
random documents. What is done stays in runs/, and a run that was interrupted goes on there.
"""

import argparse
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, Final

import torch

from experiments.speed.results import add_results, statistics_of
from nerlink import Config, Document, Pipeline, evaluate, load_config, read, train
from nerlink.config import DataConfig, ModelConfig
from nerlink.corpora.entries import read_entries
from nerlink.corpora.knowledge import make_knowledge_base
from nerlink.selection import STRATEGIES, choose_documents
from nerlink.training.data import Parts
from nerlink.training.reporting import Terminal

__all__ = ["Round", "Size", "documents_until", "main", "rounds_of"]

ROOT: Final = Path(__file__).resolve().parents[2]
RESULTS: Final = Path(__file__).parent / "results.json"
QUESTION: Final = "How good is a model without annotations, and with few?"
GROUP: Final = "reviewer"
MEASURES: Final = {"linking.inkb.f1": "InKB F1", "ner.f1": "NER F1"}
"""The score that decides, and one that is told beside it, with their names; in per cent."""

DECIDES: Final = "InKB F1"

MOST_WEIGHT: Final = 10.0
"""Times that a reviewed document is drawn for a silver one, at most."""

ENOUGH: Final = 0.9
"""Share of the score of all documents at which the reviewer stops."""


UNITS: Final = ("documents", "tokens")
"""What a reviewer reads, counted in two ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is learnt and reviewed.

    Args:
        config: Of the experiment in `experiments/` whose corpus and training are used.
        start: Documents reviewed at first.
        growth: Times as many documents in each round as in the one before.
        least: Documents reviewed in each round, at least.
        read: Documents that training reads in all its epochs, at least: a model of ten documents
            would else hardly learn.
        limit: Documents of the pool and of the split that scores; all if `None`.
        stops: Whether rounds end once the score is reached.
    """

    config: str
    start: int
    growth: float
    least: int
    read: int
    limit: int | None = None
    stops: bool = True


SIZES: Final[Mapping[str, Size]] = {
    "toy": Size(config="tiny-news", start=2, growth=2, least=2, read=0, limit=8, stops=False),
    "small": Size(config="tiny-news", start=5, growth=1, least=5, read=600),
    "full": Size(config="aida-joint", start=10, growth=1.5, least=10, read=1500),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A model that learnt from the documents reviewed so far.

    Args:
        ids: The documents, in the order in which they were chosen.
        n_tokens: Words in them.
        scores: Of the model.
    """

    ids: tuple[str, ...]
    n_tokens: int
    scores: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What all rounds of a seed share.

    Args:
        config: With the seed.
        size: How much is learnt.
        pool: Annotated documents by id, from which the reviewer answers.
        dev: Annotated documents that models are scored on.
        silver: Documents that every model learns from, until they are reviewed.
        base: The file of the knowledge base.
        folder: Of what is done.
    """

    config: Config
    size: Size
    pool: Mapping[str, Document]
    dev: Sequence[Document]
    silver: Sequence[Document]
    base: Path
    folder: Path

    def learn(self, ids: Sequence[str], folder: Path) -> Round:
        """The round of some reviewed documents; its model is in the folder."""
        done = folder / "round.json"
        if done.is_file():
            record = json.loads(done.read_text("utf8"))
            return Round(**record | {"ids": tuple(record["ids"])})
        gold = [self.pool[name] for name in ids]
        reviewed = {doc.text for doc in gold}
        silver = [doc for doc in self.silver if doc.text not in reviewed]
        weight = min(MOST_WEIGHT, max(1.0, len(silver) / len(gold)))
        n_read = weight * len(gold) + len(silver)
        epochs = max(self.config.training.epochs, ceil(self.size.read / n_read))
        training = self.config.training.model_copy(update={"epochs": epochs})
        config = self.config.model_copy(update={"training": training})
        # Without documents to choose the best epoch on, which a reviewer would have to annotate.
        parts = Parts([(gold, DataConfig(weight=weight))])
        if silver:
            parts.append((silver, DataConfig()))
        model = train(config, folder, train=parts, dev=[], kb=self.base, reporter=Terminal())
        report = evaluate(self.dev, model.pipeline(self.dev))
        found = Round(
            ids=tuple(ids),
            n_tokens=sum(len(doc.text.split()) for doc in gold),
            scores={name: 100 * report.scores[key] for key, name in MEASURES.items()},
        )
        record = {"ids": found.ids, "n_tokens": found.n_tokens, "scores": found.scores}
        done.write_text(json.dumps(record, indent=1), encoding="utf8")
        return found

    def next_ids(self, ids: Sequence[str], strategy: str, model: Path, n: int) -> list[str]:
        """The documents to review next, as a person would be asked for them: without answers."""
        texts = [replace(doc, mentions=(), meta={}) for doc in self.pool.values()]
        chosen = choose_documents(
            Pipeline.load(model, device=self.config.training.device),
            texts,
            n=n,
            strategy=strategy,  # type: ignore[arg-type]
            exclude=[self.pool[name] for name in ids],
            seed=self.config.seed,
        )
        return [str(doc.id) for doc in chosen.documents]


def rounds_of(review: Review, strategy: str, enough: float) -> Iterator[Round]:
    """The rounds of a strategy, until a score is enough or all documents are reviewed."""
    ids = Random(review.config.seed).sample(sorted(review.pool), review.size.start)
    folder = review.folder / strategy / str(len(ids))
    while True:
        found = review.learn(ids, folder)
        print(f"{strategy}: {len(ids)} documents, {found.scores}", flush=True)
        yield found
        is_enough = review.size.stops and found.scores[DECIDES] >= enough
        n = max(review.size.least, ceil(len(ids) * (review.size.growth - 1)))
        after = [] if is_enough else more(review, found, strategy, folder, n)
        if not after:
            return
        ids = [*ids, *after]
        before, folder = folder, review.folder / strategy / str(len(ids))
        review.learn(ids, folder)
        for path in before.iterdir():  # models are large: the last one is all that is needed
            if path.name not in ("round.json", "next.json"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def more(review: Review, found: Round, strategy: str, folder: Path, n: int) -> list[str]:
    """The documents to review after a round, written down beside it."""
    path = folder / "next.json"
    if not path.is_file():
        ids = review.next_ids(found.ids, strategy, folder, n)
        path.write_text(json.dumps(ids), encoding="utf8")
    return list(json.loads(path.read_text("utf8")))


def documents_until(rounds: Sequence[Round], enough: float, unit: str = "documents") -> float:
    """Documents or tokens reviewed until a score was reached; between two rounds by their line.

    Args:
        rounds: In order.
        enough: The score.
        unit: `documents` or `tokens`.

    Returns:
        All that were reviewed, where the score was not reached.
    """
    points = [
        (len(one.ids) if unit == "documents" else one.n_tokens, one.scores[DECIDES])
        for one in rounds
    ]
    if points[0][1] >= enough:
        return points[0][0]
    for (n, score), (more_n, more_score) in pairwise(points):
        if more_score >= enough:
            return n + (more_n - n) * (enough - score) / (more_score - score)
    return points[-1][0]


def measure(review: Review, strategies: Sequence[str]) -> dict[str, float]:
    """What a seed found: the whole, each strategy's curve, and how much was read until enough."""
    whole = review.learn(sorted(review.pool), review.folder / "whole")
    print(f"all {len(whole.ids)} documents: {whole.scores}", flush=True)
    enough = ENOUGH * whole.scores[DECIDES]
    found = {f"{name}, all documents": score for name, score in whole.scores.items()}
    until: dict[tuple[str, str], float] = {}
    for strategy in strategies:
        rounds = list(rounds_of(review, strategy, enough))
        for one in rounds:
            for name, score in one.scores.items():
                found[f"{name}, {len(one.ids)} documents, {strategy}"] = score
        for unit in UNITS:
            until[unit, strategy] = documents_until(rounds, enough, unit)
    found |= {f"{unit} until {ENOUGH:.0%}, {one}": n for (unit, one), n in until.items()}
    for (unit, strategy), n in until.items():
        if strategy != "random" and "random" in strategies:
            name = f"{unit} until {ENOUGH:.0%}, {strategy}, random = 1"
            found[name] = n / until[unit, "random"]
    return found


def reviews(options: argparse.Namespace) -> Iterator[Review]:
    """What is to be done, a seed at a time."""
    size = SIZES[options.size]
    name = options.config or size.config
    config = load_config(ROOT / "experiments" / name / "config.toml")
    if options.encoder:
        encoder = config.encoder.model_copy(update={"model": options.encoder})
        config = config.model_copy(update={"encoder": encoder})
    if options.from_:
        config = config.model_copy(update={"model": ModelConfig(from_=options.from_)})
    changes = {"device": options.device} | ({"epochs": options.epochs} if options.epochs else {})
    config = config.model_copy(update={"training": config.training.model_copy(update=changes)})
    pool, dev = (
        [doc for docs, _ in read_entries(config.data, split) for doc in docs][: size.limit]
        for split in ("train", "dev")
    )
    folder = options.runs / "-".join([name, options.size, *beside(options)])
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / "kb.sqlite"
    make_knowledge_base(config, base, pool).close()
    for seed in options.seed or [1]:
        yield Review(
            config=config.model_copy(update={"seed": seed}),
            size=size,
            pool={str(place): replace(doc, id=str(place)) for place, doc in enumerate(pool)},
            dev=dev,
            silver=read(options.silver) if options.silver else (),
            base=base,
            folder=folder / f"seed-{seed}",
        )


def beside(options: argparse.Namespace) -> list[str]:
    """What models learn from beside reviewed documents, in a word each."""
    started = [f"from {Path(options.from_).name}"] if options.from_ else []
    return [*(["silver"] if options.silver else []), *started]


def main(arguments: Sequence[str] | None = None) -> None:
    """Review, and write what was found beside what other programs found."""
    options = parsed(arguments)
    torch.set_num_threads(options.threads)
    done = list(reviews(options))
    found = [measure(review, options.strategy or STRATEGIES) for review in done]
    # Seeds stop at different rounds, so that not every point of a curve is of all of them.
    names = dict.fromkeys(name for one in found for name in one)
    scores = {name: statistics_of([one[name] for one in found if name in one]) for name in names}
    for name, score in scores.items():
        print(f"{name}: {score['mean']:.3f} ± {score['sd']:.3f} ({score['n']})")
    write(options.output, done[0].config, options, scores)


def write(path: Path, config: Config, options: argparse.Namespace, scores: dict[str, Any]) -> None:
    """Put the scores among those that the file has."""
    corpus = SIZES[options.size].config if options.config is None else options.config
    add_results(
        path,
        ", ".join([GROUP, corpus, *beside(options)]),
        scores,
        question=QUESTION,
        corpus="aida, tiny-news, ncbi-disease",
        encoder=config.encoder.model,
        threads=options.threads,
    )


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", choices=tuple(SIZES), default="full")
    parser.add_argument("--config", metavar="NAME", help="another experiment in experiments/")
    parser.add_argument("--seed", type=int, action="append", help="each, 1 if not given")
    parser.add_argument("--strategy", choices=STRATEGIES, action="append", help="all if not given")
    parser.add_argument("--silver", type=Path, help="documents that are learnt until reviewed")
    parser.add_argument(
        "--from", dest="from_", metavar="MODEL", help="a trained model that each round starts from"
    )
    parser.add_argument("--encoder", help="in place of the configuration's")
    parser.add_argument("--epochs", type=int, help="in place of the configuration's")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "cold-start" / "reviewer")
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
