"""NIF 2.0 in Turtle, written: one document at a time."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, TextIO
from urllib.parse import quote

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources.losses import Losses
from nerlink.sources.nif import (
    DOCUMENTS,
    ENTITIES,
    ITSRDF,
    LABELS,
    META,
    NIF,
    NOT_IN_WIKI,
    UNNAMED,
)
from nerlink.sources.records import json_from_record

__all__ = ["write_nif"]

_CARRIED: Final = frozenset({"ids", "mentions", "labels", "links", "link scores", "meta columns"})
_HEAD: Final = f"""@prefix nif: <{NIF}> .
@prefix itsrdf: <{ITSRDF}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"{}|\\^`]+")


def write_nif(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    *,
    base: str = DOCUMENTS,
    entities: str = ENTITIES,
    labels: str = LABELS,
) -> None:
    """Each document as a `nif:Context`, each mention as a `nif:Phrase` of it.

    Args:
        documents: What to write; ids must be unique, and may be missing.
        handle: The open file.
        losses: Counts what NIF does not carry here.
        base: Put before a document's id to make its address.
        entities: Put before an entity's id, such as `http://www.wikidata.org/entity/`; an id
            that is an address stays as it is.
        labels: Put before a label, likewise.

    Raises:
        DataError: Two documents have the same id.
    """
    handle.write(_HEAD)
    ids: set[str] = set()
    for number, doc in enumerate(documents):
        if doc.id in ids:
            raise DataError(f"id {doc.id!r} occurs twice; in NIF, documents of one id are one.")
        ids |= {doc.id} if doc.id is not None else set()
        losses.note(doc, carried=_CARRIED)
        address = base + (f"{UNNAMED}{number}" if doc.id is None else quote(doc.id, safe=""))
        context = f"<{address}#char=0,{len(doc.text)}>"
        for block in (_context(doc, context), *_phrases(doc, address, context, entities, labels)):
            handle.write(f"\n{block}")


def _context(doc: Document, context: str) -> str:
    meta = f" ;\n  <{META}> {_literal(json_from_record(dict(doc.meta)))}" if doc.meta else ""
    return (
        f"{context} a nif:Context, nif:RFC5147String ;\n"
        f"  nif:beginIndex {_number(0)} ;\n  nif:endIndex {_number(len(doc.text))} ;\n"
        f"  nif:isString {_literal(doc.text)}{meta} .\n"
    )


def _phrases(
    doc: Document, address: str, context: str, entities: str, labels: str
) -> Iterator[str]:
    seen: Counter[tuple[int, int]] = Counter()
    for mention in doc.mentions:
        place = (mention.start, mention.end)
        again = f",{seen[place]}" if seen[place] else ""  # two mentions of one span are two
        seen[place] += 1
        surface = doc.surface(mention)
        lines = [
            f"<{address}#char={mention.start},{mention.end}{again}> "
            "a nif:Phrase, nif:RFC5147String",
            f"nif:referenceContext {context}",
            f"nif:beginIndex {_number(mention.start)}",
            f"nif:endIndex {_number(mention.end)}",
            f"nif:anchorOf {_literal(surface)}",
            *_links(mention, surface, entities, labels),
        ]
        yield " ;\n  ".join(lines) + " .\n"


def _links(mention: Mention, surface: str, entities: str, labels: str) -> Iterator[str]:
    if mention.label is not None:
        yield f"itsrdf:taClassRef {_address(mention.label, labels)}"
    if mention.entity == NIL:
        yield f"itsrdf:taIdentRef {_address(surface, NOT_IN_WIKI)}"
    elif mention.entity is not None:
        yield f"itsrdf:taIdentRef {_address(mention.entity, entities)}"
    if mention.link_score is not None:
        yield f'itsrdf:taConfidence "{mention.link_score!r}"^^xsd:double'


def _address(name: str, base: str) -> str:
    return f"<{name if _ADDRESS.fullmatch(name) else base + quote(name, safe='')}>"


def _number(value: int) -> str:
    return f'"{value}"^^xsd:nonNegativeInteger'


def _literal(text: str) -> str:
    # JSON escapes the same characters as Turtle, in the same way.
    return json.dumps(text, ensure_ascii=False)
