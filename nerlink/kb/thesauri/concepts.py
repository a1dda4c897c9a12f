"""The concepts of a thesaurus as rows of a table of entities."""

import logging
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from nerlink.data import is_one_line
from nerlink.errors import DataError
from nerlink.kb.thesauri.facts import REPLACED, Fact, Facts, Property
from nerlink.kb.thesauri.ids import ShortIds, made_up_name
from nerlink.kb.thesauri.obo import read_obo
from nerlink.kb.thesauri.options import ThesaurusOptions
from nerlink.kb.thesauri.rdf import read_rdf
from nerlink.rows import Row
from nerlink.words import number_of

__all__ = ["is_thesaurus", "read_concepts"]

log = logging.getLogger(__name__)

_READERS: Final[Mapping[str, Callable[[Path], Iterator[Fact]]]] = {
    ".nt": read_rdf,
    ".obo": read_obo,
    ".owl": read_rdf,
    ".rdf": read_rdf,
    ".ttl": read_rdf,
}
_LABELS: Final = (Property.LABEL, Property.SECOND_LABEL)
_DESCRIPTIONS: Final = (Property.DEFINITION, Property.NOTE, Property.COMMENT)
_MARK_OF_THE_PAST: Final = re.compile(r"^\(?(?:obsolete|deprecated)\)?[ _:-]+", re.IGNORECASE)

_NO_MATCH: Final = 9
"""The rank of a text in another language; a text without one has the rank before it."""


def _ending(path: str | Path) -> str:
    return Path(Path(path).name.lower().removesuffix(".gz")).suffix


def is_thesaurus(path: str | Path) -> bool:
    """Whether a file is a thesaurus or an ontology, by its ending."""
    return _ending(path) in _READERS


def read_concepts(
    path: Path, options: ThesaurusOptions, ids: ShortIds, report: Callable[[str, int], None]
) -> Iterator[Row]:
    """A row for each concept or class, in order of their addresses, with the values of an entity.

    What is left out is counted, and said once.

    Args:
        path: The file.
        options: How concepts become entities.
        ids: Gives ids for addresses.
        report: Called now and then with the stage of the work and how much of it is done.

    Raises:
        DataError: The file cannot be read, has no concepts, or none in the language.
    """
    try:
        with Facts.load(_READERS[_ending(path)](path), report) as facts:
            if _ending(path) == ".obo":
                _check_ids(facts, path)
            concepts = _Concepts(facts, path, options)
            concepts.move_replaced()
            yield from concepts.rows(ids)
            concepts.tell()
    except sqlite3.Error as error:
        raise DataError(
            f"{path}: the temporary file of its concepts cannot be written ({error}). Make room, "
            "or name another folder in the environment variable SQLITE_TMPDIR."
        ) from error


def _check_ids(facts: Facts, path: Path) -> None:
    """Refuse two terms of one id; in RDF, an address may have several labels."""
    for term, one, other in facts.with_two_labels():
        raise DataError(
            f"{path}: {term} is the id of two terms, {one!r:.80} and {other!r:.80}. Give one of "
            "them another id, or leave it out."
        )


class _Concepts:
    """Makes rows of facts, and counts what is left out.

    Args:
        facts: What the file says.
        path: The file.
        options: How concepts become entities.

    Raises:
        DataError: There are labels, but none that the language allows.
    """

    def __init__(self, facts: Facts, path: Path, options: ThesaurusOptions) -> None:
        self.facts = facts
        self.path = path
        self.options = options
        self.n_replaced = 0
        self.left_out: Counter[str] = Counter()
        self.language = self._chosen_language()
        self.allowed = {Property[scope.upper()] for scope in options.synonyms}
        self._parent = lru_cache(1 << 16)(self._find_parent)
        self._name = lru_cache(1 << 16)(self._find_name)

    def move_replaced(self) -> None:
        """Make the names of what was replaced aliases of what replaces it."""
        moves = (
            (source, target)
            for (source,) in self.facts.replacements()
            for target in self._replacements_of(source)
        )
        self.n_replaced = self.facts.move_labels(moves, without=_without_mark)

    def rows(self, ids: ShortIds) -> Iterator[Row]:
        """The rows of all concepts that are not of the past.

        Raises:
            DataError: There is no concept, or two have one id.
        """
        n_concepts = 0
        for n_concepts, (subject, said) in enumerate(self.facts.concepts(), 1):  # noqa: B007
            if gone := [value for property_, value, _ in said if property_ == Property.GONE]:
                self.left_out["deprecated"] += REPLACED not in gone
                continue
            where = f"{self.path}: {subject}"
            yield Row(where, {"id": ids.of(subject, where=where), **self._values(subject, said)})
        if not n_concepts:
            n_others, example = self.facts.others()
            there = f" It has labels of {number_of(n_others, 'other things')}, such as {example}."
            raise DataError(
                f"{self.path}: no concepts in it, neither skos:Concept nor owl:Class nor terms of "
                f"OBO.{there if n_others else ''} Name the file that has them."
            )

    def tell(self) -> None:
        """Say how much was left out, and why."""
        n_others, example = self.facts.others()
        parts = [
            (self.n_replaced, "entries that others replace, whose names are aliases of those"),
            (self.left_out["deprecated"], "deprecated entries"),
            (self.left_out["texts"], "texts in other languages"),
            (self.left_out["synonyms"], "synonyms of other scopes"),
            (n_others, f"things with labels that are no concepts, such as {example}"),
        ]
        if told := [number_of(n, what) for n, what in parts if n]:
            log.warning("%s: left out %s.", self.path, "; ".join(told))
        if n_unnamed := self.left_out["unnamed"]:
            log.warning(
                "%s: %s named after the address.",
                self.path,
                f"{number_of(n_unnamed, 'concepts')} without a label that the language allows,",
            )
        if n_circles := self.left_out["circles"]:
            log.warning(
                "%s: %s without a type, as there is a circle of broader ones above.",
                self.path,
                number_of(n_circles, "concepts"),
            )

    def _chosen_language(self) -> str | None:
        """The language asked for, or the one of most labels."""
        counts = self.facts.languages()
        tagged: Counter[str] = Counter()
        for language, n in counts.items():
            if language:
                tagged[language.partition("-")[0]] += n
        there = ", ".join(f"{language} ({n:,})" for language, n in tagged.most_common(10))
        if self.options.language is None:
            best = min(tagged, key=lambda one: (-tagged[one], one), default=None)
            if len(tagged) > 1:
                log.warning(
                    "%s: labels are in %s; those in %s are read. Name another with language=... "
                    "(--language ...).",
                    self.path,
                    there,
                    best,
                )
            return best
        language = self.options.language.strip().lower()
        if tagged and "" not in counts and not any(_matches(one, language) for one in counts):
            raise DataError(
                f"{self.path}: no label is in {language!r}; they are in {there}. Name one of these "
                "with language=... (--language ...)."
            )
        return language

    def _rank(self, language: str) -> int:
        """How well a language fits: the least is best."""
        if not language:
            return _NO_MATCH - 1
        if self.language is None or not _matches(language, self.language):
            return _NO_MATCH
        return int(language != self.language)

    def _values(self, subject: str, said: Sequence[tuple[int, str, str]]) -> dict[str, Any]:
        """Name, description, type and aliases of a concept."""
        texts = [
            (self._rank(language), property_, value)
            for property_, value, language in said
            if Property.LABEL <= property_ <= Property.COMMENT
        ]
        fitting = sorted(text for text in texts if text[0] < _NO_MATCH)
        self.left_out["texts"] += len(texts) - len(fitting)
        labels = [_one_line(text) for _, property_, text in fitting if property_ in _LABELS]
        self.left_out["unnamed"] += not labels
        synonyms = [
            (property_, _one_line(text))
            for _, property_, text in fitting
            if Property.EXACT <= property_ <= Property.RELATED
        ]
        aliases = [text for property_, text in synonyms if property_ in self.allowed]
        self.left_out["synonyms"] += len(synonyms) - len(aliases)
        described = [
            (property_, rank, text)
            for rank, property_, text in fitting
            if property_ in _DESCRIPTIONS
        ]
        return {
            "name": labels[0] if labels else made_up_name(subject),
            "description": min(described)[2] if described else "",
            "type": self._type(subject),
            "aliases": list(dict.fromkeys([*labels[1:], *aliases])),
        }

    def _type(self, subject: str) -> str | None:
        match self.options.source_of_type:
            case "none":
                return None
            case "scheme":
                schemes = self.facts.of(subject, Property.SCHEME)
                return self._name(schemes[0][0]) if schemes else None
            case "parent":
                parent = self._parent(subject)
            case _:
                parent = self._top(subject)
        return None if parent is None else self._name(parent)

    def _top(self, subject: str) -> str | None:
        """What is above all that is above a subject."""
        seen, top = {subject}, None
        parent = self._parent(subject)
        while parent is not None:
            if parent in seen:
                self.left_out["circles"] += 1
                return None
            seen.add(parent)
            top, parent = parent, self._parent(parent)
        return top

    def _find_parent(self, subject: str) -> str | None:
        parents = self.facts.of(subject, Property.PARENT)
        return next((parent for parent, _ in parents if parent != subject), None)

    def _find_name(self, subject: str) -> str:
        labels = [
            (self._rank(language), place, value)
            for place, (value, language) in enumerate(self.facts.of(subject, *_LABELS))
        ]
        best = min(labels, default=(_NO_MATCH, 0, ""))
        return _one_line(best[2]) if best[0] < _NO_MATCH else made_up_name(subject)

    def _replacements_of(self, source: str) -> Iterable[str]:
        """What replaces a subject at the end of all chains; nothing where they go in a circle.

        Where a chain ends in what the file does not have, the first in it that it has.
        """
        ends: list[str] = []
        ahead, seen = [source], {source}
        for one in ahead:
            targets = self.facts.of(one, Property.REPLACED_BY)
            if not targets:
                ends.append(one)
            for target, _ in targets:
                if target == source:
                    return []
                if target not in seen:
                    seen.add(target)
                    ahead.append(target)
        there = list(filter(self._is_there, ends))
        return there or list(islice(filter(self._is_there, ahead[1:]), 1))

    def _is_there(self, subject: str) -> bool:
        """Whether a subject is a concept that is not of the past."""
        is_concept = self.facts.is_said(subject, Property.CONCEPT)
        return is_concept and not self.facts.is_said(subject, Property.GONE)


def _matches(language: str, wanted: str) -> bool:
    """Whether a language is the one that is wanted, or a kind of it, as `en-gb` is of `en`."""
    return language == wanted or f"{language}-".startswith(f"{wanted}-")


def _one_line(text: str) -> str:
    text = text.strip()
    return text if is_one_line(text) else " ".join(text.split())


def _without_mark(label: str) -> str:
    """A label without the word before it that says that it is of the past."""
    return _MARK_OF_THE_PAST.sub("", label) or label
