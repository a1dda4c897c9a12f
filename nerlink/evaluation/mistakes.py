"""Mistakes by kind, each with its mention in context."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Final

from nerlink.data import NIL, Document, EntityNames, Mention, NilKind
from nerlink.evaluation.matching import Pair, Span, match_documents, pair_overlapping
from nerlink.evaluation.report import Table

__all__ = [
    "Mistake",
    "MistakeKind",
    "are_named_alike",
    "find_mistakes",
    "is_partial_name",
    "mistakes_table",
]


# "Paris (mythology)" and "Paris, Texas" are both named Paris; the rest tells them apart.
DISAMBIGUATION = re.compile(r"\s*\(.*?\)|,.*$")


def is_partial_name(surface: str, name: str) -> bool:
    """Whether the surface's words stand side by side in the name, and are not all of it.

    >>> is_partial_name("Lovelace", "Ada Lovelace (mathematician)")
    True
    """
    part, whole = _words(surface), _words(name)
    starts = range(len(whole) - len(part) + 1)
    return 0 < len(part) < len(whole) and any(whole[n : n + len(part)] == part for n in starts)


def are_named_alike(first: str, second: str) -> bool:
    """Whether one name goes on where the other ends, or one's first word is bent from the other.

    Bent words share all but at most the last letter of the shorter one, and at least four.

    >>> are_named_alike("Japan", "Japan national football team")
    True
    >>> are_named_alike("Germany", "German language")
    True
    >>> are_named_alike("Paris", "Paris, Texas")
    False
    """
    short, long = sorted((_words(first), _words(second)), key=len)
    if not short or short == long:
        return False
    return long[: len(short)] == short or (len(short) == 1 and _is_bent(short[0], long[0]))


def _is_bent(first: str, second: str) -> bool:
    if first == second or not (first.isalpha() and second.isalpha()):
        return False
    letters = zip(first, second, strict=False)
    n_shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], letters))
    return n_shared >= max(4, min(len(first), len(second)) - 1)


def _words(name: str) -> Sequence[str]:
    return re.findall(r"\w+", DISAMBIGUATION.sub("", name).casefold())


RARE = 2  # entities seen in training fewer times than this are rare

_FIRST: Final = re.compile(r"^\S+(?=\s)")
_LAST: Final = re.compile(r"(?<=\s)\S+$")
"""A word at an end that may have been cut in two; text without spaces is cut anywhere."""


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
        doc: The document's text with its gold mentions.
        found: The same with the predicted mentions.
        gold: The gold mention, unless there is none.
        predicted: The predicted mention, unless there is none.
    """

    kind: MistakeKind
    document: str
    doc: Document
    found: Document
    gold: Mention | None
    predicted: Mention | None

    def context(self, width: int = 60) -> tuple[str, str, str]:
        """Text before the mention (or both mentions together), the mention, text after it.

        About `width` characters on either side, cut between words, with an ellipsis where cut.
        """
        mentions = [mention for mention in (self.gold, self.predicted) if mention is not None]
        start, end = min(m.start for m in mentions), max(m.end for m in mentions)
        text = self.doc.text
        before, after = text[max(0, start - width) : start], text[end : end + width]
        if width and start > width:
            before = "…" + (before if text[start - width - 1].isspace() else _FIRST.sub("", before))
        if width and end + width < len(text):
            after = (after if text[end + width].isspace() else _LAST.sub("", after)) + "…"
        return before, text[start:end], after


def find_mistakes(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    names: EntityNames | None = None,
    seen: Mapping[str, int] | None = None,
) -> list[Mistake]:
    """What went wrong, in document order.

    Mentions with the same borders are compared label by label and link by link, so that one
    mention can be two mistakes; links are left aside if the prediction has none. The rest is
    paired where it overlaps (wrong border), else missed or spurious. A wrong link gets the first
    kind that fits:

    - no candidate: the prediction says so, or lists none here but some elsewhere;
    - gold not among the candidates, where candidates are listed;
    - NIL as entity; entity as NIL;
    - metonymy or demonym: neither entity is a person by its labels, and one is named after the
      other (Japan and the Japan national team, Germany and German);
    - partial name: the mention's words are a part of the gold entity's name, or of a longer gold
      mention of that entity in the document (Lovelace, Ada Lovelace);
    - rare entity: training linked to it less than twice, if `seen` is given.

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


def mistakes_table(mistakes: Iterable[Mistake], *, n_examples: int = 2) -> Table:
    """A row a kind, the most frequent first: count, share, and some mentions."""
    by_kind: dict[MistakeKind, list[Mistake]] = {}
    for mistake in mistakes:
        by_kind.setdefault(mistake.kind, []).append(mistake)
    total = sum(map(len, by_kind.values()))
    rows = tuple(
        (kind, len(of_kind), len(of_kind) / total, "; ".join(map(_summary, of_kind[:n_examples])))
        for kind, of_kind in sorted(by_kind.items(), key=lambda item: -len(item[1]))
    )
    columns = ("kind", "count", "share", "examples")
    return Table(title="Mistakes by kind", columns=columns, rows=rows)


def _summary(mistake: Mistake) -> str:
    surface = " ".join(mistake.context(0)[1].split())
    gold, predicted = mistake.gold, mistake.predicted
    if gold is None or predicted is None or mistake.kind is MistakeKind.BORDER:
        return surface
    if mistake.kind is MistakeKind.LABEL:
        return f"{surface} ({gold.label}, not {predicted.label})"
    return f"{surface} ({gold.entity}, not {predicted.entity})"


def _name_from_id(entity: str) -> str:
    return entity.replace("_", " ")


class _Finder:
    """What is known about the whole corpus, to judge one document."""

    def __init__(
        self, pairs: Iterable[Pair], names: EntityNames, seen: Mapping[str, int] | None
    ) -> None:
        self.names = names
        self.seen = seen
        self.types = _usual_labels(pair.gold for pair in pairs)
        mentions = [m for pair in pairs for m in pair.predicted.mentions]
        self.has_links = any(m.entity is not None for m in mentions)
        self.has_candidates = any(m.candidates for m in mentions)

    def in_document(self, pair: Pair) -> Iterator[Mistake]:
        gold = {(m.start, m.end): m for m in reversed(pair.gold.mentions)}
        predicted = {(m.start, m.end): m for m in reversed(pair.predicted.mentions)}
        found = list(_borders(gold, predicted))
        for span in gold.keys() & predicted.keys():
            right, said = gold[span], predicted[span]
            if None not in (right.label, said.label) and right.label != said.label:
                found.append((MistakeKind.LABEL, right, said))
            kind = self._link_mistake(pair.gold, right, said)
            if kind is not None:
                found.append((kind, right, said))
        found.sort(key=_position)
        for kind, right_or_none, said_or_none in found:
            yield Mistake(
                kind=kind,
                document=pair.name,
                doc=pair.gold,
                found=pair.predicted,
                gold=right_or_none,
                predicted=said_or_none,
            )

    def _link_mistake(self, doc: Document, right: Mention, said: Mention) -> MistakeKind | None:
        if not self.has_links or right.entity is None or right.entity == said.entity:
            return None
        if right.entity == NIL:
            # An unlinked mention claims nothing, so it is no mistake where there is no entity.
            return None if said.entity is None else MistakeKind.NIL_AS_ENTITY
        if self._lacks_candidates(said):
            return MistakeKind.NO_CANDIDATE
        if said.candidates and right.entity not in {c.entity for c in said.candidates}:
            return MistakeKind.NOT_AMONG_CANDIDATES
        if said.entity in (None, NIL):
            return MistakeKind.ENTITY_AS_NIL
        return self._confusion(doc, right, right.entity, said.entity)

    def _lacks_candidates(self, said: Mention) -> bool:
        is_unlinked = said.entity in (None, NIL) and not said.candidates
        return said.nil is NilKind.NO_CANDIDATE or (is_unlinked and self.has_candidates)

    def _confusion(self, doc: Document, right: Mention, meant: str, said: str) -> MistakeKind:
        labels = (right.label, self.types.get(meant), self.types.get(said))
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


Found = tuple[MistakeKind, Mention | None, Mention | None]


def _borders(gold: Mapping[Span, Mention], predicted: Mapping[Span, Mention]) -> Iterator[Found]:
    """Mistakes of mentions that the other side does not have with the same borders."""
    missed = [mention for span, mention in gold.items() if span not in predicted]
    spurious = [mention for span, mention in predicted.items() if span not in gold]
    pairs = pair_overlapping(
        [(m.start, m.end) for m in missed], [(m.start, m.end) for m in spurious]
    )
    paired_gold, paired_predicted = {n for n, _ in pairs}, {n for _, n in pairs}
    yield from ((MistakeKind.BORDER, missed[g], spurious[p]) for g, p in pairs)
    for n, mention in enumerate(missed):
        if n not in paired_gold:
            yield MistakeKind.MISSED, mention, None
    for n, mention in enumerate(spurious):
        if n not in paired_predicted:
            yield MistakeKind.SPURIOUS, None, mention


def _position(found: Found) -> tuple[int, int, str]:
    kind, gold, predicted = found
    mention = gold or predicted
    return (mention.start, mention.end, kind) if mention is not None else (0, 0, kind)


def _usual_labels(documents: Iterable[Document]) -> dict[str, str]:
    """The label that each entity's mentions mostly have."""
    counts: dict[str, Counter[str]] = {}
    for doc in documents:
        for mention in doc.mentions:
            if mention.entity not in (None, NIL) and mention.label is not None:
                counts.setdefault(mention.entity, Counter())[mention.label] += 1
    return {entity: labels.most_common(1)[0][0] for entity, labels in counts.items()}
