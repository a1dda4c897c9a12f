"""Documents that teach a model most: those that it is unsure of, and that differ from each other.

How unsure a model is of a document is the number of mistakes that it expects in it, divided by the
square root of its length: by their number alone long documents would be chosen, which take long to
read, and by their share short ones, of which it takes many. Documents are taken one by one, the
best first; each is worth the less, the more it is like one that was taken before (maximal marginal
relevance: Carbonell and Goldstein, 1998).
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from random import Random
from typing import Any, Final, Literal, get_args

import numpy as np

from nerlink.data import Document
from nerlink.errors import ConfigError, DataError
from nerlink.lookalikes import did_you_mean
from nerlink.models.doubts import Doubts
from nerlink.pipeline import Pipeline
from nerlink.selection.pool import Pool
from nerlink.words import number_of

__all__ = ["STRATEGIES", "Selection", "Strategy", "choose_documents"]

Strategy = Literal["uncertain", "random"]
STRATEGIES: Final = get_args(Strategy)

SHORTLIST: Final = 20
"""Documents held for each one that is asked for: the most uncertain ones, to choose unlike ones."""

FEW_TOKENS: Final = 50
"""Tokens that a document counts as at least: the shortest texts are not the best by being short."""

LIKENESS: Final = 0.5
"""Weight of likeness. At 1, a document like one that was taken is worth nothing, and what is left
of a pool are short outliers: of 300 news texts, thirty that have fewer mentions than thirty that
are drawn by chance."""

LEAST: Final = 1e-9
"""Least length of a vector that is divided by its length."""

KEY: Final = "selection"
"""Key of `Document.meta` for why a document was chosen."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Documents for a person to annotate, and what became of the others.

    Args:
        documents: The chosen ones, the best first. Their mentions are the model's, a proposal, so
            that they are not `complete`; `meta["selection"]` says why they were chosen.
        pool: Counts the documents that were read and left out.
    """

    documents: tuple[Document, ...]
    pool: Pool

    def notes(self) -> Iterator[str]:
        """What a person should know of the documents that were left out."""
        pool = self.pool
        left_out = (
            (pool.n_annotated, "documents annotated before"),
            (pool.n_repeated, "documents nearly the same as another or an annotated one"),
            (pool.n_blank, "documents without text"),
        )
        found = [number_of(n, words) for n, words in left_out if n]
        if found:
            yield f"left out of {number_of(pool.n_read, 'documents')}: {', '.join(found)}."
        if pool.n_other_text:
            yield (
                f"{number_of(pool.n_other_text, 'documents')} left out by id alone: an annotated "
                "document has the same id and another text. Give documents ids of their own."
            )


def choose_documents(
    pipeline: Pipeline,
    documents: Iterable[Document],
    *,
    n: int = 50,
    strategy: Strategy = "uncertain",
    exclude: Iterable[Document] = (),
    seed: int = 0,
) -> Selection:
    """Choose documents to annotate next.

        chosen = choose_documents(pipeline, read("texts.jsonl"), n=50)
        write(chosen.documents, "ask.jsonl")

    Held in memory are twenty documents for each one that is asked for, and about a kilobyte for
    each other one, by which its repetitions are known.

    Args:
        pipeline: A trained model. One that links given mentions only is unsure of links alone.
        documents: Any number of them, which are read once.
        n: How many to choose; where fewer are left, all are chosen.
        strategy: `uncertain`, or `random`, with which every other strategy is to be compared.
        exclude: Annotated documents; those with the same id or text are not asked about again.
        seed: Of `random`; the same documents and the same seed give the same choice.

    Raises:
        ConfigError: There is no such strategy, or `n` is less than 1.
        DataError: A document is not sound, or none has a mention for a model that only links.
    """
    if strategy not in STRATEGIES:
        raise ConfigError(
            f"{strategy!r:.80} is no strategy; these are: {', '.join(STRATEGIES)}."
            f"{did_you_mean(strategy, STRATEGIES)}"
        )
    if n < 1:
        raise ConfigError(f"n is {n}; choose at least 1 document.")
    pool = Pool(exclude)
    left = pool(documents)
    if strategy == "random":
        sample = _sample(left, n, Random(seed))  # noqa: S311
        chosen = [(doubts, 0.0) for doubts in pipeline.doubts(sample)]
    else:
        chosen = _unlike(_most_uncertain(pipeline.doubts(left), SHORTLIST * n), n)
    if not pipeline.model.finds:
        _check_mentions(doubts.document for doubts, _ in chosen)
    top_k = pipeline.model.linker.config.top_k if pipeline.model.linker else 0
    proposals = (
        _proposal(doubts, top_k, {"strategy": strategy, "rank": rank} | _why(doubts, likeness))
        for rank, (doubts, likeness) in enumerate(chosen, 1)
    )
    return Selection(documents=tuple(proposals), pool=pool)


def _check_mentions(documents: Iterable[Document]) -> None:
    """Refuse documents of which none has a mention that the model could link."""
    documents = list(documents)
    if documents and not any(doc.mentions for doc in documents):
        raise DataError(
            "this model links given mentions only, and no document has one that it is unsure of. "
            "Give documents with mentions, such as those that `nerlink annotate` writes."
        )


def _sample(documents: Iterable[Document], n: int, rng: Random) -> list[Document]:
    """So many of a stream, each as likely as any other, in random order."""
    numbered = ((rng.random(), place, doc) for place, doc in enumerate(documents))
    return [doc for *_, doc in heapq.nsmallest(n, numbered)]


def _most_uncertain(stream: Iterable[Doubts], n: int) -> list[Doubts]:
    """So many of a stream, the most uncertain first, ties in order."""
    scored = ((-_score(doubts), place, doubts) for place, doubts in enumerate(stream))
    return [doubts for *_, doubts in heapq.nsmallest(n, scored)]


def _score(doubts: Doubts) -> float:
    """Expected mistakes, divided by the square root of the length."""
    return (doubts.mentions + doubts.links) / sqrt(max(doubts.n_tokens, FEW_TOKENS))


def _unlike(shortlist: Sequence[Doubts], n: int) -> list[tuple[Doubts, float]]:
    """The best of a shortlist, one by one, each with its likeness to those taken before it.

    Likeness is the cosine of mean vectors, from 0 to 1, after the mean of all was taken out: the
    encoder holds any two texts to be much alike.
    """
    if not shortlist:
        return []
    vectors = np.stack([doubts.vector for doubts in shortlist])
    vectors = vectors - vectors.mean(0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), LEAST)
    scores = np.array([_score(doubts) for doubts in shortlist])
    likeness = np.zeros(len(shortlist))
    chosen: list[tuple[Doubts, float]] = []
    is_left = np.ones(len(shortlist), dtype=bool)
    while len(chosen) < min(n, len(shortlist)):
        worth = np.where(is_left, scores * (1 - LIKENESS * likeness), -1.0)
        best = int(worth.argmax())
        is_left[best] = False
        chosen.append((shortlist[best], float(likeness[best])))
        likeness = np.clip(np.maximum(likeness, vectors @ vectors[best]), 0.0, 1.0)
    return chosen


def _why(doubts: Doubts, likeness: float) -> dict[str, float]:
    """The parts of a document's score; what is left of it by likeness decided."""
    parts = {
        "score": _score(doubts),
        "mentions": doubts.mentions,
        "links": doubts.links,
        "likeness": likeness,
    }
    return {name: float(f"{part:.3g}") for name, part in parts.items()} | {
        "tokens": doubts.n_tokens
    }


def _proposal(doubts: Doubts, top_k: int, why: Mapping[str, Any]) -> Document:
    """A document as a person gets it, with so many candidates of each mention."""
    doc = doubts.document
    mentions = tuple(replace(m, candidates=m.candidates[:top_k]) for m in doc.mentions)
    return replace(doc, mentions=mentions, meta={**doc.meta, KEY: dict(why)}, complete=False)
