"""The matcher: documents in, documents with the aliases of a base as their mentions out."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final, NamedTuple

from nerlink.data import Candidate, Document, Mention
from nerlink.errors import ConfigError, KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.kb.browsing import types_of
from nerlink.lookalikes import did_you_mean
from nerlink.matching.aliases import Alias, length_of, read_aliases, read_keys, spelled_ways
from nerlink.matching.automaton import Automaton, spellings
from nerlink.matching.options import MatchingOptions
from nerlink.matching.report import MatchReport, Tally
from nerlink.matching.rules import Rule, Rules
from nerlink.matching.short_names import with_lent_candidates, with_short_names
from nerlink.matching.survey import Survey, opens_sentence
from nerlink.sources.keys import without_mention_columns
from nerlink.words import number_of

__all__ = ["SURVEYED", "Matcher"]

_BATCH: Final = 1 << 18
"""Characters of documents that are searched together."""

_REMEMBERED: Final = 250_000
"""Surfaces, and candidates of them, that are remembered: some 150 MB."""

_STEP: Final = 10_000
"""Aliases between two reports of progress."""

_TYPES: Final = 10_000
"""Types of a base that are compared with those of the options; more are not checked."""

SURVEYED: Final = 10_000_000
"""Characters of text that aliases are judged by: a million words and a half."""

_ARTICLE: Final = re.compile(r"^[Tt]he\s+(?=\S)")
"""Belongs to no mention, but to titles such as The Hague. Bases have many names with it."""

_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")


class _Finding(NamedTuple):
    """What is to be made of a surface.

    Hundreds of thousands are remembered. They are tuples, and hold no more than they must: the
    garbage collector visits all of them over and over.

    Args:
        key: The key of the alias.
        candidates: What it may mean, best first.
        label: The label of its mentions.
        entity: What they are linked to, if it is sure.
        refusal: Why it is no mention, if it is none.
        takes_dot: A full stop behind it belongs to it.
        n_article: Characters of an article that its entities are also called without.
    """

    key: str
    candidates: tuple[Candidate, ...]
    label: str | None
    entity: str | None
    refusal: Rule | None
    takes_dot: bool
    n_article: int


class Matcher:
    """Finds the aliases and names of a base in texts: all longest matches that do not overlap.

        matcher = Matcher(kb)
        doc = matcher(Document(text="London's mayor flew to the U.S. on Monday."))

        documents = matcher.survey(nerlink.read("news.jsonl"))
        nerlink.write(matcher.stream(documents), "silver.jsonl")
        print(matcher.report())

    What the base does not know stays unmarked, so the documents are not `complete`. A mention that
    may mean one entity is linked to it; one that may mean several has them as its candidates. An
    English article before a name belongs to no mention if its entity is called so without it. Once
    texts were surveyed, the last word of a full name in the document is marked as well.
    Mentions that a document had before are not in the answer.

    Args:
        kb: The base; closing it is left to the caller. Aliases that are added later are not found.
        options: Which aliases are looked for.
        on_progress: Called with how many aliases are read, and how many there are.

    Raises:
        ConfigError: A label is given to a type that no entity has.
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
        self._rules = Rules.of(self.options)
        self._survey, self._tally = Survey(), Tally()
        self._n_keys = self._n_short = 0
        _check_labels(kb, self.options.labels)
        self._automaton = Automaton(spellings(self._ways(on_progress or (lambda *_: None))))
        self._remembered: dict[str, _Finding] = {}
        self._n_candidates = 0
        if not self._n_keys:
            raise self._nothing()

    def __call__(self, document: Document) -> Document:
        """The same document with what was found as its mentions, not `complete`."""
        return next(self.stream([document]))

    def survey(
        self, documents: Iterable[Document], *, n_characters: int = SURVEYED
    ) -> Iterator[Document]:
        """The same documents, once the first were looked at to judge aliases by them.

        An alias that stands in small letters where the base has capitals may be a common word; one
        that stands everywhere is none that tells anything. What is marked from now on follows.

        Args:
            documents: Any number of them.
            n_characters: Characters of text that are looked at; their documents are in memory.
        """
        rest, first, size = iter(documents), list[Document](), 0
        for doc in rest:
            first.append(doc)
            size += len(doc.text)
            if size >= n_characters:
                break
        survey = Survey()
        for batch in _batches(first):
            for doc, places in zip(batch, self._automaton.find(_texts(batch)), strict=True):
                survey.add(doc.text, places)
        verdicts = survey.judge(self.kb, self.options)
        self._rules = replace(Rules.of(self.options), verdicts=verdicts, has_case=survey.has_case)
        self._survey, self._remembered = survey, {}
        return chain(first, rest)

    def stream(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The same documents in order, each with what was found in it, not `complete`.

        A few hundred short documents are read before the first comes out.
        """
        for batch in _batches(documents):
            found = self._automaton.find(_texts(batch))
            known = self._look_up(batch, found)
            for doc, places in zip(batch, found, strict=True):
                mentions, surfaces = self._mentions(doc.text, places, known)
                if self._survey.n_documents and self.options.short_names:
                    mentions, surfaces = self._with_short(doc.text, mentions, surfaces, places)
                meta = without_mention_columns(doc.meta)
                after = replace(doc, mentions=tuple(mentions), meta=meta, complete=False)
                self._tally.count(doc, after, surfaces)
                yield after

    def report(self) -> MatchReport:
        """What became of all documents so far, and which rules left out what."""
        tally, survey = self._tally, self._survey
        return MatchReport(
            n_documents=tally.n_documents,
            n_without=tally.n_without,
            n_characters=tally.n_characters,
            n_mentions=tally.marked.total(),
            n_linked=tally.n_linked,
            n_labelled=tally.n_labelled,
            n_replaced=tally.n_replaced,
            n_short_names=tally.n_short_names,
            n_keys=self._n_keys,
            n_short=self._n_short,
            n_surveyed=survey.n_documents,
            share_small=survey.share_small,
            has_case=self._rules.has_case and self.options.case != "ignore",
            left_out=tally.left_out(survey),
            frequent=tally.frequent(),
        )

    def _nothing(self) -> KnowledgeBaseError:
        least = f"with {self.options.min_length} letters or more (min_length, --min-length)"
        return KnowledgeBaseError(
            f"{self.kb.path}: no name or alias to look for: {number_of(len(self.kb), 'entities')}, "
            f"{number_of(self._n_short, 'names')}, none of them {least}. "
            "Build the base from a table with names."
        )

    def _ways(self, on_progress: Callable[[int, int], None]) -> Iterator[str]:
        """All that is looked for, as people write it."""
        (n_all,) = self.kb.connection.execute("SELECT count(key) FROM alias").fetchone()
        n_read = 0
        for key, surfaces in read_keys(self.kb):
            if n_read % _STEP > (n_read + len(surfaces)) % _STEP:
                on_progress(n_read, n_all)
            n_read += len(surfaces)
            n_letters = length_of(key)
            if n_letters and (n_letters >= self.options.min_length or key in self._rules.kept):
                self._n_keys += 1
                yield from dict.fromkeys(spelled_ways(key, surfaces))
            else:
                self._n_short += 1
        on_progress(n_all, n_all)

    def _mentions(
        self, text: str, places: Sequence[tuple[int, int]], known: Mapping[str, _Finding]
    ) -> tuple[list[Mention], list[str]]:
        """The mentions in a text, and the surface of each as it was found."""
        mentions, surfaces = list[Mention](), list[str]()
        for start, end in places:
            surface = text[start:end]
            finding = known.get(surface)
            if finding is None:  # somebody has removed the entity since
                continue
            if finding.refusal is not None:
                self._tally.refuse(finding.refusal, finding.key, text, (start, end))
                continue
            # "The Hague" keeps its article, but where a sentence begins.
            if finding.n_article and (text[start].islower() or opens_sentence(text, start)):
                start += finding.n_article
            mentions.append(
                Mention(
                    start=start,
                    end=_end_of(text, end, takes_dot=finding.takes_dot),
                    label=finding.label,
                    entity=finding.entity,
                    candidates=finding.candidates,
                )
            )
            surfaces.append(surface)
        return mentions, surfaces

    def _with_short(
        self,
        text: str,
        mentions: Sequence[Mention],
        surfaces: Sequence[str],
        places: Sequence[tuple[int, int]],
    ) -> tuple[list[Mention], list[str]]:
        """Mentions and surfaces with the last words of full names, and what these may mean."""
        after = list(mentions)
        if self._rules.has_case:
            after = with_short_names(text, mentions, places, self._is_word)
            self._tally.n_short_names += len(after) - len(mentions)
        known = {
            mention.start: surface for mention, surface in zip(mentions, surfaces, strict=True)
        }
        after = with_lent_candidates(text, after)
        return after, [known.get(one.start, text[one.start : one.end]) for one in after]

    def _is_word(self, word: str) -> bool:
        return word.lower() in self._survey.words or word.lower() in self.options.stop

    def _look_up(
        self, batch: Sequence[Document], found: Sequence[Sequence[tuple[int, int]]]
    ) -> Mapping[str, _Finding]:
        """What is to be made of each surface in a batch; unknown ones are looked up together."""
        if len(self._remembered) > _REMEMBERED or self._n_candidates > _REMEMBERED:
            self._remembered, self._n_candidates = {}, 0
        remembered = self._remembered  # another thread may begin a new one
        surfaces = {
            doc.text[start:end]
            for doc, places in zip(batch, found, strict=True)
            for start, end in places
        }
        if new := surfaces - remembered.keys():
            without = {surface: _ARTICLE.sub("", surface) for surface in new}
            aliases = read_aliases(self.kb, sorted(new.union(without.values())))
            for surface in new & aliases.keys():
                alias, rest = aliases[surface], without[surface]
                self._n_candidates += len(alias.candidates)
                finding = self._finding(surface, alias)
                if rest != surface and self._is_called(rest, aliases.get(rest), alias):
                    finding = finding._replace(n_article=len(surface) - len(rest))
                remembered[surface] = finding
        return remembered

    def _is_called(self, surface: str, alias: Alias | None, other: Alias) -> bool:
        """Whether an alias would be marked, and an entity of another one has it."""
        if alias is None or self._rules.refusal(surface, alias) is not None:
            return False
        entities = {candidate.entity for candidate in alias.candidates}
        return any(candidate.entity in entities for candidate in other.candidates)

    def _finding(self, surface: str, alias: Alias) -> _Finding:
        has_dot = any(one[-1] == "." for one in alias.surfaces)
        labels = {self.options.label_of(type_) for type_ in alias.types}
        return _Finding(
            key=alias.key,
            candidates=alias.candidates,
            label=labels.pop() if len(labels) == 1 else None,
            entity=alias.candidates[0].entity if len(alias.candidates) == 1 else None,
            refusal=self._rules.refusal(surface, alias),
            takes_dot=has_dot or _INITIALS.fullmatch(surface) is not None,
            n_article=0,
        )


def _texts(documents: Iterable[Document]) -> list[str]:
    return [doc.text for doc in documents]


def _check_labels(kb: KnowledgeBase, labels: Mapping[str, str | None]) -> None:
    if not labels:
        return
    types = types_of(kb, limit=_TYPES)
    for type_ in filter(None, labels):
        if type_ not in types and len(types) < _TYPES:
            known = ", ".join(map(repr, types[:20])) or "none"
            raise ConfigError(
                f"labels: no entity of {kb.path} has the type {type_!r:.80} (--label TYPE=LABEL). "
                f"Its types are {known}.{did_you_mean(type_, types)}"
            )


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
