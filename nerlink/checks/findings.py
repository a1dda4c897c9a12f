"""What a check found: counts, what is fishy with examples, and how far candidates reach."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from nerlink.context import around
from nerlink.evaluation import Table
from nerlink.evaluation.report import Cell
from nerlink.words import number_of

__all__ = ["CheckReport", "Example", "Finding", "FindingKind", "GeneratorReach", "SplitCounts"]

MOST_LABELS: Final = 30
"""Labels that the table of labels shows, the most frequent ones; the report has all."""


class FindingKind(StrEnum):
    """What may be wrong, the worst first."""

    LEAK = "document in several splits"
    NEAR_LEAK = "nearly the same document in several splits"
    OUTSIDE = "link that the base lacks"
    TWO_IDS = "entity under two ids"
    CASE = "labels alike but for case"
    SPACE = "white space at a border"
    HALF_WORD = "border inside a word"
    ACROSS = "mention across sentences"
    UNCOVERED = "mention off the tokens"
    OVERLAP = "overlapping mentions"
    SURFACE = "surface with several labels"
    DUPLICATE = "document twice in a split"
    NEAR = "nearly the same document twice"
    ONE_SPLIT = "label in one split only"
    BARE = "document without a mention"

    @property
    def advice(self) -> str:
        """What it means for a model that is trained on the documents."""
        return _ADVICE[self]

    @property
    def may_be_right(self) -> bool:
        """Whether sound documents have it too; the others are mistakes, or cost mentions."""
        return self in _MAY_BE_RIGHT


_ADVICE: Final[Mapping[FindingKind, str]] = {
    FindingKind.LEAK: "Scores are too good where training shows the answers; keep it in one split.",
    FindingKind.NEAR_LEAK: "Scores are too good where training shows most of the answers.",
    FindingKind.OUTSIDE: "They are learnt as NIL and count as missed; make the ids alike, or add "
    "the entities to the base.",
    FindingKind.TWO_IDS: "One of the two is always wrong; write ids in one form.",
    FindingKind.CASE: "They are learnt as different labels; write them in one way.",
    FindingKind.SPACE: "It is trimmed; offsets may be off by one.",
    FindingKind.HALF_WORD: "A model finds whole words; offsets may be off, or count other units.",
    FindingKind.ACROSS: "The sentences are joined; the segmentation or the border may be wrong.",
    FindingKind.UNCOVERED: "The document's tokens leave out some or all of it.",
    FindingKind.OVERLAP: "Mentions are learnt flat: the longest stays, the others are dropped.",
    FindingKind.SURFACE: "Right where it means several things; a rare label may be a slip.",
    FindingKind.DUPLICATE: "It counts twice; where the mentions differ, one of them is wrong.",
    FindingKind.NEAR: "Drafts, updates and templates; it counts nearly twice.",
    FindingKind.ONE_SPLIT: "What train lacks cannot be learnt; what only train has is not scored.",
    FindingKind.BARE: "It teaches that it names nothing; was it annotated?",
}

_MAY_BE_RIGHT: Final = frozenset(
    {FindingKind.SURFACE, FindingKind.NEAR, FindingKind.ONE_SPLIT, FindingKind.BARE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A place where something is fishy.

    Args:
        split: The split of the document.
        document: Id of the document, or its number in the split: `document 17`.
        start: First character of the mention, or of what of the document is shown.
        end: One past the last character.
        text: The text around it.
        offset: The first character of that text in the document.
        is_mention: Whether it is a mention, or a document.
        label: Label of the mention.
        entity: Entity of the mention.
        note: What is fishy about it, in a few words.
    """

    split: str
    document: str
    start: int
    end: int
    text: str
    offset: int
    is_mention: bool = True
    label: str | None = None
    entity: str | None = None
    note: str = ""

    @property
    def surface(self) -> str:
        """The text of the mention, or the beginning of the document."""
        return self.text[self.start - self.offset : self.end - self.offset]

    def __str__(self) -> str:
        start, end = self.start - self.offset, self.end - self.offset
        before, surface, after = around(self.text, start, end, width=40)
        shown = f"{before}«{surface}»{after}"
        about = [f"{self.label or ''}{f' → {self.entity}' if self.entity else ''}", self.note]
        words = "; ".join(part for part in about if part)
        place = f"{self.split} {self.document}, {self.start}-{self.end}"
        return f"{place}: {' '.join(shown.split())}{f' ({words})' if words else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is fishy in one way.

    Args:
        kind: In which way.
        count: How often.
        things: What is counted, in the plural: `mentions`.
        examples: Some of them.
    """

    kind: FindingKind
    count: int
    things: str
    examples: tuple[Example, ...]

    def __str__(self) -> str:
        lines = [f"{self.kind}: {number_of(self.count, self.things)}. {self.kind.advice}"]
        lines += [f"    {example}" for example in self.examples]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCounts:
    """What a split holds.

    Args:
        name: Its name.
        documents: Its documents.
        bare: Documents without a mention.
        incomplete: Documents in which unmarked text is not known to be no mention.
        sentences: Sentences, where documents bring them.
        tokens: Tokens, where documents bring them.
        mentions: Its mentions: those linked, `NIL`, ambiguous and unlinked together.
        linked: Mentions linked to an entity.
        nil: Mentions known to have none.
        ambiguous: Mentions known to mean one of several entities.
        unlinked: Mentions without an annotated link.
        unlabelled: Mentions without a label.
        entities: Distinct entities linked to.
        labels: Mentions of each label, the most frequent first.
    """

    name: str
    documents: int
    bare: int
    incomplete: int
    sentences: int
    tokens: int
    mentions: int
    linked: int
    nil: int
    ambiguous: int
    unlinked: int
    unlabelled: int
    entities: int
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorReach:
    """How often candidates have the entity that a mention is linked to.

    Args:
        generator: Who finds the candidates.
        mentions: Mentions looked up, all linked to an entity of the base; those of documents drawn
            by chance where there are many.
        candidates: Candidates a mention, on average.
        recall: Number of candidates looked at, or `all`, to the share of mentions whose entity is
            among them.
    """

    generator: str
    mentions: int
    candidates: float
    recall: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What is in some documents, and what is fishy about them.

    Args:
        splits: Counts of each split.
        findings: What is fishy, the worst first; empty where nothing is.
        reach: How far each candidate generator reaches, where there is a knowledge base.
    """

    splits: tuple[SplitCounts, ...]
    findings: tuple[Finding, ...] = ()
    reach: tuple[GeneratorReach, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found but what may be right as it is."""
        return all(finding.kind.may_be_right for finding in self.findings)

    @property
    def tables(self) -> Iterator[Table]:
        """Counts, labels and candidates as tables."""
        yield _counts_table(self.splits)
        if any(split.incomplete for split in self.splits):
            yield _open_table(self.splits)
        if any(split.labels for split in self.splits):
            yield _labels_table(self.splits)
        if any(one.mentions for one in self.reach):
            yield _reach_table(self.reach)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values, each finding with its advice and whether it may be right."""
        record = asdict(self)
        for finding in record["findings"]:
            kind = finding["kind"]
            finding |= {"advice": kind.advice, "may_be_right": kind.may_be_right}
        return record

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        n_ways = number_of(len(self.findings), "ways")
        n_harmless = sum(finding.kind.may_be_right for finding in self.findings)
        rest = f", {n_harmless} of which may be right as they are" if n_harmless else ""
        last = f"Fishy in {n_ways}{rest}." if self.findings else "Nothing fishy was found."
        return "\n".join([*map(str, self.tables), *map(str, self.findings), "", last])


def _counts_table(splits: tuple[SplitCounts, ...]) -> Table:
    names = ("documents", "mentions", "linked", "nil", "unlinked", "unlabelled", "entities")
    rows: list[tuple[Cell, ...]] = [
        (split.name, *(int(getattr(split, name)) for name in names)) for split in splits
    ]
    return Table("What there is", ("", *names), tuple(rows))


def _open_table(splits: tuple[SplitCounts, ...]) -> Table:
    rows: list[tuple[Cell, ...]] = [(one.name, one.incomplete, one.ambiguous) for one in splits]
    columns = ("", "incomplete documents", "mentions that mean one of several")
    return Table("What is not known", columns, tuple(rows))


def _labels_table(splits: tuple[SplitCounts, ...]) -> Table:
    labels: dict[str, int] = {}
    for split in splits:
        for label, n in split.labels.items():
            labels[label] = labels.get(label, 0) + n
    order = sorted(labels, key=lambda label: -labels[label])
    rows: list[tuple[Cell, ...]] = [
        (label, *(split.labels.get(label, 0) for split in splits)) for label in order[:MOST_LABELS]
    ]
    if rest := order[MOST_LABELS:]:
        sums = (sum(split.labels.get(label, 0) for label in rest) for split in splits)
        rows.append((number_of(len(rest), "further labels"), *sums))
    return Table("Mentions by label", ("label", *(split.name for split in splits)), tuple(rows))


def _reach_table(reach: tuple[GeneratorReach, ...]) -> Table:
    limits = list(reach[0].recall)
    rows: list[tuple[Cell, ...]] = [
        (one.generator, *one.recall.values(), f"{one.candidates:.1f}") for one in reach
    ]
    heads = (limit if limit == "all" else f"first {limit}" for limit in limits)
    columns = ("candidates by", *heads, "a mention")
    title = f"Linked entities among the candidates of {number_of(reach[0].mentions, 'mentions')}"
    return Table(f"{title}, in per cent", columns, tuple(rows))
