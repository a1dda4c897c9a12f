"""What two sides write in two ways and mean alike, made the same before they are compared."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from nerlink.data import NIL, Document, Mention
from nerlink.sources.nil import is_nil_spelling
from nerlink.trimming import trimmed
from nerlink.words import number_of

__all__ = ["comparable"]

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
