"""BioC, as XML and as JSON: collections of documents that are passages with annotations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TextIO

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.files import decode, open_binary, read_whole
from nerlink.rows import attempt
from nerlink.sources.check import Result
from nerlink.sources.found import Found, column_name, document_from_found, more_of
from nerlink.sources.fragments import FRAGMENTS, Rule, check_surface, chosen_stretch, fragments_of
from nerlink.sources.ids import ALL_IDS, IdRule, entity_of_ids, ids_of
from nerlink.sources.keys import MENTION_COLUMNS, TOKEN_COLUMNS
from nerlink.sources.losses import Losses, left_out
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import MENTION_NAMES, Names, plain
from nerlink.sources.offsets import converted
from nerlink.sources.records import integer, json_from_record, list_or_empty, name_or_none
from nerlink.sources.xml import clean_text, parse_xml
from nerlink.strict_json import parse_json
from nerlink.tables import mapping
from nerlink.words import shown

__all__ = ["BiocCollection", "read_bioc", "write_bioc"]


@dataclass(frozen=True, kw_only=True)
class BiocCollection:
    """How annotations of a collection become mentions.

    Args:
        label: The infon that has the label.
        entity: The infon that has the ids; by default `identifier`, or the only one of names such
            as `MESH` and `CUI`.
        ids: Of several ids of a mention, the `first` is the entity, and all are kept in the
            mentions' column `all_ids`; with `all`, they are the entity as they stand.
        prefix: Keep what stands before the colon of an id, such as `MESH:`.
        fragments: What becomes of an annotation of several locations: `cover` reads it from its
            first character to its last, `longest` its longest piece, `leave-out` nothing.
        encoding: How characters of JSON are stored; XML says it itself.
    """

    label: str = "type"
    entity: str | None = None
    ids: IdRule = "first"
    prefix: bool = True
    fragments: Rule = "cover"
    encoding: str = "utf-8"


def read_bioc(path: str | Path, form: BiocCollection) -> Iterator[Result]:
    """A collection as XML or as JSON; the whole file is in memory.

    The passages of a document are put together as their offsets say. Relations are left out and
    counted; infons of documents are kept in `meta`, further ones of annotations in columns.

    Args:
        path: The file.
        form: How annotations become mentions.
    """
    names = Names(str(path))
    with left_out(path) as losses:
        for number, record in enumerate(_records(path, form.encoding)):
            where = f"{path}: documents[{number}]"
            yield attempt(_document, record, form, names, losses, where=where)


def _records(path: str | Path, encoding: str) -> Sequence[Any]:
    """The documents of a collection, those of XML as JSON has them."""
    with open_binary(path) as handle:
        content = read_whole(handle)
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        root = parse_xml(content, where=str(path))
        if root.tag != "collection":
            raise DataError(f"{path}: <{root.tag}> is no collection of BioC.")
        return [_record_of(node) for node in root.findall("document")]
    if not content.strip():
        raise DataError(f"{path} is empty; BioC is XML or JSON. Write or copy the file again.")
    text = decode(content, encoding=encoding, where=str(path)).removeprefix("\ufeff")
    collection = parse_json(text, where=str(path))
    if isinstance(collection, list):  # PubTator's service gives a list of collections
        parts = [one for one in collection if isinstance(one, Mapping)]
        return [doc for part in parts for doc in list_or_empty(part, "documents", where=str(path))]
    collection = mapping(collection, where=str(path))
    if "documents" not in collection and "passages" in collection:
        return [collection]
    return list_or_empty(collection, "documents", where=str(path))


_LISTS: Final = {
    "passage": "passages",
    "sentence": "sentences",
    "annotation": "annotations",
    "relation": "relations",
}


def _record_of(node: Any) -> dict[str, Any]:
    """An element with all that is in it, as the JSON of BioC has it."""
    record: dict[str, Any] = {"infons": {}, **dict.fromkeys(_LISTS.values(), ())}
    record = {key: [] if key in _LISTS.values() else value for key, value in record.items()}
    record["locations"] = []
    if node.get("id") is not None:
        record["id"] = node.get("id")
    for child in node:
        text = child.text or ""
        if child.tag == "infon":
            record["infons"][child.get("key")] = text
        elif child.tag in _LISTS:
            record[_LISTS[child.tag]].append(_record_of(child))
        elif child.tag == "location":
            record["locations"].append(dict(child.attrib))
        elif isinstance(child.tag, str):
            record[child.tag] = text
    return record


class _Part(NamedTuple):
    """A text with the place where it begins, in the unit of the file."""

    offset: int
    text: str
    is_sentence: bool


def _document(
    record: Any, form: BiocCollection, names: Names, losses: Losses, *, where: str
) -> Document:
    record = mapping(record, where=where)
    doc_id = name_or_none(record, "id", where=where) or None
    where = where if doc_id is None else f"{where} {shown(doc_id)}"
    parts: list[_Part] = []
    annotations: list[tuple[Mapping[str, Any], str]] = []
    passages = [(f"{where}.passages[{n}]", one) for n, one in _list(record, "passages", where)]
    for place, passage in [(where, record), *passages]:
        given = [] if passage is record else _list(passage, "sentences", place)
        inner = [(f"{place}.sentences[{n}]", one) for n, one in given]
        for at, one in [(place, passage), *inner]:
            annotations += [(a, f"{at}.annotations[{n}]") for n, a in _list(one, "annotations", at)]
            losses.add("relations", len(_list(one, "relations", at)))
        if passage is record:
            continue
        has_text = bool(passage.get("text")) or not inner
        for at, one in [(place, passage)] if has_text else inner:
            text = one.get("text") or ""
            if not isinstance(text, str):
                raise DataError(f"{at}: text is {shown(text)}; it must be a string.")
            parts.append(_Part(integer(one, "offset", where=at), text, not has_text))
    read = [attempt(_found, one, form, names, losses, where=at) for one, at in annotations]
    kept = [one for one in read if one is not None]
    text, starts = _assembled(parts, kept, where=where)
    sentences = tuple(
        (start, start + len(part.text))
        for start, part in zip(starts, parts, strict=True)
        if part.is_sentence and part.text
    )
    infons = record.get("infons")
    meta = dict(infons) if isinstance(infons, Mapping) else {}
    doc = Document(text=text, id=doc_id, meta=meta, sentences=sentences or None)
    checked = [attempt(_with_checked_pieces, one, text) for one in kept]
    return document_from_found(doc, checked, where=where, say=names.say)


def _list(record: Mapping[str, Any], key: str, where: str) -> list[tuple[int, Mapping[str, Any]]]:
    given = enumerate(list_or_empty(record, key, where=where))
    return [(n, mapping(one, where=f"{where}.{key}[{n}]")) for n, one in given]


_UNITS: Final = ("", "utf-16-le", "utf-8")


def _assembled(
    parts: Sequence[_Part], found: Sequence[Found | DataError], *, where: str
) -> tuple[str, list[int]]:
    """The text that the parts make, and where each begins.

    Offsets of parts count the unit that offsets of annotations count: the one is taken in which
    all annotations are found.
    """
    sound = [one for one in found if isinstance(one, Found) and one.surface is not None]
    first: tuple[str, list[int]] | None = None
    agreeing: list[tuple[str, list[int]]] = []
    fault: DataError | None = None
    is_ascii = all(part.text.isascii() for part in parts)
    for unit in _UNITS[:1] if is_ascii else _UNITS:
        try:
            text, starts = _joined(parts, unit, where=where)
        except DataError as error:
            fault = fault or error
            continue
        first = first or (text, starts)
        mentions: Sequence[Mention] | None = [one.mention for one in sound]
        if unit:
            mentions = converted(text, mentions or (), unit, 2 if unit == "utf-16-le" else 1)
        if mentions is not None and all(
            text[max(m.start, 0) : max(m.end, 0)] == one.surface
            for m, one in zip(mentions, sound, strict=True)
        ):
            agreeing.append((text, starts))
    if agreeing:  # in another unit than its own, a text has wide gaps that nothing fills
        return min(agreeing, key=lambda one: len(one[0]))
    if first is None and fault is not None:
        raise fault
    return first or ("", [])


_WIDEST_GAP: Final = 1_000_000


def _joined(parts: Sequence[_Part], unit: str, *, where: str) -> tuple[str, list[int]]:
    pieces: list[str] = []
    starts: list[int] = []
    position = length = 0
    for number, part in enumerate(parts):
        gap = part.offset - position
        if gap < 0 or gap > _WIDEST_GAP:
            raise DataError(
                f"{where}: part {number} of the text begins at {part.offset}, but what stands "
                f"before it ends at {position}. Mend its offset."
            )
        # One character between two passages is a line end; more than that is not known.
        filler = "\n" + " " * (gap - 1) if gap and number else " " * gap
        pieces += (filler, part.text)
        starts.append(length + gap)
        length += gap + len(part.text)
        size = len(part.text.encode(unit, "surrogatepass")) if unit else len(part.text)
        position = part.offset + (size // 2 if unit == "utf-16-le" else size)
    return "".join(pieces), starts


_PIECES: Final = "\0pieces"
"""Where a mention of several pieces has them until the text is there; no infon is called so."""


def _found(
    record: Mapping[str, Any], form: BiocCollection, names: Names, losses: Losses, *, where: str
) -> Found | None:
    infons = record.get("infons")
    infons = dict(infons) if isinstance(infons, Mapping) else {}
    pieces = []
    for number, place in _list(record, "locations", where):
        start = integer(place, "offset", where=f"{where}.locations[{number}]")
        pieces.append(
            (start, start + integer(place, "length", where=f"{where}.locations[{number}]"))
        )
    if not pieces:
        raise DataError(
            f"{where} has no location. Give it one, or remove it.", reason="no location"
        )
    stretch = chosen_stretch(pieces, form.fragments, losses)
    if stretch is None:
        return None
    label = infons.pop(form.label, None)
    key = form.entity or _entity_key(infons, where=where)
    cell = infons.pop(key, None) if key else None
    entity, all_ids = entity_of_ids(
        "" if cell is None else str(cell), form.ids, names, losses, prefix=form.prefix
    )
    surface = record.get("text")
    more = {column_name(k, "infon"): v for k, v in infons.items() if v is not None}
    more |= all_ids
    if len(pieces) > 1:
        more[_PIECES] = (pieces, surface, form.fragments == "cover")
        surface = None
    mention = Mention(
        start=stretch[0],
        end=stretch[1],
        label=None if label in (None, "") else str(label),
        entity=entity,
    )
    return Found(mention, where, surface if isinstance(surface, str) and surface else None, more)


_KEYS: Final = MENTION_NAMES["entity"] | {"identifier", "omim", "ncbigene", "ncbitaxonomy", "umls"}


def _entity_key(infons: Mapping[str, Any], *, where: str) -> str | None:
    if "identifier" in infons:
        return "identifier"
    near = [key for key in infons if plain(key) in _KEYS]
    if len(near) > 1:
        several = " and ".join(map(repr, near))
        raise DataError(
            f"{where}: {several} may be the ids. Say which: entity={near[0]!r} "
            f"(--read entity={near[0]}).",
            reason="several ids",
        )
    return near[0] if near else None


def _with_checked_pieces(one: Found | DataError, text: str) -> Found:
    if isinstance(one, DataError):
        raise one
    if _PIECES not in one.more:
        return one
    more = dict(one.more)
    pieces, surface, are_kept = more.pop(_PIECES)
    check_surface(text, pieces, surface if isinstance(surface, str) else None, where=one.where)
    if are_kept:
        more[FRAGMENTS] = [list(piece) for piece in pieces]
    return one._replace(more=more)


_CARRIED: Final = frozenset({"ids", "mentions", "labels", "links", "meta columns"})


def write_bioc(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    *,
    syntax: Literal["xml", "json"] = "xml",
    source: str = "nerlink",
) -> None:
    """A collection: each document is a passage, its mentions annotations with `identifier`.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what BioC cannot carry: values of `meta` come back as text, and XML has no
            control characters.
        syntax: `xml` or `json`.
        source: What the collection calls its source.
    """
    if syntax == "json":
        head = json_from_record(
            {"source": source, "date": "", "key": "", "version": "1.0", "infons": {}}
        )
        handle.write(head.removesuffix("}") + ', "documents": [')
        separator = "\n"
        for doc in with_plain_meta(documents, losses):
            handle.write(separator + json_from_record(_as_record(doc, losses)))
            separator = ",\n"
        handle.write("\n]}\n")
        return
    from lxml import etree

    handle.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE collection SYSTEM "BioC.dtd">\n'
        f"<collection>{_element('source', source)}{_element('date', '')}{_element('key', '')}\n"
    )
    for doc in with_plain_meta(documents, losses):
        node = _as_element(_as_record(doc, losses), losses)
        handle.write(etree.tostring(node, encoding="unicode") + "\n")
    handle.write("</collection>\n")


def _element(tag: str, text: str) -> str:
    from lxml import etree

    node = etree.Element(tag)
    node.text = clean_text(text)
    return str(etree.tostring(node, encoding="unicode"))


def _as_record(doc: Document, losses: Losses) -> dict[str, Any]:
    losses.note(doc, carried=_CARRIED)
    columns = (MENTION_COLUMNS, TOKEN_COLUMNS)
    infons = {k: _infon(v, losses) for k, v in doc.meta.items() if k not in columns}
    losses.add("columns of tokens", len(doc.meta.get(TOKEN_COLUMNS, {})))
    all_more = more_of(doc, reserved=frozenset({"type", "identifier"}), losses=losses)
    annotations = []
    for number, (mention, more) in enumerate(zip(doc.mentions, all_more, strict=True)):
        pieces = fragments_of(doc, number, more)
        given = {} if mention.label is None else {"type": mention.label}
        if mention.entity is not None:
            given["identifier"] = NIL if mention.entity == NIL else ids_of(mention.entity, more)
        others = {
            key: _infon(value, losses)
            for key, value in more.items()
            if key not in (FRAGMENTS, ALL_IDS)
        }
        annotations.append(
            {
                "id": str(number),
                "infons": given | others,
                "text": " ".join(doc.text[start:end] for start, end in pieces),
                "locations": [{"offset": start, "length": end - start} for start, end in pieces],
            }
        )
    passage = {"offset": 0, "infons": {}, "text": doc.text, "sentences": []}
    passage |= {"annotations": annotations, "relations": []}
    record = {"id": doc.id or "", "infons": infons, "passages": [passage]}
    return record | {"annotations": [], "relations": []}


def _infon(value: Any, losses: Losses) -> str:
    if isinstance(value, str):
        return value
    losses.add("values turned into text")
    return json_from_record(value)


def _as_element(record: Mapping[str, Any], losses: Losses) -> Any:
    from lxml import etree

    def put(parent: Any, tag: str, text: str | None = None, **attributes: str) -> Any:
        node = etree.SubElement(parent, tag, attributes)
        if text is not None:
            node.text = clean_text(text)
            losses.add("control characters", sum(map(str.__ne__, node.text, text)))
        return node

    def infons(parent: Any, values: Mapping[str, str]) -> None:
        for key, value in values.items():
            put(parent, "infon", value, key=clean_text(key))

    doc = etree.Element("document")
    put(doc, "id", record["id"])
    infons(doc, record["infons"])
    for passage in record["passages"]:
        node = put(doc, "passage")
        put(node, "offset", str(passage["offset"]))
        put(node, "text", passage["text"])
        for one in passage["annotations"]:
            inner = put(node, "annotation", id=one["id"])
            infons(inner, one["infons"])
            for place in one["locations"]:
                put(inner, "location", **{key: str(value) for key, value in place.items()})
            put(inner, "text", one["text"])
    return doc
