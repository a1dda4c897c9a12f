"""What may be fishy about documents, a rule each: a rule sees them all, then says what it found.

Rules keep counts, keys and a few examples, and no documents.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

from nerlink.checks.findings import Example, Finding, FindingKind
from nerlink.checks.near import Near
from nerlink.context import around
from nerlink.converters import AlignmentEntry, AlignmentReason, align, tokenize
from nerlink.data import NIL, Document, Mention
from nerlink.evaluation.forms import id_in, id_key
from nerlink.kb import KnowledgeBase

__all__ = [
    "Copies",
    "Fit",
    "Hits",
    "Ids",
    "Labels",
    "Place",
    "Rule",
    "Surfaces",
    "labels_alike",
    "text_key",
]

CONTEXT: Final = 120
"""Characters on either side of an example."""

LONGEST: Final = 300
"""Characters of a mention that an example shows."""


@dataclass(frozen=True, slots=True)
class Place:
    """A document and where it stands.

    Args:
        split: The name of its split.
        name: Its id, or its number in the split.
        doc: The document.
    """

    split: str
    name: str
    doc: Document

    def example(self, mention: Mention | None = None, note: str = "") -> Example:
        """A mention of the document, or the beginning of the document, as an example."""
        text = self.doc.text
        start, end, longest = (
            (mention.start, mention.end, LONGEST) if mention else (0, len(text), CONTEXT)
        )
        end = min(end, start + longest)
        before, surface, after = around(text, start, end, width=CONTEXT)
        if mention is None and after:
            after = "…"
        return Example(
            split=self.split,
            document=self.name,
            start=start,
            end=end,
            text=before + surface + after,
            offset=start - len(before),
            is_mention=mention is not None,
            label=mention.label if mention else None,
            entity=mention.entity if mention else None,
            note=note,
        )


class Rule(Protocol):
    """Looks at documents for one way to be fishy, or for several that are found together."""

    def see(self, place: Place) -> None:
        """Look at the next document."""
        ...

    def findings(self) -> Iterator[Finding]:
        """What was found in all documents."""
        ...


class Hits:
    """How often something was found, and the first examples of it.

    Args:
        kind: What is found.
        things: What is counted, in the plural.
        n_examples: Examples to keep.
    """

    def __init__(self, kind: FindingKind, things: str, n_examples: int) -> None:
        self.kind = kind
        self.things = things
        self.n_examples = n_examples
        self.count = 0
        self.examples: list[Example] = []

    def add(
        self, place: Place, mention: Mention | None = None, note: Callable[[], str] = str
    ) -> None:
        """Count one more; the note is made for examples alone."""
        self.count += 1
        if len(self.examples) < self.n_examples:
            self.examples.append(place.example(mention, note()))

    def findings(self) -> Iterator[Finding]:
        """The finding, if anything was found."""
        if self.count:
            examples = tuple(self.examples)
            yield Finding(kind=self.kind, count=self.count, things=self.things, examples=examples)


class Copies:
    """Documents without a mention, and those that were there before.

    Args:
        n_examples: Examples to keep of each kind.
    """

    def __init__(self, n_examples: int) -> None:
        self.leaks = Hits(FindingKind.LEAK, "documents", n_examples)
        self.twice = Hits(FindingKind.DUPLICATE, "documents", n_examples)
        self.near_leaks = Hits(FindingKind.NEAR_LEAK, "documents", n_examples)
        self.near = Hits(FindingKind.NEAR, "documents", n_examples)
        self.bare = Hits(FindingKind.BARE, "documents", n_examples)
        self._first: dict[int, tuple[str, str, int]] = {}
        self._near = Near[tuple[str, str]]()

    def see(self, place: Place) -> None:
        """Compare the text, white space made the same, with those before."""
        doc = place.doc
        if not doc.mentions and doc.complete:
            self.bare.add(place)
        if (key := text_key(doc.text)) is None:
            return
        marks = hash(tuple((_one_spaced(doc.surface(m)), m.label, m.entity) for m in doc.mentions))
        split, name, earlier = self._first.setdefault(key, (place.split, place.name, marks))
        if (split, name) == (place.split, place.name):
            self._compare(place)
            return
        more = "" if earlier == marks else ", with other mentions"
        hits = self.twice if split == place.split else self.leaks
        hits.add(place, note=lambda: f"as {name} of {split}{more}")

    def _compare(self, place: Place) -> None:
        """Look for a text that is nearly the same."""
        if found := self._near.like(place.doc.text, (place.split, place.name)):
            split, name = found
            hits = self.near if split == place.split else self.near_leaks
            hits.add(place, note=lambda: f"like {name} of {split}")

    def findings(self) -> Iterator[Finding]:
        """Leaks, duplicates, and documents without a mention."""
        for hits in (self.leaks, self.twice, self.near_leaks, self.near, self.bare):
            yield from hits.findings()


def text_key(text: str) -> int | None:
    """A number that texts share that differ in white space alone; `None` for a blank text."""
    plain = _one_spaced(text)
    return hash(plain) if plain else None


def _one_spaced(text: str) -> str:
    """The text with one blank for each stretch of white space, and none at the ends."""
    return " ".join(text.split())


_MISFITS: Final = {
    AlignmentReason.TRIMMED: FindingKind.SPACE,
    AlignmentReason.BLANK: FindingKind.SPACE,
    AlignmentReason.SPLIT: FindingKind.HALF_WORD,
    AlignmentReason.MERGED: FindingKind.ACROSS,
    AlignmentReason.OVERLAP: FindingKind.OVERLAP,
    AlignmentReason.CLIPPED: FindingKind.UNCOVERED,
    AlignmentReason.UNCOVERED: FindingKind.UNCOVERED,
}
"""What becomes of mentions in training, and what that says of them."""


class Fit:
    """Mentions that do not fit the tokens and sentences that a model reads.

    Args:
        n_examples: Examples to keep of each kind.
    """

    def __init__(self, n_examples: int) -> None:
        kinds = dict.fromkeys(_MISFITS.values())
        self.hits = {kind: Hits(kind, "mentions", n_examples) for kind in kinds}

    def see(self, place: Place) -> None:
        """Align the mentions as training does."""
        doc = place.doc
        if not doc.mentions:
            return
        alignment = align(tokenize(doc), doc.mentions, text=doc.text, document=doc.id)
        for entry in alignment.report.entries:
            if kind := _MISFITS.get(entry.reason):
                self.hits[kind].add(place, entry.mention, partial(_why, entry, doc))

    def findings(self) -> Iterator[Finding]:
        """A finding for each way not to fit."""
        for hits in self.hits.values():
            yield from hits.findings()


def _why(entry: AlignmentEntry, doc: Document) -> str:
    """What a mention that does not fit runs into."""
    mention = entry.mention
    if entry.reason is AlignmentReason.BLANK:
        return "nothing else"
    if entry.reason is AlignmentReason.SPLIT:
        tokens = tokenize(doc)
        cut = next(
            word
            for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True)
            if start < mention.start < end or start < mention.end < end
        )
        return f"inside {cut!r}"
    if entry.reason is AlignmentReason.OVERLAP:
        other = max(
            (m for m in doc.mentions if m.start < mention.end and m.end > mention.start),
            key=lambda m: (m.end - m.start, m is not mention),
        )
        return f"beside {doc.surface(other)[:LONGEST]!r}{f' ({other.label})' * bool(other.label)}"
    return ""


class Surfaces:
    """Surfaces that are mentions of several labels.

    Args:
        n_examples: Surfaces to show: the most frequent ones, each by a mention of a rare label.
    """

    def __init__(self, n_examples: int) -> None:
        self.n_examples = n_examples
        self.counts: dict[str, dict[str, int]] = defaultdict(dict)
        # The first mention of each label but the first, of which nobody knows yet that it matters.
        self.examples: dict[tuple[str, str], Example] = {}

    def see(self, place: Place) -> None:
        """Count the labels of each surface."""
        for mention in place.doc.mentions:
            if (label := mention.label) is None:
                continue
            surface = _one_spaced(place.doc.surface(mention)[:LONGEST])
            labels = self.counts[surface]
            labels[label] = labels.get(label, 0) + 1
            if len(labels) > 1 and (surface, label) not in self.examples:
                self.examples[surface, label] = place.example(mention)

    def findings(self) -> Iterator[Finding]:
        """One finding, with the labels of a surface as the note of its example."""
        several = {one: labels for one, labels in self.counts.items() if len(labels) > 1}
        if not several:
            return
        order = sorted(several, key=lambda surface: -sum(several[surface].values()))
        yield Finding(
            kind=FindingKind.SURFACE,
            count=len(several),
            things="surfaces",
            examples=tuple(self._example(one, several[one]) for one in order[: self.n_examples]),
        )

    def _example(self, surface: str, labels: Mapping[str, int]) -> Example:
        rarest = sorted(labels, key=lambda label: labels[label])
        keys = ((surface, label) for label in rarest)
        example = next(self.examples[key] for key in keys if key in self.examples)
        counts = ", ".join(f"{label} {labels[label]:,}" for label in reversed(rarest))
        return replace(example, note=f"{counts} in all")


class Labels:
    """Labels that one split lacks, and labels that differ in case alone.

    Args:
        n_examples: Labels to show of each kind.
    """

    def __init__(self, n_examples: int) -> None:
        self.n_examples = n_examples
        self.splits: dict[str, None] = {}
        self.first: dict[str, dict[str, Example]] = defaultdict(dict)

    def see(self, place: Place) -> None:
        """Remember the first mention of each label in each split."""
        for mention in place.doc.mentions:
            if mention.label is not None:
                self.splits[place.split] = None
                if place.split not in self.first[mention.label]:
                    self.first[mention.label][place.split] = place.example(mention)

    def findings(self) -> Iterator[Finding]:
        """Labels alike, and labels of one split where several splits have labels."""
        alike = {one: f"also {group[0]}" for group in labels_alike(self.first) for one in group[1:]}
        yield from self._finding(FindingKind.CASE, alike)
        if len(self.splits) > 1:
            homes = {label: list(examples) for label, examples in self.first.items()}
            single = {label: f"only in {its[0]}" for label, its in homes.items() if len(its) == 1}
            yield from self._finding(FindingKind.ONE_SPLIT, single)

    def _finding(self, kind: FindingKind, notes: Mapping[str, str]) -> Iterator[Finding]:
        if notes:
            examples = tuple(
                replace(next(iter(self.first[label].values())), note=note)
                for label, note in list(notes.items())[: self.n_examples]
            )
            yield Finding(kind=kind, count=len(notes), things="labels", examples=examples)


def labels_alike(labels: Iterable[str]) -> list[list[str]]:
    """Groups of labels that differ in their case alone."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        by_key[label.strip().casefold()].append(label)
    return [group for group in by_key.values() if len(group) > 1]


class Ids:
    """Links that a base lacks, and entities under two ids.

    Args:
        n_examples: Examples to keep of each kind.
        kb: The knowledge base, if there is one.
    """

    def __init__(self, n_examples: int, kb: KnowledgeBase | None) -> None:
        self.kb = kb
        self.outside = Hits(FindingKind.OUTSIDE, "links", n_examples)
        self.twice = Hits(FindingKind.TWO_IDS, "entities", n_examples)
        self.known: dict[str, bool] = {}
        self._first: dict[str, str] = {}

    def see(self, place: Place) -> None:
        """Look each entity up, the first time in the base."""
        for mention in place.doc.mentions:
            entity = mention.entity
            if entity is None or entity == NIL:
                continue
            if entity not in self.known:
                self.known[entity] = self.kb is not None and entity in self.kb
                self._compare(place, mention, entity)
            if self.kb is not None and not self.known[entity]:
                self.outside.add(place, mention, partial(self._hint, entity))

    def _compare(self, place: Place, mention: Mention, entity: str) -> None:
        other = self._first.setdefault(id_key(entity), entity)
        if other == entity or (self.known[entity] and self.known[other]):
            return  # what the base has under both ids is not one entity
        prefixes = [one.partition(":")[0] for one in (entity, other) if "://" not in one]
        has_two = len(prefixes) == 2 and ":" in entity and ":" in other
        if not has_two or prefixes[0].casefold() == prefixes[1].casefold():
            self.twice.add(place, mention, lambda: f"also {other}")

    def _hint(self, entity: str) -> str:
        bare = id_in(entity)
        return f"the base has {bare}" if bare != entity and self.kb and bare in self.kb else ""

    def findings(self) -> Iterator[Finding]:
        """Links to what the base lacks, and second ids."""
        for hits in (self.outside, self.twice):
            yield from hits.findings()
