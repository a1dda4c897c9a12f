"""Entities that a base lacks: what documents mention and a model holds for `NIL`, name by name.

Short names go with the fuller ones of their own document. Mentions of one name and one label are
one proposal, even where they are namesakes: vectors of their contexts do not tell these apart well
enough. Examples from several documents let a person see it.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from nerlink.context import around
from nerlink.data import NIL, Document, Entity, EntityNames, Mention
from nerlink.errors import ConfigError, DataError
from nerlink.files import STANDARD, open_output
from nerlink.kb import InDocument, KnowledgeBase, Name, normalise
from nerlink.kb.cells import escaped
from nerlink.pipeline import Pipeline
from nerlink.words import number_of

__all__ = ["Proposal", "Proposals", "check_table", "propose_entities", "write_proposals"]

EXAMPLES: Final = 3
"""Contexts of a proposal, each from another document."""

WIDTH: Final = 60
"""Characters of context on either side of a mention."""

COLUMNS: Final = (
    *("id", "name", "type", "aliases", "description"),
    *("n_mentions", "n_documents", "nearest", "perhaps", "examples"),
)
"""Of the table: those that a base reads, then those for a person, which a base leaves out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An entity that the base may lack.

    Args:
        entity: With an id that the base does not have, a name, a type and aliases; its description
            is left to a person.
        n_mentions: Mentions in all documents.
        n_documents: Documents that have one.
        nearest: The entity of the base that the model held for the likeliest, most often.
        perhaps: Ids of proposals with a fuller name, which this one is short for in some document.
        examples: Contexts, the mention in square brackets.
    """

    entity: Entity
    n_mentions: int
    n_documents: int
    nearest: str | None
    perhaps: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Proposed entities, the most frequent first, and what was read to find them.

    Args:
        entities: The proposals.
        n_documents: Documents read.
        n_mentions: Mentions in them.
        n_nil: Mentions that are `NIL`.
        n_rare: Names that were left out since they are too rare.
        has_own_names: Whether the model also finds names that its base does not have.
    """

    entities: tuple[Proposal, ...]
    n_documents: int
    n_mentions: int
    n_nil: int
    n_rare: int
    has_own_names: bool = True

    def notes(self) -> Iterator[str]:
        """What a person should know of them."""
        read = f"{number_of(self.n_mentions, 'mentions')} in "
        read += number_of(self.n_documents, "documents")
        if self.n_mentions and not self.n_nil:
            yield (
                f"no mention is NIL: all of {read} are linked. A model that learnt no NIL finds "
                "none; a threshold, such as 0.9 (--threshold 0.9), makes NIL of doubtful links."
            )
        elif not self.n_mentions:
            yield f"no mention was found in {number_of(self.n_documents, 'documents')}."
        else:
            found = number_of(len(self.entities), "entities")
            yield f"{found} proposed, of {self.n_nil:,} that are NIL among {read}."
        if not self.has_own_names:
            yield (
                "this model was not trained and finds the names of its base alone: what is "
                "proposed are namesakes. Train one to find names that the base lacks."
            )
        if self.n_rare:
            yield f"left out: {number_of(self.n_rare, 'names')} with fewer mentions than asked for."


class _Key(NamedTuple):
    """What mentions of one proposal share: the key of the fullest name, and the label."""

    name: str
    label: str | None


@dataclass(slots=True)
class _Group:
    """The mentions of one key, counted."""

    n_mentions: int = 0
    n_documents: int = 0
    names: Counter[str] = field(default_factory=Counter)
    aliases: Counter[str] = field(default_factory=Counter)
    nearest: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)


def propose_entities(
    pipeline: Pipeline,
    documents: Iterable[Document],
    *,
    min_count: int = 1,
    threshold: float | None = None,
) -> Proposals:
    """Propose the entities that documents mention and the base of a model lacks.

        found = propose_entities(pipeline, read("texts.jsonl"), min_count=2)
        write_proposals(found.entities, "new.csv")

    A little over a kilobyte is held in memory for each different name, nothing for a document.

    Args:
        pipeline: A model that links. One that links given mentions only takes those that the
            documents have.
        documents: Any number of them, which are read once.
        min_count: Mentions that a proposal has at least.
        threshold: Link probability under which a mention is `NIL`; `None` keeps the model's.

    Raises:
        ConfigError: A value is wrong.
        DataError: A document is not sound, or the model does not link, or has nothing to link.
    """
    if min_count < 1:
        raise ConfigError(f"min_count is {min_count}; it must be at least 1.")
    if (linker := pipeline.model.linker) is None:
        raise DataError(
            "this model finds mentions only, and so does not know what a base lacks. Take one that "
            "was trained with 'nel', or link its mentions with such a one first."
        )
    link_only = not pipeline.model.finds
    within = InDocument(linker.lookup.generator)
    groups: dict[_Key, _Group] = {}
    n_documents = n_mentions = 0
    for doc in pipeline.stream(documents, link_only=link_only, threshold=threshold, top_k=1):
        n_documents += 1
        n_mentions += len(doc.mentions)
        _add(groups, doc, within)
    if link_only and n_documents and not n_mentions:
        raise DataError(
            "this model links given mentions only, and no document has one. Give documents with "
            "mentions, such as those that `nerlink annotate` writes."
        )
    often = {key: group for key, group in groups.items() if group.n_mentions >= min_count}
    return Proposals(
        entities=tuple(_proposals(often, linker.lookup.kb)),
        n_documents=n_documents,
        n_mentions=n_mentions,
        n_nil=sum(group.n_mentions for group in groups.values()),
        n_rare=len(groups) - len(often),
        has_own_names=pipeline.model.tagger is not None or link_only,
    )


def _add(groups: dict[_Key, _Group], doc: Document, within: InDocument) -> None:
    """Count the mentions of a document that are `NIL`."""
    mentions = [mention for mention in doc.mentions if mention.entity == NIL]
    names = [Name(_one_spaced(doc.surface(mention)), mention.label) for mention in mentions]
    fullest = _fullest(within.fuller(names, doc.text))
    seen: set[_Key] = set()
    for mention, name in zip(mentions, names, strict=True):
        full = fullest.get(name, name.surface)
        key = _Key(normalise(full), name.label)
        group = groups.setdefault(key, _Group())
        group.n_mentions += 1
        if normalise(name.surface) == key.name:
            group.names[name.surface] += 1
        else:
            group.aliases[name.surface] += 1
        group.nearest.update(candidate.entity for candidate in mention.candidates[:1])
        if key not in seen:
            seen.add(key)
            group.n_documents += 1
            if len(group.examples) < EXAMPLES:
                group.examples.append(_example(doc, mention))


def _fullest(fuller: Mapping[Name, Sequence[str]]) -> dict[Name, str]:
    """The fullest form of short names, where it is one and no other could be meant."""
    short = {name.surface for name in fuller}
    found = {}
    for name, surfaces in fuller.items():
        full = {normalise(surface): surface for surface in surfaces if surface not in short}
        if len(full) == 1:
            (found[name],) = full.values()
    return found


def _one_spaced(surface: str) -> str:
    """A name in one line: a mention may go on in the next one."""
    return " ".join(surface.split())


def _example(doc: Document, mention: Mention) -> str:
    before, surface, after = around(doc.text, mention.start, mention.end, width=WIDTH)
    return _one_spaced(f"{before}[{surface}]{after}")


def _proposals(groups: Mapping[_Key, _Group], kb: KnowledgeBase) -> Iterator[Proposal]:
    """The groups as entities, the most frequent first, ties by name."""
    ranked = sorted(groups.items(), key=lambda one: (-one[1].n_mentions, *map(str, one[0])))
    ids = _new_ids([key.name for key, _ in ranked], kb)
    id_of = {key: id_ for (key, _), id_ in zip(ranked, ids, strict=True)}
    longer: dict[_Key, list[str]] = {}
    for key, group in ranked:
        for short in dict.fromkeys(map(normalise, group.aliases)):
            longer.setdefault(_Key(short, key.label), []).append(id_of[key])
    for key, group in ranked:
        name = _most_common(group.names or group.aliases)
        others = [*group.names, *group.aliases]
        nearest = _most_common(group.nearest) if group.nearest else None
        yield Proposal(
            entity=Entity(
                id=id_of[key],
                name=name,
                type=key.label,
                aliases=dict.fromkeys((one for one in others if one != name), 0),
            ),
            n_mentions=group.n_mentions,
            n_documents=group.n_documents,
            nearest=nearest,
            perhaps=tuple(longer.get(key, ())),
            examples=tuple(group.examples),
        )


def _most_common(counts: Counter[str]) -> str:
    """The most frequent one, ties by name."""
    return min(counts, key=lambda one: (-counts[one], one))


def _new_ids(names: Iterable[str], kb: KnowledgeBase) -> Iterator[str]:
    """An id for each name, that neither the base has nor a name before."""
    taken: set[str] = set()
    for name in names:
        plain = "new-" + (re.sub(r"[\W_]+", "-", name).strip("-") or "entity")
        new, number = plain, 1
        while new in taken or new in kb:
            number += 1
            new = f"{plain}-{number}"
        taken.add(new)
        yield new


def check_table(path: str | Path) -> None:
    """Refuse a name that a table of proposals cannot have; `kb add` goes by the ending.

    Raises:
        DataError: It is no CSV by its name.
    """
    if str(path) != STANDARD and not str(path).lower().endswith((".csv", ".csv.gz")):
        raise DataError(f"{path}: proposed entities are written as CSV. Name a file in .csv.")


def write_proposals(
    proposals: Iterable[Proposal], path: str | Path, *, names: EntityNames = str
) -> None:
    """Write a table that `nerlink kb add` takes as it is.

    Args:
        proposals: The entities.
        path: A CSV file, which appears whole or not at all; `-` is standard output.
        names: What entities of the base are called.

    Raises:
        DataError: The file is no CSV by its name, or cannot be written.
    """
    check_table(path)
    with open_output(path) as handle:
        # As bases are exported: with a line feed, a lone carriage return would not be quoted.
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for one in proposals:
            entity = one.entity
            aliases = json.dumps([*map(escaped, entity.aliases)], ensure_ascii=False)
            near = f"{names(one.nearest)} ({one.nearest})" if one.nearest else ""
            writer.writerow(
                (
                    *(entity.id, escaped(entity.name), escaped(entity.type or "")),
                    *(aliases if entity.aliases else "", ""),
                    *(one.n_mentions, one.n_documents, near),
                    *(" ".join(one.perhaps), " / ".join(one.examples)),
                )
            )
