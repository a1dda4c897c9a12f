"""The matcher: documents in, documents with the aliases of a base as their mentions out."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from nerlink.data import Document, Mention
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.matching.aliases import Alias, length_of, read_aliases, read_keys, spelled_ways
from nerlink.matching.automaton import Automaton, spellings
from nerlink.matching.options import MatchingOptions
from nerlink.matching.rules import Rule, Rules

__all__ = ["Matcher"]

_BATCH: Final = 1 << 18
"""Characters of documents that are searched together."""

_REMEMBERED: Final = 100_000
"""Surfaces, and candidates of them, that are remembered."""

_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is to be made of a surface.

    Args:
        alias: What the base knows of it.
        refusal: Why it is no mention, if it is none.
        takes_dot: A full stop behind it belongs to it.
    """

    alias: Alias
    refusal: Rule | None
    takes_dot: bool


class Matcher:
    """Finds the aliases and names of a base in texts: all longest matches that do not overlap.

        matcher = Matcher(kb)
        doc = matcher(Document(text="London's mayor flew to the U.S. on Monday."))

    What the base does not know stays unmarked, so the documents are not `complete`. A mention that
    may mean one entity is linked to it; one that may mean several has them as its candidates.
    Mentions that a document had before are not in the answer.

    Args:
        kb: The base; closing it is left to the caller. Later changes of it are not seen.
        options: Which aliases are looked for.
        on_progress: Called with how many aliases are read, and how many there are.

    Raises:
        KnowledgeBaseError: The base has no alias that could be looked for.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        options: MatchingOptions | None = None,
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.kb = kb
        self.options = options or MatchingOptions()
        self.rules = Rules.of(self.options)
        self.n_short = 0
        self._automaton = Automaton(spellings(self._surfaces(on_progress or (lambda *_: None))))
        self._remembered: dict[str, _Finding] = {}
        self._n_candidates = 0
        if not self._automaton.n_patterns:
            raise KnowledgeBaseError(
                f"{kb.path}: no name or alias to look for: of its {len(kb):,} entities, "
                f"{self.n_short:,} keys have fewer than {self.options.min_length} letters "
                "(min_length, --min-length). Build the base from a table with names."
            )

    def __call__(self, document: Document) -> Document:
        """The same document with what was found as its mentions, not `complete`."""
        return next(self.stream([document]))

    def stream(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The same documents in order, each with what was found in it, not `complete`.

        A few hundred short documents are read before the first comes out.
        """
        for batch in _batches(documents):
            texts = [doc.text for doc in batch]
            found = self._automaton.find(texts)
            surfaces = {
                text[start:end]
                for text, places in zip(texts, found, strict=True)
                for start, end in places
            }
            known = self._look_up(surfaces)
            for doc, places in zip(batch, found, strict=True):
                mentions = tuple(self._mentions(doc.text, places, known))
                yield replace(doc, mentions=mentions, complete=False)

    def _surfaces(self, on_progress: Callable[[int, int], None]) -> Iterator[str]:
        (n_all,) = self.kb.connection.execute("SELECT count(key) FROM alias").fetchone()
        for n_read, (key, surfaces) in enumerate(read_keys(self.kb), start=1):
            if n_read % 10_000 == 1:
                on_progress(n_read, n_all)
            n_letters = length_of(key)
            if n_letters and (n_letters >= self.options.min_length or key in self.rules.kept):
                yield from dict.fromkeys(spelled_ways(key, surfaces))
            else:
                self.n_short += 1

    def _mentions(
        self, text: str, places: Sequence[tuple[int, int]], known: dict[str, _Finding]
    ) -> Iterator[Mention]:
        for start, end in places:
            finding = known.get(text[start:end])
            if finding is None or finding.refusal:
                continue
            alias = finding.alias
            yield Mention(
                start=start,
                end=_end_of(text, end, takes_dot=finding.takes_dot),
                label=self.options.labels.get(alias.type, alias.type) if alias.type else None,
                entity=alias.candidates[0].entity if len(alias.candidates) == 1 else None,
                candidates=alias.candidates,
            )

    def _look_up(self, surfaces: set[str]) -> dict[str, _Finding]:
        """What is to be made of each surface; unknown ones are looked up together."""
        if len(self._remembered) > _REMEMBERED or self._n_candidates > _REMEMBERED:
            self._remembered, self._n_candidates = {}, 0
        if new := [one for one in surfaces if one not in self._remembered]:
            for surface, alias in read_aliases(self.kb, new).items():
                if alias is not None:
                    self._n_candidates += len(alias.candidates)
                    self._remembered[surface] = self._finding(surface, alias)
        return self._remembered

    def _finding(self, surface: str, alias: Alias) -> _Finding:
        takes_dot = bool(_INITIALS.fullmatch(surface)) or any(
            written.endswith(".") for written in alias.surfaces
        )
        return _Finding(alias, self.rules.refusal(surface, alias), takes_dot)


def _end_of(text: str, end: int, *, takes_dot: bool) -> int:
    """The end of a mention with the accents on its last letter, and with its full stop."""
    while end < len(text) and text[end] > "\u02ff" and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end + (takes_dot and text[end : end + 1] == ".")


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    for doc in documents:
        batch.append(doc)
        size += len(doc.text)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
