"""UIMA CAS as XMI, which INCEpTION and WebAnno export: one file a document."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.rows import attempt
from nerlink.sources.check import Result
from nerlink.sources.folders import file_name, files_at
from nerlink.sources.foreign import own_entity
from nerlink.sources.found import Found, column_name, document_from_found, more_of
from nerlink.sources.keys import MENTION_COLUMNS
from nerlink.sources.losses import Losses, left_out
from nerlink.sources.names import Names
from nerlink.sources.xml import clean_text, read_xml
from nerlink.words import shown

__all__ = ["XmiLayer", "read_xmi", "write_xmi"]

_XMI: Final = "http://www.omg.org/XMI"
_CAS: Final = "http:///uima/cas.ecore"
_CORE: Final = "de.tudarmstadt.ukp.dkpro.core.api"
_NAMESPACE: Final = f"http:///{_CORE.replace('.', '/')}"
_NER: Final = f"{_NAMESPACE}/ner/type.ecore"
_SEGMENTS: Final = f"{_NAMESPACE}/segmentation/type.ecore"
_META: Final = f"{_NAMESPACE}/metadata/type.ecore"


@dataclass(frozen=True, kw_only=True)
class XmiLayer:
    """Which annotations become mentions.

    Args:
        layer: The type of the annotations, without what stands before its last full stop.
        label: Its feature that has the label.
        entity: Its feature that has the entity, an address in INCEpTION.
        ids: `keep` takes the address for the entity, `cut` what stands behind its last `/` or
            `#`: `Q7259` of `http://www.wikidata.org/entity/Q7259`.
    """

    layer: str = "NamedEntity"
    label: str = "value"
    entity: str = "identifier"
    ids: str = "keep"


def read_xmi(path: str | Path, form: XmiLayer) -> Iterator[Result]:
    """The documents of a folder, or of one file, with their named entities; named after the files.

    Offsets count UTF-16 units, as Java does, and become characters. Other layers are left out and
    counted; other features of a mention are kept in columns.

    Args:
        path: The file or the folder.
        form: Which annotations become mentions.
    """
    if form.ids not in ("keep", "cut"):
        raise DataError(f"ids is {form.ids!r}; it must be 'keep' or 'cut'.")
    root = Path(path)
    files = [f for f in files_at(path) if f.suffix == ".xmi"] if root.is_dir() else [path]
    if not files:
        raise DataError(f"{path}: no file there ends in .xmi. Export the project as UIMA CAS XMI.")
    names = Names(str(path))
    with left_out(path) as losses:
        for file in files:
            name = Path(file).relative_to(root) if root.is_dir() else Path(Path(file).name)
            doc_id = name.as_posix().removesuffix(".gz").removesuffix(".xmi") or None
            yield attempt(
                _document, file, None if str(file) == "-" else doc_id, form, names, losses
            )


def _document(
    path: str | Path, doc_id: str | None, form: XmiLayer, names: Names, losses: Losses
) -> Document:
    root = read_xml(path)
    sofas = {node.get(f"{{{_XMI}}}id"): node for node in root.iter(f"{{{_CAS}}}Sofa")}
    initial = [i for i, node in sofas.items() if node.get("sofaID") == "_InitialView"]
    sofa = initial[0] if initial else next(iter(sofas), None)
    text = sofas[sofa].get("sofaString") if sofa in sofas else None
    if text is None:
        raise DataError(
            f"{path}: there is no text (a Sofa with a sofaString). Export the document as UIMA CAS "
            "XMI, with its text."
        )
    at = _characters(text)
    found: list[Found | DataError] = []
    ranges: dict[str, list[tuple[int, int]]] = {"Token": [], "Sentence": []}
    for node in root:
        kind = _local(node)
        if node.get("sofa") != sofa or kind is None or node.get("begin") is None:
            continue
        where = f"{path}:{node.sourceline}"
        if kind == form.layer:
            found.append(attempt(_mention, node, at, form, names, where=where))
        elif kind in ranges:
            ranges[kind].append(_place(node, at, where=where))
        elif kind not in ("DocumentMetaData", "DocumentAnnotation"):
            losses.add(f"annotations of the layer {kind}")
    doc = Document(
        text=text,
        id=doc_id,
        sentences=tuple(sorted(ranges["Sentence"])) or None,
        tokens=tuple(sorted(ranges["Token"])) or None,
    )
    return document_from_found(doc, found, where=str(path), say=names.say)


def _local(node: Any) -> str | None:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else None


def _characters(text: str) -> dict[int, int]:
    """UTF-16 units to characters, at every border of a character."""
    units: dict[int, int] = {}
    position = 0
    for number, character in enumerate(text):
        units[position] = number
        position += 1 if character <= "\uffff" else 2
    units[position] = len(text)
    return units


def _place(node: Any, at: dict[int, int], *, where: str) -> tuple[int, int]:
    begin, end = node.get("begin"), node.get("end")
    places = [
        at.get(int(value)) if re.fullmatch(r"\d{1,18}", value or "") else None
        for value in (begin, end)
    ]
    if places[0] is None or places[1] is None:
        length = max(at)
        raise DataError(
            f"{where}: begin {shown(begin)}, end {shown(end)} are no places between characters of "
            f"the text of {length:,} UTF-16 units. Export the document once more.",
            reason="offsets outside the text",
        )
    return places[0], places[1]


_OWN: Final = frozenset({"sofa", "begin", "end", f"{{{_XMI}}}id"})


def _mention(node: Any, at: dict[int, int], form: XmiLayer, names: Names, *, where: str) -> Found:
    start, end = _place(node, at, where=where)
    entity = node.get(form.entity) or None
    if entity is not None and form.ids == "cut":
        entity = re.split(r"[/#]", entity.rstrip("/#"))[-1]
    mention = Mention(
        start=start,
        end=end,
        label=node.get(form.label) or None,
        entity=None if entity is None else own_entity(entity, names),
    )
    used = {*_OWN, form.label, form.entity}
    others = {key: value for key, value in node.attrib.items() if key not in used and value}
    more = {column_name(key, "feature"): value for key, value in others.items()}
    return Found(mention, where, None, more)


_CARRIED: Final = frozenset(
    {"ids", "mentions", "labels", "links", "sentences", "tokens", "meta columns"}
)


def write_xmi(
    documents: Iterable[Document], folder: Path, losses: Losses, *, prefix: str = ""
) -> None:
    """A file for each document, and the type system, `TypeSystem.xml`.

    Args:
        documents: What to write.
        folder: Where to write.
        losses: Counts what XMI cannot carry.
        prefix: What makes an address of an id: `http://www.wikidata.org/entity/`.
    """
    from lxml import etree

    taken: set[str] = set()
    for number, doc in enumerate(documents, 1):
        losses.note(doc, carried=_CARRIED)
        losses.add("meta columns", len(doc.meta.keys() - {MENTION_COLUMNS}))
        more = more_of(doc, reserved=frozenset(), losses=losses)
        losses.add("columns of mentions", sum(map(len, more)))
        name = file_name(doc.id, number, taken, losses)
        path = folder / f"{name}.xmi"
        path.parent.mkdir(parents=True, exist_ok=True)
        root = _cas(doc, prefix, losses)
        path.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    (folder / "TypeSystem.xml").write_text(_type_system(), encoding="utf-8")


def _cas(doc: Document, prefix: str, losses: Losses) -> Any:
    from lxml import etree

    spaces = {"xmi": _XMI, "cas": _CAS, "ner": _NER, "segmentation": _SEGMENTS, "metadata": _META}
    root = etree.Element(f"{{{_XMI}}}XMI", nsmap=spaces)
    root.set(f"{{{_XMI}}}version", "2.0")
    units = [0]
    for character in doc.text:
        units.append(units[-1] + (1 if character <= "\uffff" else 2))
    members: list[str] = []

    def put(space: str, kind: str, start: int, end: int, **features: str) -> None:
        node = etree.SubElement(root, f"{{{space}}}{kind}")
        members.append(str(len(members) + 2))
        node.set(f"{{{_XMI}}}id", members[-1])
        places = {"sofa": "1", "begin": str(units[start]), "end": str(units[end])}
        for key, value in (places | features).items():
            node.set(key, clean_text(value))
            losses.add("control characters", clean_text(value) != value)

    null = etree.SubElement(root, f"{{{_CAS}}}NULL")
    null.set(f"{{{_XMI}}}id", "0")
    title = "" if doc.id is None else doc.id
    put(_META, "DocumentMetaData", 0, len(doc.text), language="x-unspecified", documentTitle=title)
    for start, end in doc.sentences or ():
        put(_SEGMENTS, "Sentence", start, end)
    for start, end in doc.tokens or ():
        put(_SEGMENTS, "Token", start, end)
    for mention in doc.mentions:
        features = {} if mention.label is None else {"value": mention.label}
        if mention.entity is not None:
            features["identifier"] = prefix + mention.entity
        put(_NER, "NamedEntity", mention.start, mention.end, **features)
    sofa = etree.SubElement(root, f"{{{_CAS}}}Sofa")
    sofa.set(f"{{{_XMI}}}id", "1")
    text = clean_text(doc.text)
    losses.add("control characters", sum(map(str.__ne__, text, doc.text)))
    facts = {"sofaNum": "1", "sofaID": "_InitialView", "mimeType": "text", "sofaString": text}
    view = etree.SubElement(root, f"{{{_CAS}}}View")
    for key, value in facts.items():
        sofa.set(key, value)
    view.set("sofa", "1")
    view.set("members", " ".join(members))
    return root


_TYPES: Final = {
    f"{_CORE}.ner.type.NamedEntity": ("uima.tcas.Annotation", ("value", "identifier")),
    f"{_CORE}.segmentation.type.Sentence": ("uima.tcas.Annotation", ("id",)),
    f"{_CORE}.segmentation.type.Token": ("uima.tcas.Annotation", ("id",)),
    f"{_CORE}.metadata.type.DocumentMetaData": (
        "uima.tcas.DocumentAnnotation",
        ("documentTitle", "documentId", "documentUri", "collectionId"),
    ),
}


def _type_system() -> str:
    """The types that the files use, as UIMA wants to have them beside."""
    types = []
    for name, (above, features) in _TYPES.items():
        listed = "".join(
            f"<featureDescription><name>{feature}</name><description/>"
            "<rangeTypeName>uima.cas.String</rangeTypeName></featureDescription>"
            for feature in features
        )
        types.append(
            f"<typeDescription><name>{name}</name><description/>"
            f"<supertypeName>{above}</supertypeName><features>{listed}</features>"
            "</typeDescription>\n"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier">\n<types>\n'
        f"{''.join(types)}</types>\n</typeSystemDescription>\n"
    )
