"""What two sides write in two ways and mean alike, made the same before they are compared."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from typing import Final

from nerlink.data import NIL, Document, Mention
from nerlink.lookalikes import MISSPELT, nearest
from nerlink.sources.nil import is_nil_spelling
from nerlink.trimming import trimmed
from nerlink.words import number_of

__all__ = ["comparable", "id_in", "id_key", "warn_if_apart"]

_PREFIX: Final = re.compile(r"[BIOESLUM][-_]")
"""What a tag has in front of its label."""

_ADDRESS: Final = re.compile(r"<?(?:[A-Za-z][\w.+-]*:(?=\S)|/)(?:\S*[/#:])?([^\s/#:]+)")
"""An address or a prefix, and the id at its end; titles such as `AC/DC` have neither."""

log = logging.getLogger(__name__)

_NOTES = {
    "trimmed": "%s documents: white space trimmed at the edges of %s, as training does.",
    "blank": "%s documents: %s of white space alone left out, as training does.",
    "nil": "%s documents: %s in another spelling of NIL, such as %r, counted as NIL.",
}


def comparable(documents: Iterable[Document], *, side: str, is_told: bool) -> list[Document]:
    """Documents as training would read them: no white space at edges, one spelling of `NIL`.

    Args:
        documents: Sound ones.
        side: What messages call them: `gold` or `predicted`.
        is_told: Whether what is changed was said before.
    """
    changes: Counter[str] = Counter()
    spellings: Counter[str] = Counter()
    found = [
        replace(doc, mentions=mentions) if mentions != doc.mentions else doc
        for doc in documents
        for mentions in [tuple(_comparable(doc, changes, spellings))]
    ]
    if not is_told:
        for change in ("trimmed", "blank"):
            if changes[change]:
                log.warning(_NOTES[change], side, number_of(changes[change], "mentions"))
        if spellings:
            links = number_of(spellings.total(), "links")
            log.warning(_NOTES["nil"], side, links, spellings.most_common(1)[0][0])
    return found


def _comparable(doc: Document, changes: Counter[str], spellings: Counter[str]) -> Iterator[Mention]:
    """The mentions of a document, and counts of what is changed."""
    for mention in doc.mentions:
        start, end = trimmed(doc.text, mention.start, mention.end)
        if start == end:
            changes["blank"] += 1
            continue
        entity = mention.entity
        if entity not in (None, NIL) and is_nil_spelling(entity):
            spellings[entity] += 1
            mention = replace(mention, entity=NIL)
        if (start, end) != (mention.start, mention.end):
            changes["trimmed"] += 1
            mention = replace(mention, start=start, end=end)
        yield mention


def warn_if_apart(gold: Iterable[Document], predicted: Iterable[Document]) -> None:
    """Warn of labels and ids that one side lacks, where the other may write them another way."""
    sides = [[m for doc in side for m in doc.mentions] for side in (gold, predicted)]
    labels = [{m.label for m in mentions if m.label is not None} for mentions in sides]
    ids = [{m.entity for m in mentions if m.entity not in (None, NIL)} for mentions in sides]
    _warn_of_labels(*labels)
    if all(ids) and not ids[0] & ids[1]:
        gold_by_end = {id_key(one): one for one in sorted(ids[0])}
        alike = next((one for one in sorted(ids[1]) if id_key(one) in gold_by_end), None)
        pair = (min(ids[0]), min(ids[1])) if alike is None else (gold_by_end[id_key(alike)], alike)
        log.warning(
            "gold and predicted documents have no entity id in common, so that no link is right: "
            "%r in gold, %r in predicted. %s",
            *pair,
            "Write ids in one form." if alike else "Check that both use the ids of one base.",
        )


def _warn_of_labels(gold: Set[str], predicted: Set[str]) -> None:
    """Warn of labels that one side lacks and that look like one of its own."""
    found = {(_nearest_label(label, gold), label) for label in predicted - gold}
    found |= {(label, _nearest_label(label, predicted)) for label in gold - predicted}
    alike = [f"{there!r} and {here!r}" for there, here in sorted(p for p in found if all(p))]
    if alike:
        log.warning("labels of gold and predicted documents that differ: %s.", ", ".join(alike))
    elif gold and predicted and not gold & predicted:
        log.warning(
            "gold and predicted documents have no label in common, so that no mention is right: "
            "%s in gold, %s in predicted. Rename the labels of one side.",
            *(", ".join(map(repr, sorted(side)[:5])) for side in (gold, predicted)),
        )


def _nearest_label(label: str, labels: Set[str]) -> str:
    """The most alike of some labels, prefixes and case aside; nothing where none is alike."""
    bare = {_PREFIX.sub("", one, count=1) or one: one for one in sorted(labels, reverse=True)}
    near = nearest(_PREFIX.sub("", label, count=1) or label, bare, alike=MISSPELT)
    return bare[near] if near else ""


def id_in(entity: str) -> str:
    """The id without the address or the prefix in front of it.

    >>> [id_in(entity) for entity in ("http://www.wikidata.org/entity/Q90", "wd:Q90", "AC/DC")]
    ['Q90', 'Q90', 'AC/DC']
    """
    found = _ADDRESS.fullmatch(entity.removesuffix(">"))
    return found[1] if found else entity


def id_key(entity: str) -> str:
    """What the forms of an id have in common: no address in front, whatever the case."""
    return id_in(entity).replace(" ", "_").casefold()
