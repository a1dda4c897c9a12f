"""NIF 2.0 in Turtle, read with rdflib, and written one document at a time."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import quote, unquote

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.files import read_text
from nerlink.sources.check import Result, check_document
from nerlink.sources.losses import Losses
from nerlink.sources.records import json_from_record, number_or_none
from nerlink.tables import attempt, mapping, parse_json
from nerlink.words import counted

__all__ = [
    "DOCUMENTS",
    "ENTITIES",
    "ITSRDF",
    "LABELS",
    "META",
    "NIF",
    "NOT_IN_WIKI",
    "UNNAMED",
    "read_nif",
    "write_nif",
]


NIF: Final = "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#"
ITSRDF: Final = "http://www.w3.org/2005/11/its/rdf#"
NOT_IN_WIKI: Final = "http://aksw.org/notInWiki/"
"""What benchmarks put before the name of an entity that no knowledge base has."""

DOCUMENTS: Final = "urn:nerlink:document:"
ENTITIES: Final = "urn:nerlink:entity:"
LABELS: Final = "urn:nerlink:label:"
META: Final = "urn:nerlink:meta"
UNNAMED: Final = "//"
"""What the address of a document without an id has after its base, where no quoted id has it."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    mention: Mention
    anchor: str | None


def read_nif(
    path: str | Path,
    *,
    documents: str = DOCUMENTS,
    entities: str = ENTITIES,
    labels: str = LABELS,
) -> Iterator[Result]:
    """The contexts of a NIF file as documents, in order of their addresses; all are in memory.

    Offsets are characters; where the quoted mentions show that a writer counted UTF-16 units,
    they are converted, and where they fit neither way, the document is refused.

    Args:
        path: The file.
        documents: Cut from the address of a context to make the document's id.
        entities: Cut from the address of an entity; others stay whole.
        labels: Cut from the address of a class; others stay whole.

    Raises:
        DataError: The file is not Turtle.
    """
    graph = _graph(path)
    nif = _Vocabulary(graph)
    bases = (entities, labels)
    phrases = nif.subjects_by("referenceContext")
    contexts = sorted(nif.having("isString"), key=_order)
    for context in sorted(phrases.keys() - set(contexts), key=_order):
        n_lost = counted(len(phrases[context]), "phrases")
        yield DataError(f"{path}: {n_lost} of {context}, which has no nif:isString.")
    for context in contexts:
        name = _document_id(str(context).partition("#")[0].removeprefix(documents))
        where = f"{path}: context {context}"
        yield attempt(_document, nif, context, phrases.get(context, []), name, bases, where=where)


def _document_id(address: str) -> str | None:
    return None if address.startswith(UNNAMED) or not address else unquote(address)


def _order(address: Any) -> tuple[int, str]:
    # doc-2 before doc-10: by length, then by letter.
    return len(str(address).partition("#")[0]), str(address)


def _graph(path: str | Path) -> Any:
    import rdflib
    from rdflib.plugins.parsers.notation3 import BadSyntax

    graph = rdflib.Graph()
    try:
        graph.parse(data=read_text(path), format="turtle")
    except BadSyntax as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}:{error.lines + 1}: not Turtle: {reason:.200}.") from error
    return graph


class _Vocabulary:
    """A graph, asked in NIF's and ITS's words."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def value(self, subject: Any, name: str, *, base: str = NIF) -> Any:
        from rdflib import URIRef

        return self.graph.value(subject, URIRef(base + name), any=True)

    def entity(self, subject: Any, base: str, *, where: str) -> Any:
        """What a phrase means: the one address, or the one that begins with `base`."""
        from rdflib import URIRef

        found = sorted(set(self.graph.objects(subject, URIRef(ITSRDF + "taIdentRef"))))
        own = [address for address in found if str(address).startswith(base)]
        if len(own or found) > 1:
            raise DataError(
                f"{where}: means {' and '.join(map(str, own or found))}. Say which addresses "
                "to take, such as entities=http://www.wikidata.org/entity/."
            )
        return (own or found or [None])[0]

    def having(self, name: str) -> list[Any]:
        from rdflib import URIRef

        return list(set(self.graph.subjects(URIRef(NIF + name))))

    def subjects_by(self, name: str) -> dict[Any, list[Any]]:
        from rdflib import URIRef

        groups: dict[Any, list[Any]] = {}
        for subject, value in self.graph.subject_objects(URIRef(NIF + name)):
            groups.setdefault(value, []).append(subject)
        return groups


def _document(
    nif: _Vocabulary,
    context: Any,
    subjects: Sequence[Any],
    name: str | None,
    bases: tuple[str, str],
    *,
    where: str,
) -> Document:
    text = str(nif.value(context, "isString"))
    found = (_phrase(nif, subject, bases, where=f"{where}: {subject}") for subject in subjects)
    phrases = [phrase for phrase in found if phrase is not None]
    mentions = _in_characters(text, phrases, where=where)
    meta = nif.value(context, META, base="")
    meta = {} if meta is None else parse_json(str(meta), where=f"{where}: meta")
    doc = Document(
        text=text,
        id=name,
        mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end, str(m.label)))),
        meta=mapping(meta, where=f"{where}: meta"),
    )
    return check_document(doc, where=where)


def _phrase(
    nif: _Vocabulary, subject: Any, bases: tuple[str, str], *, where: str
) -> _Phrase | None:
    """A mention, or `None` for a word or a sentence, which say nothing about entities."""
    entity = nif.entity(subject, bases[0], where=where)
    label = nif.value(subject, "taClassRef", base=ITSRDF)
    if entity is None and label is None and not _is_phrase(nif, subject):
        return None
    score = nif.value(subject, "taConfidence", base=ITSRDF)
    confidence = {"taConfidence": None if score is None else str(score)}
    anchor = nif.value(subject, "anchorOf")
    mention = Mention(
        start=_offset(nif, subject, "beginIndex", where=where),
        end=_offset(nif, subject, "endIndex", where=where),
        label=None if label is None else _name(str(label), bases[1]),
        entity=None if entity is None else _entity(str(entity), bases[0]),
        link_score=number_or_none(confidence, "taConfidence", where=where),
    )
    return _Phrase(mention, None if anchor is None else str(anchor))


def _is_phrase(nif: _Vocabulary, subject: Any) -> bool:
    from rdflib import RDF, URIRef

    return (subject, RDF.type, URIRef(NIF + "Phrase")) in nif.graph


def _offset(nif: _Vocabulary, subject: Any, name: str, *, where: str) -> int:
    value = nif.value(subject, name)
    if value is None or not str(value).isdecimal():
        raise DataError(f"{where}: nif:{name} is {value!s}; it must be a whole number.")
    return int(str(value))


def _entity(address: str, base: str) -> str:
    return NIL if address.startswith(NOT_IN_WIKI) else _name(address, base)


def _name(address: str, base: str) -> str:
    return unquote(address.removeprefix(base)) if address.startswith(base) else address


def _in_characters(text: str, phrases: Sequence[_Phrase], *, where: str) -> list[Mention]:
    """Mentions whose text is what they quote, offsets converted from UTF-16 if need be."""
    wrong = [phrase for phrase in phrases if not _is_quoted(text, phrase)]
    if not wrong:
        return [phrase.mention for phrase in phrases]
    characters = _characters_by_unit(text)
    converted = [_converted(phrase, characters) for phrase in phrases]
    if all(_is_quoted(text, phrase) for phrase in converted):
        return [phrase.mention for phrase in converted]
    mention = wrong[0].mention
    raise DataError(
        f"{where}: the mention {mention.start}-{mention.end} quotes {wrong[0].anchor!r}, "
        f"but the text there is {text[mention.start : mention.end]!r}."
    )


def _is_quoted(text: str, phrase: _Phrase) -> bool:
    mention = phrase.mention
    return phrase.anchor is None or text[mention.start : mention.end] == phrase.anchor


def _characters_by_unit(text: str) -> list[int]:
    """The character at each UTF-16 unit, and one past the last."""
    units = [i for i, character in enumerate(text) for _ in range(1 + (ord(character) > 0xFFFF))]
    return [*units, len(text)]


def _converted(phrase: _Phrase, characters: Sequence[int]) -> _Phrase:
    last = len(characters) - 1
    start, end = min(phrase.mention.start, last), min(phrase.mention.end, last)
    mention = replace(phrase.mention, start=characters[start], end=characters[end])
    return replace(phrase, mention=mention)


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
