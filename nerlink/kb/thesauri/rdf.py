"""SKOS, OWL and RDF Schema from Turtle, N-Triples and RDF/XML, triple by triple.

Nothing that a file names is opened: neither imports nor external entities of XML.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from nerlink.errors import DataError
from nerlink.kb.thesauri.facts import Fact, Property
from nerlink.kb.thesauri.ids import is_address, local_part
from nerlink.kb.thesauri.opening import HEAD, open_utf8, require
from nerlink.words import shown

__all__ = ["read_rdf"]

RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SKOS_XL: Final = "http://www.w3.org/2008/05/skos-xl#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
OBO: Final = "http://purl.obolibrary.org/obo/"
OBO_IN_OWL: Final = "http://www.geneontology.org/formats/oboInOwl#"
TERMS: Final = "http://purl.org/dc/terms/"

_TYPES: Final[Mapping[str, tuple[Property, ...]]] = {
    f"{SKOS}Concept": (Property.CONCEPT,),
    f"{OWL}Class": (Property.CONCEPT,),
    f"{RDFS}Class": (Property.CONCEPT,),
    f"{OWL}DeprecatedClass": (Property.CONCEPT, Property.GONE),
    f"{SKOS}ConceptScheme": (Property.OTHER,),
    f"{SKOS}Collection": (Property.OTHER,),
    f"{SKOS}OrderedCollection": (Property.OTHER,),
    f"{OWL}Ontology": (Property.OTHER,),
    f"{OWL}AnnotationProperty": (Property.OTHER,),
    f"{OWL}DatatypeProperty": (Property.OTHER,),
    f"{OWL}ObjectProperty": (Property.OTHER,),
}
"""What a thing is by its `rdf:type`."""

_OF_TEXTS: Final[Mapping[str, Property]] = {
    f"{SKOS}prefLabel": Property.LABEL,
    f"{RDFS}label": Property.SECOND_LABEL,
    f"{SKOS}altLabel": Property.EXACT,
    f"{SKOS}hiddenLabel": Property.EXACT,
    f"{OBO_IN_OWL}hasExactSynonym": Property.EXACT,
    f"{OBO_IN_OWL}hasNarrowSynonym": Property.NARROW,
    f"{OBO_IN_OWL}hasBroadSynonym": Property.BROAD,
    f"{OBO_IN_OWL}hasRelatedSynonym": Property.RELATED,
    f"{SKOS_XL}literalForm": Property.FORM,
    f"{SKOS}definition": Property.DEFINITION,
    f"{OBO}IAO_0000115": Property.DEFINITION,
    f"{SKOS}scopeNote": Property.NOTE,
    f"{RDFS}comment": Property.COMMENT,
    f"{TERMS}description": Property.COMMENT,
    f"{OBO_IN_OWL}hasOBONamespace": Property.SCHEME,
    f"{OBO}IAO_0100001": Property.REPLACED_BY,  # some write a text, `GO:0005634`
}

_OF_THINGS: Final[Mapping[str, Property]] = {
    f"{SKOS}broader": Property.PARENT,
    f"{RDFS}subClassOf": Property.PARENT,
    f"{SKOS}inScheme": Property.SCHEME,
    f"{SKOS}topConceptOf": Property.SCHEME,
    f"{TERMS}isReplacedBy": Property.REPLACED_BY,
    f"{OBO}IAO_0100001": Property.REPLACED_BY,
    "http://dbpedia.org/ontology/wikiPageRedirects": Property.REPLACED_BY,
    f"{SKOS_XL}prefLabel": Property.LABEL_AT,
    f"{SKOS_XL}altLabel": Property.EXACT_AT,
    f"{SKOS_XL}hiddenLabel": Property.EXACT_AT,
}

_OF_THINGS_BACKWARDS: Final[Mapping[str, Property]] = {
    f"{SKOS}narrower": Property.PARENT,
    f"{SKOS}hasTopConcept": Property.SCHEME,
    f"{TERMS}replaces": Property.REPLACED_BY,
}

_OF_CONCEPTS: Final = {
    *(f"{SKOS}{name}" for name in ("prefLabel", "broader", "inScheme", "topConceptOf")),
    f"{SKOS_XL}prefLabel",
}
"""What only concepts have; some files name no types. Schemes that have a label say that they are
schemes."""

_STATUS: Final = {
    f"{OWL}deprecated",
    "http://www.w3.org/2003/06/sw-vocab-status/ns#term_status",
    "http://www.w3.org/ns/adms#status",
    "http://publications.europa.eu/ontology/euvoc#status",
}
_OF_THE_PAST: Final = {"true", "1", "deprecated", "obsolete", "archaic", "retired", "withdrawn"}
_ANYTHING: Final = {f"{OWL}Thing", f"{RDFS}Resource", f"{OWL}Nothing"}
"""Classes that say nothing of what is below them."""

_NAMES: Final[Mapping[str, str]] = {
    "TURTLE": "Turtle",
    "N_TRIPLES": "N-Triples",
    "RDF_XML": "RDF/XML",
}
_LABELS_AT: Final = {Property.LABEL_AT, Property.EXACT_AT}
_FORM: Final = f"{SKOS_XL}literalForm"
_TURTLE: Final = re.compile(r"@?(?:prefix|base)\s|#|<(?:[a-z]+://|urn:|#)", re.IGNORECASE)
_OPENED: Final = re.compile(rb"<(?:[\w.-]+:)?RDF[\s>]")
_CLOSED: Final = re.compile(rb"</(?:[\w.-]+:)?RDF\s*>")
_HARMLESS: Final = re.compile(
    rb"""<!ENTITY\s+[\w.:-]{1,100}\s+(?:"[^"&%<>]{0,250}"|'[^'&%<>]{0,250}')\s*>"""
)
"""Without others in it, and so short that what comes out is not much more than the file."""


def read_rdf(path: Path) -> Iterator[Fact]:
    """What the triples of a file say of concepts and classes; what else they say is left out.

    Raises:
        DataError: pyoxigraph is missing, or the file is not in its format, with the line.
    """
    pyoxigraph = require("pyoxigraph", path=path)
    with open_utf8(path) as (handle, head):
        name = _format_of(path, head)
        source = _HarmlessXml(handle, path) if name == "RDF_XML" else handle
        try:
            # Lenient: blanks in addresses are common, and do no harm in an id.
            triples = pyoxigraph.parse(
                source, format=getattr(pyoxigraph.RdfFormat, name), lenient=True
            )
            yield from _facts_of(triples, pyoxigraph)
        except SyntaxError as error:
            line = error.lineno or getattr(source, "n_lines", 1)
            reason = re.sub(r"^Parser error .*?: ", "", " ".join(str(error.msg).split()))
            advice = "Mend it, or copy the file again."
            if re.search("utf-?8", reason, flags=re.IGNORECASE):
                advice = "Save the file as UTF-8."
            raise DataError(
                f"{path}:{line}: not {_NAMES[name]}: {reason:.200}. {advice}"
            ) from error


def _format_of(path: Path, head: bytes) -> str:
    """The format of a file by its ending, or what is in it where the ending leaves it open.

    Raises:
        DataError: It is in a format that only looks as if it were one of triples.
    """
    text = head.decode("latin-1").lstrip()
    is_xml = re.search(r"<Ontology\s", text) and not _OPENED.search(head)
    if is_xml or re.match(r"Prefix(?::|\s*\()|Ontology\s*[(:]", text):
        raise DataError(
            f"{path}: an ontology in functional, Manchester or OWL/XML syntax. Save it as RDF/XML "
            "or Turtle: in Protégé, or with robot convert --format owl."
        )
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending == ".nt":
        return "N_TRIPLES"
    return "TURTLE" if ending == ".ttl" or _TURTLE.match(text) else "RDF_XML"


def _facts_of(triples: Iterable[Any], pyoxigraph: Any) -> Iterator[Fact]:
    """What triples say, as far as it is of interest."""
    literal, named = pyoxigraph.Literal, pyoxigraph.NamedNode
    for triple in triples:
        predicate, thing = triple.predicate.value, triple.object
        if not isinstance(triple.subject, named):
            # What has no address cannot be an entity, but it may be a label of one.
            if predicate == _FORM and isinstance(thing, literal):
                language = (thing.language or "").lower()
                yield Fact(str(triple.subject), Property.FORM, thing.value, language)
            continue
        subject = triple.subject.value
        if predicate in _OF_CONCEPTS:
            yield Fact(subject, Property.CONCEPT)
        if isinstance(thing, literal):
            yield from _of_text(subject, predicate, thing.value, (thing.language or "").lower())
        elif isinstance(thing, named):
            yield from _of_thing(subject, predicate, thing.value)
        elif (property_ := _OF_THINGS.get(predicate)) in _LABELS_AT:
            yield Fact(subject, property_, str(thing))


def _of_text(subject: str, predicate: str, text: str, language: str) -> Iterator[Fact]:
    if (property_ := _OF_TEXTS.get(predicate)) is not None:
        if property_ == Property.REPLACED_BY:
            # Written as a text, it is a short form: `GO:0005634` or `GO_0005634`.
            text = text if is_address(text) else OBO + text.replace(":", "_")
        if text.strip():
            yield Fact(subject, property_, text, language)
    elif predicate in _STATUS and text.strip().lower() in _OF_THE_PAST:
        yield Fact(subject, Property.GONE)


def _of_thing(subject: str, predicate: str, thing: str) -> Iterator[Fact]:
    if (property_ := _OF_THINGS.get(predicate)) is not None:
        if thing not in _ANYTHING:
            yield Fact(subject, property_, thing)
    elif (property_ := _OF_THINGS_BACKWARDS.get(predicate)) is not None:
        yield Fact(thing, property_, subject)
    elif predicate == RDF_TYPE:
        yield from (Fact(subject, kind) for kind in _TYPES.get(thing, ()))
    elif predicate in _STATUS and local_part(thing).lower() in _OF_THE_PAST:
        yield Fact(subject, Property.GONE)


class _HarmlessXml(io.RawIOBase):
    """The bytes of an XML file, up to a declaration that could fill the memory or open a file.

    Entities of a few letters are read, as many ontologies shorten addresses by them. Those that
    hold others, or are long, are refused: a line of them can stand for gigabytes. `n_lines` counts
    the lines that were handed out, as pyoxigraph does not say on which one of XML it stops.

    Args:
        handle: The file.
        path: Its name, for errors.
    """

    def __init__(self, handle: BinaryIO, path: Path) -> None:
        self.handle = handle
        self.path = path
        self.n_lines = 1
        self._rest = memoryview(b"")
        self._first = self._last = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(self._checked())  # cut again and again, without copies
        part, self._rest = bytes(self._rest[: len(buffer)]), self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self.n_lines += part.count(b"\n")
        return len(part)

    def _checked(self) -> bytes:
        content = self.handle.read(HEAD)
        # A declaration that began must be seen to its end.
        while content.rfind(b"<") > content.rfind(b">") and (more := self.handle.read(HEAD)):
            content += more
        for declared in re.finditer(rb"<!ENTITY\s[^>]*>?", content):
            if not _HARMLESS.fullmatch(declared[0]):
                line = self.n_lines + content.count(b"\n", 0, declared.start())
                raise DataError(
                    f"{self.path}:{line}: {shown(declared[0].decode('latin-1'))}, an entity of XML "
                    "that is long, holds others or stands for a file, which could be an attack. "
                    "Write the text out where it is used."
                )
        if not content and _OPENED.search(self._first) and not _CLOSED.search(self._last):
            # pyoxigraph takes a file that was cut off between two elements for a whole one.
            raise DataError(
                f"{self.path}:{self.n_lines}: cut short, before the end of rdf:RDF. Copy the file "
                "again."
            )
        self._first = self._first or content
        self._last = (self._last + content)[-HEAD:]
        return content
