"""Mistakes by kind, each with its mention in context."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import takewhile
from typing import Final

from nerlink.context import around
from nerlink.data import NIL, Document, EntityNames, Mention, NilKind
from nerlink.evaluation.matching import Pair, Range, match_documents, pair_overlapping
from nerlink.evaluation.report import Table

__all__ = [
    "Mistake",
    "MistakeKind",
    "are_named_alike",
    "find_mistakes",
    "is_partial_name",
    "mistakes_table",
]

RARE: Final = 2
"""Entities that training linked to fewer times are rare."""

_ADDITION: Final = re.compile(r"\s*\(.*?\)|,.*$")
"""What only tells an entity from its namesakes: `Paris (mythology)`, `Paris, Texas`."""


class MistakeKind(StrEnum):
    """What went wrong, in the order in which the first that fits is chosen."""

    MISSED = "missed mention"
    SPURIOUS = "spurious mention"
    BORDER = "wrong border"
    LABEL = "wrong label"
    NO_CANDIDATE = "no candidate"
    NOT_AMONG_CANDIDATES = "gold not among the candidates"
    NIL_AS_ENTITY = "NIL as entity"
    ENTITY_AS_NIL = "entity as NIL"
    METONYMY = "metonymy or demonym"
    PARTIAL_NAME = "partial name"
    RARE = "rare entity"
    OTHER = "other confusion"

    @property
    def is_link(self) -> bool:
        """Whether the link is at fault, not the mention."""
        return self not in (self.MISSED, self.SPURIOUS, self.BORDER, self.LABEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake where it happened.

    Args:
        kind: What went wrong.
        document: Id or position of the document.
        doc: The gold document.
        found: The predicted document.
        gold: The gold mention, unless there is none.
        predicted: The predicted mention, unless there is none.
    """

    kind: MistakeKind
    document: str
    doc: Document
    found: Document
    gold: Mention | None
    predicted: Mention | None

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """The gold mention and the predicted one, or the one there is."""
        return tuple(mention for mention in (self.gold, self.predicted) if mention is not None)

    def context(self, width: int = 60) -> tuple[str, str, str]:
        """Text before the mention (or both mentions together), the mention, text after it.

        About `width` characters on either side, cut between words, with an ellipsis where cut.
        """
        start, end = min(m.start for m in self.mentions), max(m.end for m in self.mentions)
        return around(self.doc.text, start, end, width=width)


def find_mistakes(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    names: EntityNames | None = None,
    seen: Mapping[str, int] | None = None,
) -> list[Mistake]:
    """What went wrong, in document order.

    Mentions with the same borders are compared by label and by link, so that one mention can be
    two mistakes; links are not compared if the prediction has no link at all. Other mentions are
    paired where they overlap (wrong border); those that are left are missed or spurious. A wrong
    link gets the first kind that fits:

    - no candidate: the prediction says so, or lists none here but some elsewhere;
    - gold not among the candidates, where candidates are listed;
    - NIL as entity; entity as NIL;
    - metonymy or demonym: neither entity is a person by its labels, and one is named after the
      other (Japan and the Japan national team, Germany and German);
    - partial name: the mention's words are a part of the gold entity's name, or of a longer gold
      mention of that entity in the document (Lovelace, Ada Lovelace);
    - rare entity: training linked to it less than twice, if `seen` is given;
    - other confusion.

    Args:
        gold: What is right.
        predicted: What a system says.
        names: Name of an entity; by default its id, underscores read as spaces.
        seen: How often training linked to each entity.

    Raises:
        DataError: As `evaluate`.
    """
    pairs = match_documents(gold, predicted)
    finder = _Finder(pairs, names or _name_from_id, seen)
    return [mistake for pair in pairs for mistake in finder.in_document(pair)]


def mistakes_table(
    mistakes: Iterable[Mistake], *, n_examples: int = 2, names: EntityNames | None = None
) -> Table:
    """A row a kind, the most frequent first: count, share, and some mentions.

    Args:
        mistakes: As `find_mistakes` gives them.
        n_examples: Mentions shown of each kind.
        names: Name of an entity, shown beside its id; without it, only ids are shown.
    """
    by_kind: dict[MistakeKind, list[Mistake]] = {}
    for mistake in mistakes:
        by_kind.setdefault(mistake.kind, []).append(mistake)
    total = sum(map(len, by_kind.values()))
    summary = partial(_summary, names=names)
    rows = tuple(
        (kind, len(of_kind), len(of_kind) / total, "; ".join(map(summary, of_kind[:n_examples])))
        for kind, of_kind in sorted(by_kind.items(), key=lambda item: -len(item[1]))
    )
    return Table("Mistakes by kind", ("kind", "count", "share", "examples"), rows)


def _summary(mistake: Mistake, *, names: EntityNames | None) -> str:
    surface = " ".join(mistake.context(0)[1].split())
    gold, predicted = mistake.gold, mistake.predicted
    if gold is None or predicted is None or mistake.kind is MistakeKind.BORDER:
        return surface
    if mistake.kind is MistakeKind.LABEL:
        return f"{surface} ({gold.label}, not {predicted.label})"
    right, said = (_described(m.entity, names) for m in (gold, predicted))
    return f"{surface} ({right}, not {said})"


def _described(entity: str | None, names: EntityNames | None) -> str:
    """An id and the entity's name, if it has one."""
    if entity is None:
        return "linked"
    name = names(entity) if names and entity != NIL else entity
    return entity if name == entity else f"{entity} {name}"


def _name_from_id(entity: str) -> str:
    return entity.replace("_", " ")


_Finding = tuple[MistakeKind, Mention | None, Mention | None]
"""What went wrong with which gold and which predicted mention."""


class _Finder:
    """Finds the mistakes of one document, with what is known about the whole corpus."""

    def __init__(
        self, pairs: Iterable[Pair], names: EntityNames, seen: Mapping[str, int] | None
    ) -> None:
        self.names = names
        self.seen = seen
        self.usual_labels = _usual_labels(pair.gold for pair in pairs)
        mentions = [m for pair in pairs for m in pair.predicted.mentions]
        self.has_links = any(m.entity is not None for m in mentions)
        self.has_candidates = any(m.candidates for m in mentions)

    def in_document(self, pair: Pair) -> list[Mistake]:
        """The mistakes of a document, in the order of its text."""
        mistake = partial(Mistake, document=pair.name, doc=pair.gold, found=pair.predicted)
        mistakes = [
            mistake(kind=kind, gold=gold, predicted=said)
            for kind, gold, said in self._findings(pair)
        ]
        return sorted(mistakes, key=_position)

    def _findings(self, pair: Pair) -> Iterator[_Finding]:
        """Mistakes of mentions and of links, in no order."""
        # Reversed, so that of several mentions with one range the first is compared.
        gold = {(m.start, m.end): m for m in reversed(pair.gold.mentions)}
        predicted = {(m.start, m.end): m for m in reversed(pair.predicted.mentions)}
        yield from _unmatched(gold, predicted)
        for place in gold.keys() & predicted.keys():
            right, said = gold[place], predicted[place]
            if None not in (right.label, said.label) and right.label != said.label:
                yield MistakeKind.LABEL, right, said
            kind = self._link_mistake(pair.gold, right, said)
            if kind is not None:
                yield kind, right, said

    def _link_mistake(self, doc: Document, right: Mention, said: Mention) -> MistakeKind | None:
        """What is wrong with the link of a mention that has the right borders, if anything is."""
        if not self.has_links or right.entity is None or right.entity == said.entity:
            return None
        if right.entity == NIL:
            # An unlinked mention claims nothing, so it is no mistake where there is no entity.
            return None if said.entity is None else MistakeKind.NIL_AS_ENTITY
        # Systems that list no candidates anywhere may well have had some here.
        is_bare = said.entity in (None, NIL) and not said.candidates and self.has_candidates
        if said.nil is NilKind.NO_CANDIDATE or is_bare:
            return MistakeKind.NO_CANDIDATE
        if said.candidates and right.entity not in {c.entity for c in said.candidates}:
            return MistakeKind.NOT_AMONG_CANDIDATES
        if said.entity in (None, NIL):
            return MistakeKind.ENTITY_AS_NIL
        return self._confusion(doc, right, right.entity, said.entity)

    def _confusion(self, doc: Document, right: Mention, meant: str, said: str) -> MistakeKind:
        """Why the entity `said` may have been taken for the one `meant`."""
        labels = (right.label, self.usual_labels.get(meant), self.usual_labels.get(said))
        # People share names without being named after one another: Jordan, Jordan Smith.
        is_person = any(label is not None and label.upper().startswith("PER") for label in labels)
        if not is_person and are_named_alike(self.names(meant), self.names(said)):
            return MistakeKind.METONYMY
        fuller = [doc.surface(m) for m in doc.mentions if m.entity == meant]
        surface = doc.surface(right)
        if any(is_partial_name(surface, name) for name in (self.names(meant), *fuller)):
            return MistakeKind.PARTIAL_NAME
        if self.seen is not None and self.seen.get(meant, 0) < RARE:
            return MistakeKind.RARE
        return MistakeKind.OTHER


def _unmatched(
    gold: Mapping[Range, Mention], predicted: Mapping[Range, Mention]
) -> Iterator[_Finding]:
    """Mistakes of mentions that the other side does not have with the same borders."""
    missed = [mention for place, mention in gold.items() if place not in predicted]
    spurious = [mention for place, mention in predicted.items() if place not in gold]
    pairs = pair_overlapping(
        [(m.start, m.end) for m in missed], [(m.start, m.end) for m in spurious]
    )
    paired = {n for n, _ in pairs}, {n for _, n in pairs}
    yield from ((MistakeKind.BORDER, missed[g], spurious[p]) for g, p in pairs)
    yield from ((MistakeKind.MISSED, m, None) for n, m in enumerate(missed) if n not in paired[0])
    yield from (
        (MistakeKind.SPURIOUS, None, m) for n, m in enumerate(spurious) if n not in paired[1]
    )


def _position(mistake: Mistake) -> tuple[int, int, str]:
    first = mistake.mentions[0]
    return first.start, first.end, mistake.kind


def _usual_labels(documents: Iterable[Document]) -> dict[str, str]:
    """The label that each entity's mentions mostly have."""
    counts: dict[str, Counter[str]] = {}
    for doc in documents:
        for mention in doc.mentions:
            if mention.entity not in (None, NIL) and mention.label is not None:
                counts.setdefault(mention.entity, Counter())[mention.label] += 1
    return {entity: labels.most_common(1)[0][0] for entity, labels in counts.items()}


def is_partial_name(surface: str, name: str) -> bool:
    """Whether the surface's words stand side by side in the name, and are not all of it.

    >>> is_partial_name("Lovelace", "Ada Lovelace (mathematician)")
    True
    """
    part, whole = _core_words(surface), _core_words(name)
    starts = range(len(whole) - len(part) + 1)
    return 0 < len(part) < len(whole) and any(whole[n : n + len(part)] == part for n in starts)


def are_named_alike(first: str, second: str) -> bool:
    """Whether one name is the other and more, or a single word from which the other is derived.

    >>> are_named_alike("Japan", "Japan national football team")
    True
    >>> are_named_alike("Germany", "German language")
    True
    >>> are_named_alike("Paris", "Paris, Texas")
    False
    """
    short, long = sorted((_core_words(first), _core_words(second)), key=len)
    if not short or short == long:
        return False
    return long[: len(short)] == short or (len(short) == 1 and _is_derived(short[0], long[0]))


def _is_derived(first: str, second: str) -> bool:
    """Whether two words share all letters of the shorter one but the last, and at least four."""
    if first == second or not (first.isalpha() and second.isalpha()):
        return False
    letters = zip(first, second, strict=False)
    n_shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], letters))
    return n_shared >= max(4, min(len(first), len(second)) - 1)


def _core_words(name: str) -> Sequence[str]:
    """The words of a name without what only tells it from its namesakes."""
    return re.findall(r"\w+", _ADDITION.sub("", name).casefold())
