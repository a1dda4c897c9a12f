"""An invented world: words, names, the entities they may mean, and documents about them."""

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import Final

from transformers import AutoTokenizer

from experiments.speed.words import syllable_words
from nerlink.data import Document, Entity, Mention

__all__ = ["LABELS", "World", "invent_world"]

LABELS: Final = ("LOC", "MISC", "ORG", "PER")
MENTION_RATE: Final = 0.08
"""Mentions among the words of a text; in the news about as many."""


class Zipf:
    """Numbers from 0 of which the n-th is drawn about 1/n as often as the first.

    Args:
        n_numbers: How many there are.
    """

    def __init__(self, n_numbers: int) -> None:
        self.shares = list(accumulate(1 / (rank + 1) for rank in range(n_numbers)))

    def draw(self, rng: random.Random) -> int:
        """One number."""
        return bisect(self.shares, rng.random() * self.shares[-1])


@dataclass(frozen=True, slots=True)
class World:
    """Who and what there is to write about.

    Every name may mean `n_meanings` entities. In a knowledge base of any size they are spread
    evenly over its rows, so that the same documents have the same candidates in all of them.

    Args:
        words: The commonest first.
        names: The commonest first.
        n_meanings: Entities that share a name.
    """

    words: list[str]
    names: list[str]
    n_meanings: int

    def label(self, name: int) -> str:
        """The type of everything that has a name."""
        return LABELS[name % len(LABELS)]

    def entities(self, n_entities: int) -> Iterator[Entity]:
        """The entries of a knowledge base; those that no name can mean have names of their own."""
        step = self._step(n_entities)
        for row in range(n_entities):
            slot, rest = divmod(row, step)
            name, meaning = divmod(slot, self.n_meanings)
            is_meant = not rest and name < len(self.names)
            yield Entity(
                id=f"E{row}",
                name=f"{self.names[name]} (number {meaning})" if is_meant else f"Entry {row}",
                description="an entry of an invented base",
                type=self.label(name) if is_meant else LABELS[row % len(LABELS)],
                popularity=1000 // (1 + meaning) if is_meant else 1,
            )

    def meanings(self, name: int, n_entities: int) -> list[str]:
        """Ids of the entities with a name, in a knowledge base of that size."""
        first, step = name * self.n_meanings, self._step(n_entities)
        return [f"E{slot * step}" for slot in range(first, first + self.n_meanings)]

    def documents(
        self,
        n_documents: int,
        *,
        seed: str,
        n_entities: int,
        sentences: tuple[int, int] = (5, 35),
        words: tuple[int, int] = (8, 34),
    ) -> list[Document]:
        """Documents with their mentions.

        Args:
            n_documents: How many.
            seed: Another seed gives other documents.
            n_entities: Size of the knowledge base they link to.
            sentences: Fewest and most sentences of a document.
            words: Fewest and most words of a sentence.
        """
        rng = random.Random(seed)
        writer = _Writer(self, rng, n_entities)
        return [
            writer.write(f"{seed}-{number}", rng.randint(*sentences), words)
            for number in range(n_documents)
        ]

    def _step(self, n_entities: int) -> int:
        return n_entities // (len(self.names) * self.n_meanings)


class _Writer:
    def __init__(self, world: World, rng: random.Random, n_entities: int) -> None:
        self.world = world
        self.rng = rng
        self.n_entities = n_entities
        self.words = Zipf(len(world.words))
        self.names = Zipf(len(world.names))
        self.meanings = Zipf(world.n_meanings)

    def write(self, doc_id: str, n_sentences: int, words: tuple[int, int]) -> Document:
        pieces: list[str] = []
        mentions: list[Mention] = []
        length = 0
        for _ in range(n_sentences):
            n_words = self.rng.randint(*words)
            for position in range(n_words):
                piece, mention = self._piece(length)
                if position == 0:
                    piece = piece[:1].upper() + piece[1:]
                piece += ". " if position == n_words - 1 else self.rng.choice([" "] * 15 + [", "])
                pieces.append(piece)
                mentions += mention
                length += len(piece)
        return Document(id=doc_id, text="".join(pieces).rstrip(), mentions=tuple(mentions))

    def _piece(self, start: int) -> tuple[str, list[Mention]]:
        if self.rng.random() > MENTION_RATE:
            return self.world.words[self.words.draw(self.rng)], []
        name = self.names.draw(self.rng)
        surface = self.world.names[name]
        entity = self.world.meanings(name, self.n_entities)[self.meanings.draw(self.rng)]
        label = self.world.label(name)
        end = start + len(surface)
        return surface, [Mention(start=start, end=end, label=label, entity=entity)]


def invent_world(encoder: Path, *, n_names: int, n_meanings: int) -> World:
    """A world whose words an encoder knows, so that texts have as many subtokens as real ones.

    Args:
        encoder: Its folder; the order of its vocabulary is taken for that of frequency.
        n_names: Names that texts use.
        n_meanings: Entities that share a name.
    """
    tokenizer = AutoTokenizer.from_pretrained(encoder, trust_remote_code=False)  # type: ignore[no-untyped-call]
    known = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    words = [w for w, _ in known if len(w) > 1 and w.isascii() and w.isalpha() and w.islower()]
    made = islice(syllable_words(), 1000, None)
    words += islice(made, max(0, 300 - len(words)))
    rng = random.Random("names")
    stems = list(islice(syllable_words(), 5000, 5000 + 40 * n_names, 13))
    rng.shuffle(stems)
    parts = iter(stems)
    names = [
        " ".join(next(parts).title() for _ in range(rng.choice((1, 1, 2)))) for _ in range(n_names)
    ]
    return World(words, names, n_meanings)
