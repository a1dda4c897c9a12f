"""NIF 2.0 in Turtle, read with rdflib, and written one document at a time.

`contexts_of` and `nif_of` are for an exchange in which a context keeps its address, as with GERBIL.
"""

import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import quote, unquote

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.files import read_text
from nerlink.rows import attempt
from nerlink.sources.check import Result, check_document
from nerlink.sources.losses import Losses
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import Names
from nerlink.sources.offsets import in_characters
from nerlink.sources.records import integer, json_from_record, number_or_none
from nerlink.strict_json import parse_json
from nerlink.tables import mapping
from nerlink.words import number_of, shown

__all__ = ["contexts_of", "nif_of", "read_nif", "write_nif"]

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


Phrase = tuple[Mention, str | None]
"""A mention, and the text that it quotes where the file says so."""


def read_nif(
    path: str | Path,
    *,
    documents: str = DOCUMENTS,
    entities: str = ENTITIES,
    labels: str = LABELS,
    encoding: str = "utf-8",
) -> Iterator[Result]:
    """The contexts of a NIF file as documents, in order of their addresses; all are in memory.

    Offsets are characters; where the quoted mentions show that a writer counted UTF-16 units or
    bytes, they are converted, and where they fit no way, the document is refused.

    Args:
        path: The file.
        documents: Cut from the address of a context to make the document's id.
        entities: Cut from the address of an entity; others stay whole.
        labels: Cut from the address of a class; others stay whole.
        encoding: How characters are stored; in Turtle, UTF-8.

    Raises:
        DataError: The file is not Turtle.
    """
    nif = _Graph(str(path), read_text(path, encoding=encoding), entities, labels)
    for _, result in nif.contexts(documents):
        yield result


def contexts_of(text: str, *, where: str) -> Iterator[tuple[str, Result]]:
    """The contexts in some Turtle, each with its address, otherwise as `read_nif`.

    Args:
        text: The Turtle; addresses in it without a base are of `NOWHERE`.
        where: The place that errors name.

    Raises:
        DataError: The text is not Turtle.
    """
    yield from _Graph(where, text, ENTITIES, LABELS, base=NOWHERE).contexts(DOCUMENTS)


NOWHERE: Final = "http://nerlink.invalid/"
"""Base of relative addresses in what somebody sent; by default, it is the folder of the process."""


def _order(address: Any) -> tuple[int, str]:
    # doc-2 before doc-10: by length, then by letter.
    return len(str(address).partition("#")[0]), str(address)


_CUT_SHORT: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What the parser of rdflib raises, beside its own, where a file ends in the middle of a word."""


_PARSING: Final = threading.Lock()


@contextmanager
def _plain_literals() -> Iterator[None]:
    """Literals stay the text that they are, without a word of rdflib on those of a wrong type.

    Otherwise `"1e999999999"^^xsd:decimal` would be written out, with a gigabyte of zeros. Both
    settings are of the whole process, so one thread at a time may change them and change them back.
    """
    import rdflib

    with _PARSING:
        log, before = logging.getLogger("rdflib.term"), rdflib.NORMALIZE_LITERALS
        level = log.level
        rdflib.NORMALIZE_LITERALS = False
        log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            rdflib.NORMALIZE_LITERALS = before
            log.setLevel(level)


class _Graph:
    """The triples of a file, asked in the words of NIF and ITS.

    Args:
        where: The place that errors name, such as the path of the file.
        text: What is in it.
        entities: What the address of an entity begins with.
        labels: What the address of a class begins with.
        base: Put before relative addresses; the folder of the process by default.

    Raises:
        DataError: The file is not Turtle.
    """

    def __init__(
        self, where: str, text: str, entities: str, labels: str, *, base: str | None = None
    ) -> None:
        import rdflib
        from rdflib.exceptions import Error as RdfError
        from rdflib.plugins.parsers.notation3 import BadSyntax

        self.where = where
        self.bases = {"entities": entities, "labels": labels}
        self.uri, self.type = rdflib.URIRef, rdflib.RDF.type
        self.graph = rdflib.Graph()
        try:
            with _plain_literals():
                self.graph.parse(data=text, format="turtle", publicID=base)
        except BadSyntax as error:
            reason = " ".join(str(error).split())
            raise DataError(f"{where}:{error.lines + 1}: not Turtle: {reason:.200}.") from error
        except (RdfError, *_CUT_SHORT) as error:
            raise DataError(
                f"{where}: not Turtle: it is cut short, damaged or nested too deep "
                f"({type(error).__name__}). Copy or write the file again."
            ) from error

    def contexts(self, documents: str) -> Iterator[tuple[str, Result]]:
        """Each context: its address, and its document; phrases without a context are an error.

        Args:
            documents: Cut from the address of a context to make the document's id.
        """
        names = Names(self.where)
        phrases = self.phrases_by_context()
        contexts = sorted(set(self.graph.subjects(self.uri(NIF + "isString"))), key=_order)
        for context in sorted(phrases.keys() - set(contexts), key=_order):
            n_lost = number_of(len(phrases[context]), "phrases")
            error = DataError(f"{self.where}: {n_lost} of {context}, which has no nif:isString.")
            yield str(context), error
        for context in contexts:
            address = str(context).partition("#")[0].removeprefix(documents)
            name = None if address.startswith(UNNAMED) or not address else unquote(address)
            subjects = phrases.get(context, [])
            where = f"{self.where}: context {context}"
            found = attempt(self.document, context, subjects, name, where=where, say=names.say)
            yield str(context), found

    def phrases_by_context(self) -> dict[Any, list[Any]]:
        """The addresses that refer to a context, by its address."""
        phrases: dict[Any, list[Any]] = {}
        for phrase, context in self.graph.subject_objects(self.uri(NIF + "referenceContext")):
            phrases.setdefault(context, []).append(phrase)
        return phrases

    def document(
        self,
        context: Any,
        subjects: Sequence[Any],
        name: str | None,
        *,
        where: str,
        say: Callable[[str], None],
    ) -> Document:
        """The document of a context.

        Args:
            context: Its address.
            subjects: What refers to it: its phrases, words and sentences.
            name: Its id.
            where: The place that errors name.
            say: Called with what was converted.

        Raises:
            DataError: A value is wrong, or offsets do not fit the quoted mentions.
        """
        text = self._value(context, NIF + "isString", where=where) or ""
        said_of = (self._phrase(subject, where=f"{where}: {subject}") for subject in subjects)
        phrases = [phrase for phrase in said_of if phrase is not None]
        places = [f"{where}: mention {m.start}-{m.end}" for m, _ in phrases]
        found = [mention for mention, _ in phrases]
        quoted = [anchor for _, anchor in phrases]
        mentions = in_characters(text, found, quoted, places=places, say=say)
        said = self._value(context, META, where=where)
        meta = {} if said is None else parse_json(said, where=f"{where}: meta")
        doc = Document(
            text=text,
            id=name,
            mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end, str(m.label)))),
            meta=mapping(meta, where=f"{where}: meta"),
        )
        return check_document(doc, where=where)

    def _value(self, subject: Any, address: str, *, where: str, option: str = "") -> str | None:
        """The one value of a property, or of several addresses the one of the base that is named.

        Args:
            subject: What has the property.
            address: The property.
            where: The place that errors name.
            option: The option of `read_nif` that names the base of its values.

        Raises:
            DataError: There are several values, of which any would be as right.
        """
        found = sorted(set(map(str, self.graph.objects(subject, self.uri(address)))))
        if len(found) > 1 and option and (base := self.bases[option]) not in (ENTITIES, LABELS):
            found = [value for value in found if value.startswith(base)] or found
        if len(found) > 1:
            advice = "Leave one."
            if option:
                advice = f"Say which addresses to take, such as {option}={_EXAMPLES[option]}."
            raise DataError(
                f"{where}: {re.split('[#/:]', address)[-1]} has {len(found)} values, "
                f"{shown(found[0], 60)} and {shown(found[1], 60)}. {advice}"
            )
        return found[0] if found else None

    def _phrase(self, subject: Any, *, where: str) -> Phrase | None:
        """A mention, or `None` for a word or a sentence, which say nothing about entities."""
        entity = self._entity(subject, where=where)
        label = self._value(subject, ITSRDF + "taClassRef", where=where, option="labels")
        kinds = {str(kind).removeprefix(NIF) for kind in self.graph.objects(subject, self.type)}
        # GERBIL has called the spans that it asks about no more than strings.
        is_phrase = "Phrase" in kinds or (kinds and kinds <= _STRINGS)
        if entity is None and label is None and not is_phrase:
            return None
        values = {
            "nif:beginIndex": self._value(subject, NIF + "beginIndex", where=where),
            "nif:endIndex": self._value(subject, NIF + "endIndex", where=where),
            "taConfidence": self._value(subject, ITSRDF + "taConfidence", where=where),
        }
        self._value(subject, NIF + "referenceContext", where=where)  # it belongs to one document
        mention = Mention(
            start=integer(values, "nif:beginIndex", where=where),
            end=integer(values, "nif:endIndex", where=where),
            label=None if label is None else _without_base(label, self.bases["labels"]),
            entity=entity,
            link_score=number_or_none(values, "taConfidence", where=where),
        )
        return mention, self._value(subject, NIF + "anchorOf", where=where)

    def _entity(self, subject: Any, *, where: str) -> str | None:
        entity = self._value(subject, ITSRDF + "taIdentRef", where=where, option="entities")
        if entity is None:
            return None
        return (
            NIL if entity.startswith(NOT_IN_WIKI) else _without_base(entity, self.bases["entities"])
        )


_STRINGS: Final = frozenset({"String", "RFC5147String"})
"""Classes of any stretch of text, which say neither that it is a word nor that it is a sentence."""

_EXAMPLES: Final = {
    "entities": "http://www.wikidata.org/entity/",
    "labels": "http://dbpedia.org/ontology/",
}


def _without_base(address: str, base: str) -> str:
    return unquote(address.removeprefix(base)) if address.startswith(base) else address


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
    for number, doc in enumerate(with_plain_meta(documents, losses)):
        if doc.id in ids:
            raise DataError(f"id {doc.id!r} occurs twice; in NIF, documents of one id are one.")
        ids |= {doc.id} if doc.id is not None else set()
        losses.note(doc, carried=_CARRIED)
        address = base + (f"{UNNAMED}{number}" if doc.id is None else quote(doc.id, safe=""))
        context = f"<{address}#char=0,{len(doc.text)}>"
        links = partial(_address, base=entities)
        for block in (_context(doc, context), *_phrases(doc, address, context, links, labels)):
            handle.write(f"\n{block}")


def nif_of(
    contexts: Iterable[tuple[str, Document]], *, entities: Callable[[str], str] | None = None
) -> str:
    """Contexts under their own addresses in Turtle of ASCII alone, otherwise as `write_nif`.

    GERBIL reads an answer in the character set of its platform, whatever is declared.

    Args:
        contexts: The address of each context, and its document.
        entities: The address of an entity, by its id; by default as `write_nif`.
    """

    def links(entity: str) -> str:
        return f"<{_safe(entities(entity))}>" if entities else _address(entity, ENTITIES)

    blocks = [_HEAD]
    for written, doc in contexts:
        address = _safe(written)
        context, base = f"<{address}>", address.partition("#")[0]
        blocks += [_context(doc, context), *_phrases(doc, base, context, links, LABELS)]
    return _BEYOND_ASCII.sub(_escaped, "\n".join(blocks))


def _safe(address: str) -> str:
    return _UNSAFE.sub(lambda one: quote(one[0]), address)


_UNSAFE: Final = re.compile(r"[\x00-\x20<>\"{}|\\^`]")
"""What an address in Turtle must not have, but may be made to have by an escape."""

_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def _escaped(character: re.Match[str]) -> str:
    code = ord(character[0])
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _context(doc: Document, context: str) -> str:
    meta = f" ;\n  <{META}> {_literal(json_from_record(doc.meta))}" if doc.meta else ""
    return (
        f"{context} a nif:Context, nif:RFC5147String ;\n"
        f"  nif:beginIndex {_index(0)} ;\n  nif:endIndex {_index(len(doc.text))} ;\n"
        f"  nif:isString {_literal(doc.text)}{meta} .\n"
    )


def _phrases(
    doc: Document, address: str, context: str, entities: Callable[[str], str], labels: str
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
            f"nif:beginIndex {_index(mention.start)}",
            f"nif:endIndex {_index(mention.end)}",
            f"nif:anchorOf {_literal(surface)}",
            *_links(mention, surface, entities, labels),
        ]
        yield " ;\n  ".join(lines) + " .\n"


def _links(
    mention: Mention, surface: str, entities: Callable[[str], str], labels: str
) -> Iterator[str]:
    if mention.label is not None:
        yield f"itsrdf:taClassRef {_address(mention.label, labels)}"
    if mention.entity == NIL:
        yield f"itsrdf:taIdentRef <{NOT_IN_WIKI}{quote(surface, safe='')}>"
    elif mention.entity is not None:
        yield f"itsrdf:taIdentRef {entities(mention.entity)}"
    if mention.link_score is not None:
        yield f'itsrdf:taConfidence "{mention.link_score!r}"^^xsd:double'


def _address(name: str, base: str) -> str:
    # An entity with the address of what is in no base would come back as NIL.
    is_address = _ADDRESS.fullmatch(name) and not name.startswith(NOT_IN_WIKI)
    return f"<{name if is_address else base + quote(name, safe='')}>"


def _index(value: int) -> str:
    return f'"{value}"^^xsd:nonNegativeInteger'


def _literal(text: str) -> str:
    # JSON escapes the same characters as Turtle, in the same way.
    return json.dumps(text, ensure_ascii=False)
