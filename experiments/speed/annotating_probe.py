"""One part of marking names, measured in a process of its own; started by `annotating`."""

import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate, islice
from pathlib import Path
from typing import Final

from experiments.speed.memory import peak_memory
from experiments.speed.timing import CLOCKS
from experiments.speed.words import syllable_words
from nerlink import sources
from nerlink.data import Document, Entity
from nerlink.kb import KnowledgeBase
from nerlink.matching import Matcher

__all__ = ["SIDES", "probe", "write_world"]

ALIASES_AN_ENTITY: Final = 4
WORDS_A_DOCUMENT: Final = 400
WORDS_A_SENTENCE: Final = 20
WORDS_A_NAME: Final = (1, 2, 2, 2, 3, 4)
"""Words of a name, each length as often as it stands here."""

N_WORDS: Final = 50_000
N_SHARED: Final = 2500
"""Words of the texts, and how many of them occur in names, too."""

NAME_EVERY: Final = 12
"""A word in so many is a name."""

PART: Final = 5_000_000
"""Characters of documents that are in memory while the matcher alone is measured."""


def write_world(folder: Path, n_aliases: int, megabytes: float) -> None:
    """A base, and texts in which its names stand, the first of them most often."""
    rng = random.Random(0)
    pool = list(islice(syllable_words(), 3 * N_WORDS))
    rng.shuffle(pool)
    words, others = pool[:N_WORDS], [one.title() for one in pool[N_WORDS - N_SHARED :]]
    names = _names(rng, others, n_aliases)
    KnowledgeBase.create(folder / "kb.sqlite", _entities(names)).close()
    shares = list(accumulate(1 / (rank + 1) for rank in range(N_WORDS)))
    size, number = 0, 0
    with (folder / "texts.jsonl").open("w", encoding="utf8") as handle:
        while size < megabytes * 1e6:
            text = _text(rng, rng.choices(words, cum_weights=shares, k=WORDS_A_DOCUMENT), names)
            handle.write(json.dumps({"id": f"text-{number}", "text": text}) + "\n")
            size, number = size + len(text), number + 1


def _names(rng: random.Random, words: list[str], n_names: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < n_names:
        names[" ".join(rng.choices(words, k=rng.choice(WORDS_A_NAME)))] = None
    return list(names)


def _entities(names: list[str]) -> Iterator[Entity]:
    """Entities with four names each; every fifth shares one with another entity."""
    for first in range(0, len(names), ALIASES_AN_ENTITY):
        aliases = names[first + 1 : first + ALIASES_AN_ENTITY]
        if first % (5 * ALIASES_AN_ENTITY) == 0:
            aliases = [*aliases, names[first * 7 % len(names)]]
        yield Entity(
            id=f"E{first}", name=names[first], type="ORG", aliases=dict.fromkeys(aliases, 0)
        )


def _text(rng: random.Random, words: list[str], names: list[str]) -> str:
    for place in range(0, len(words), NAME_EVERY):
        words[place] = names[int(len(names) * rng.random() ** 3)]
    sentences = range(0, len(words), WORDS_A_SENTENCE)
    return " ".join(f"{' '.join(words[at : at + WORDS_A_SENTENCE])}." for at in sentences)


def _build(folder: Path, now: Callable[[], float]) -> dict[str, float]:
    start = now()
    with KnowledgeBase.open(folder / "kb.sqlite") as kb:
        Matcher(kb)
    return {"seconds": now() - start, "megabytes": peak_memory()}


def _matching(folder: Path, now: Callable[[], float]) -> dict[str, float]:
    size = n_mentions = 0
    seconds = 0.0
    with KnowledgeBase.open(folder / "kb.sqlite") as kb:
        matcher = Matcher(kb)
        for part in _parts(sources.stream(folder / "texts.jsonl", unique_ids=False)):
            start = now()
            n_mentions += sum(len(doc.mentions) for doc in matcher.stream(part))
            seconds += now() - start
            size += sum(len(doc.text.encode()) for doc in part)
    return {
        "megabytes_per_second": size / 1e6 / seconds,
        "megabytes": peak_memory(),
        "mentions_per_kilobyte": 1000 * n_mentions / size,
    }


def _parts(documents: Iterable[Document]) -> Iterator[list[Document]]:
    part: list[Document] = []
    for doc in documents:
        part.append(doc)
        if len(part) * len(doc.text) > PART:
            yield part
            part = []
    if part:
        yield part


def _whole(folder: Path, now: Callable[[], float]) -> dict[str, float]:
    with KnowledgeBase.open(folder / "kb.sqlite") as kb:
        matcher = Matcher(kb)
        start = now()
        documents = matcher.survey(sources.stream(folder / "texts.jsonl"))
        sources.write(matcher.stream(documents), folder / "silver.jsonl")
        report = matcher.report()
        seconds = now() - start
    return {
        "megabytes_per_second": report.n_characters / 1e6 / seconds,
        "megabytes": peak_memory(),
    }


SIDES: Final[Mapping[str, Callable[[Path, Callable[[], float]], dict[str, float]]]] = {
    "build": _build,
    "matching": _matching,
    "whole": _whole,
}
"""What is measured."""


def probe(side: str, folder: Path, clock: str) -> dict[str, float]:
    """What a side costs; megabytes are the most that were resident at once."""
    return SIDES[side](folder, CLOCKS[clock])


if __name__ == "__main__":
    json.dump(probe(sys.argv[1], Path(sys.argv[2]), sys.argv[3]), sys.stdout)
