"""From names and raw texts to a model, and what a few annotated documents add.

    python -m experiments.cold-start.curves aida --seed 1 --seed 2 --seed 3

The names of a base are found in the texts of a corpus whose annotation nobody looks at. A model
learns from what was found. Then it learns from a few documents with their annotation, drawn by
chance or chosen by `nerlink select`, and beside it a model learns from the same documents alone.
What is done stays in runs/, and a run that was interrupted goes on there.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from random import Random
from typing import Final

import torch

from experiments.speed.results import add_results, statistics_of
from nerlink import Config, Document, Entity, KnowledgeBase, Mention, Pipeline, evaluate
from nerlink.config import KnowledgeBaseConfig
from nerlink.corpora.entries import read_entries
from nerlink.corpora.knowledge import make_knowledge_base
from nerlink.data import NIL
from nerlink.matching import Matcher
from nerlink.selection import choose_documents
from nerlink.training import train
from nerlink.training.reporting import Terminal
from nerlink.training.silver import SilverOptions, silver_config, train_silver

__all__ = ["CORPORA", "Corpus", "borders", "linked_by_prior", "main"]

ROOT: Final = Path(__file__).resolve().parents[2]
RESULTS: Final = Path(__file__).parent / "results.json"
QUESTION: Final = "How good is a model without annotations, and with few?"
ANY: Final = "ENT"
"""The one label of a corpus whose base says nothing of the types of its entities."""

CANDIDATES: Final = ("normalised", "acronym", "fuzzy")
"""Who knows candidates of names that a base of few names lacks."""

BATCH_TOKENS: Final = 500
"""Tokens in a step of training on gold documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What is learnt from.

    Args:
        name: Of the corpus.
        texts: Documents whose texts are read; all if `None`.
        gold: Numbers of annotated documents.
        over: Whether models learn from these over silver, too.
        read: Documents that training on gold reads in all its epochs, about.
        types: Whether the base has the types that the annotation uses.
        names: Of a corpus without a base: how many names of an entity its base has, the most
            frequent first; all if 0. `None` where the corpus brings a base.
        aliases: Whether entities of a base that the corpus brings keep their aliases, or have their
            name alone, as it is and without what tells it from others.
    """

    name: str
    texts: int | None = None
    gold: tuple[int, ...] = ()
    over: bool = True
    read: int = 300
    types: bool = False
    names: int | None = None
    aliases: bool = False


CORPORA: Final[Mapping[str, Corpus]] = {
    "aida": Corpus(name="aida", texts=300, gold=(10, 30, 100)),
    "aida-aliases": Corpus(name="aida", texts=300, aliases=True),
    "tiny-news": Corpus(name="tiny-news", aliases=True, types=True, gold=(110,), read=660),
    "ncbi-disease": Corpus(
        name="ncbi-disease", texts=200, names=1, gold=(200,), over=False, read=600
    ),
    "ncbi-disease-synonyms": Corpus(name="ncbi-disease", texts=200, names=0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What there is before anything is learnt.

    Args:
        corpus: What is learnt from.
        config: With the seed.
        pool: Documents with their annotation.
        dev: Documents that models are scored on.
        base: The file of the knowledge base.
        folder: Of what is done.
        rounds: Of silver training, which is measured without any as well.
    """

    corpus: Corpus
    config: Config
    pool: Sequence[Document]
    dev: Sequence[Document]
    base: Path
    folder: Path
    rounds: int

    def texts(self) -> list[Document]:
        """The pool without its annotation."""
        return [replace(doc, mentions=(), meta={}) for doc in self.pool]

    def score(self, found: Iterable[Document]) -> dict[str, float]:
        """Scores of the development documents, in per cent."""
        found = list(found)
        report = evaluate(self.dev, found)
        only_borders = evaluate(borders(self.dev), borders(found))
        either = evaluate(borders(self.dev, all_=True), borders(found, all_=True))
        return {
            "borders, F1": 100 * either.scores["linking.inkb.f1"],
            "borders of linked mentions, F1": 100 * only_borders.scores["linking.inkb.f1"],
            "InKB F1": 100 * report.scores["linking.inkb.f1"],
        } | ({"NER F1": 100 * report.scores["ner.f1"]} if self.corpus.types else {})

    def learnt(self, name: str, learn: Callable[[Path], Pipeline]) -> dict[str, float]:
        """Scores of a model that is learnt into a folder of its own, once."""
        done = self.folder / f"{name}.json"
        if not done.is_file():
            pipeline = learn(self.folder / name)
            scores = self.score(pipeline(self.dev))
            done.write_text(json.dumps(scores, indent=1), encoding="utf8")
        scores = json.loads(done.read_text("utf8"))
        print(name, scores, flush=True)
        return dict(scores)


def borders(documents: Iterable[Document], *, all_: bool = False) -> list[Document]:
    """Documents with the borders of their linked mentions alone: all have the same link.

    Args:
        documents: The documents.
        all_: Take mentions without a link, too.
    """
    return [
        replace(
            doc,
            mentions=tuple(
                Mention(start=m.start, end=m.end, entity="any")
                for m in doc.mentions
                if all_ or m.entity not in (None, NIL)
            ),
        )
        for doc in documents
    ]


def linked_by_prior(documents: Iterable[Document]) -> list[Document]:
    """Documents whose mentions are linked to their likeliest candidates, before any context."""
    return [
        replace(
            doc,
            mentions=tuple(
                replace(m, entity=m.candidates[0].entity if m.candidates else m.entity)
                for m in doc.mentions
            ),
        )
        for doc in documents
    ]


def measure(start: Start) -> dict[str, float]:
    """All scores of a seed."""
    found: dict[str, dict[str, float]] = {}
    with KnowledgeBase.open(start.base) as kb:
        matcher = Matcher(kb)
        texts = matcher.survey(start.texts())  # as `nerlink annotate` does
        marked = [_labelled(start, doc) for doc in matcher.stream(texts)]
        matched = [_labelled(start, doc) for doc in matcher.stream(start.dev)]
    found["plain match"] = start.score(linked_by_prior(matched))
    print("plain match", found["plain match"], flush=True)
    from_kb = Pipeline.from_kb(start.base, encoder=start.config.encoder.model)
    found["from_kb"] = start.score(from_kb(start.dev))
    print("from_kb", found["from_kb"], flush=True)
    silver = start.folder / "silver"
    found["silver"] = start.learnt("silver", lambda folder: _silver(start, marked, folder, 0))
    if rounds := start.rounds:
        found[f"silver, rounds: {rounds}"] = start.learnt(
            f"silver-{rounds}", lambda folder: _silver(start, marked, folder, rounds)
        )
    for n in start.corpus.gold:
        by_chance = Random(f"{start.config.seed} gold").sample(range(len(start.pool)), n)
        found[f"gold alone, {n}"] = start.learnt(
            f"gold-{n}", lambda folder, some=by_chance: _gold(start, some, folder)
        )
        if not start.corpus.over:
            continue
        found[f"gold over silver, {n}, random"] = start.learnt(
            f"random-{n}", lambda folder, some=by_chance: _gold(start, some, folder, silver)
        )
        if n < len(start.pool):
            chosen = _chosen(start, n, silver)
            found[f"gold over silver, {n}, select"] = start.learnt(
                f"select-{n}", lambda folder, some=chosen: _gold(start, some, folder, silver)
            )
    return {f"{name}: {key}": one for name, scores in found.items() for key, one in scores.items()}


def _labelled(start: Start, doc: Document) -> Document:
    """A document whose mentions have the one label, where the base has no types."""
    if start.corpus.types:
        return doc
    return replace(doc, mentions=tuple(replace(m, label=ANY) for m in doc.mentions))


def _silver(start: Start, marked: Sequence[Document], folder: Path, rounds: int) -> Pipeline:
    config = silver_config(start.config, marked)
    options = SilverOptions(rounds=rounds)
    result = train_silver(config, folder, silver=marked, options=options, reporter=Terminal())
    return result.training.pipeline


def _gold(
    start: Start, places: Sequence[int], folder: Path, silver: Path | None = None
) -> Pipeline:
    """A model that learnt from some annotated documents, from the start or from another model."""
    gold = [_labelled(start, start.pool[place]) for place in places]
    epochs = max(3, ceil(start.corpus.read / len(gold)))
    # Steps as small as a few documents need; all models take as many.
    training = start.config.training.model_copy(
        update={"epochs": epochs, "batch_tokens": BATCH_TOKENS}
    )
    config = start.config.model_copy(update={"training": training})
    if silver:
        config = config.model_copy(
            update={"model": config.model.model_copy(update={"from_": str(silver)})}
        )
    result = train(config, folder, train=gold, dev=[], reporter=Terminal())
    return result.pipeline


def _chosen(start: Start, n: int, silver: Path) -> list[int]:
    """The documents that a model would ask for, chosen without a look at their annotation."""
    texts = [replace(doc, id=str(place)) for place, doc in enumerate(start.texts())]
    asked = choose_documents(Pipeline.load(silver), texts, n=n, seed=start.config.seed)
    return [int(doc.id or 0) for doc in asked.documents]


def make_base(corpus: Corpus, config: Config, train: Sequence[Document], path: Path) -> None:
    """The base of a corpus: names alone, with no count of how often they mean what."""
    if path.is_file():
        return
    if corpus.names is not None:
        KnowledgeBase.create(path, _entities_in(train, corpus.names or None)).close()
        return
    whole = path.with_name("whole.sqlite")
    with make_knowledge_base(config, whole, []) as kb:
        entities = [
            one if corpus.aliases else replace(one, aliases={_BEHIND.sub("", one.name): 0})
            for one in kb.entities()
        ]
    KnowledgeBase.create(path, entities).close()
    whole.unlink()


_BEHIND: Final = re.compile(r"(,| \().*$")
"""What tells titles of Wikipedia apart: Paris, Texas; Jordan (name)."""


def _entities_in(train: Iterable[Document], n_names: int | None) -> list[Entity]:
    """The entities that documents link to, with the names that they call them by."""
    surfaces: dict[str, Counter[str]] = defaultdict(Counter)
    for doc in train:
        for mention in doc.mentions:
            if mention.entity not in (None, NIL):
                surfaces[str(mention.entity)][" ".join(doc.surface(mention).split())] += 1
    return [
        Entity(
            id=entity,
            name=names.most_common(1)[0][0],
            aliases={one: 0 for one, _ in names.most_common(n_names)},
        )
        for entity, names in surfaces.items()
    ]


def starts(options: argparse.Namespace) -> Iterable[Start]:
    """What is to be done, a seed at a time."""
    corpus = CORPORA[options.corpus]
    config = Config(
        data=({"corpus": corpus.name},),
        encoder={"model": options.encoder},
        training={"device": "cpu"},
    )
    pool, dev = (
        [doc for docs, _ in read_entries(config.data, split) for doc in docs]
        for split in ("train", "dev")
    )
    root = options.runs / options.corpus
    root.mkdir(parents=True, exist_ok=True)
    make_base(corpus, config, pool, root / "kb.sqlite")
    pool = Random("pool").sample(pool, corpus.texts) if corpus.texts else pool
    base = KnowledgeBaseConfig(path=root / "kb.sqlite", candidates=CANDIDATES)
    bare = config.model_copy(update={"data": (), "kb": base})
    for seed in options.seed or [1]:
        folder = root / f"seed-{seed}"
        folder.mkdir(exist_ok=True)
        yield Start(
            corpus=corpus,
            config=bare.model_copy(update={"seed": seed}),
            pool=pool,
            dev=[replace(doc, id=str(place)) for place, doc in enumerate(dev)],
            base=root / "kb.sqlite",
            folder=folder,
            rounds=options.rounds,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Learn, score, and write what was found beside what other programs found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", choices=tuple(CORPORA))
    parser.add_argument("--seed", type=int, action="append", help="each, 1 if not given")
    parser.add_argument("--rounds", type=int, default=0, help="of silver training, beside none")
    parser.add_argument("--encoder", default="sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "cold-start" / "curves")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    found = [measure(start) for start in starts(options)]
    scores = {name: statistics_of([one[name] for one in found]) for name in found[0]}
    add_results(
        options.output,
        f"curves, {options.corpus}",
        scores,
        question=QUESTION,
        corpus="aida, tiny-news, ncbi-disease",
        encoder=options.encoder,
        threads=options.threads,
    )


if __name__ == "__main__":
    main()
