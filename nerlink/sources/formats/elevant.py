"""ELEVANT: JSON lines of texts with gold links, or with those of a linker."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.errors import DataError
from nerlink.rows import attempt
from nerlink.sources.check import Result, documents_from
from nerlink.sources.foreign import own_entity
from nerlink.sources.found import Found, document_from_found, more_of
from nerlink.sources.keys import ENTITY_NAME, MENTION_COLUMNS
from nerlink.sources.losses import Losses, left_out
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import Names
from nerlink.sources.records import (
    json_from_record,
    list_or_empty,
    name_or_none,
    number_or_none,
    text_of,
)
from nerlink.tables import mapping, read_json_lines
from nerlink.words import shown

__all__ = ["read_elevant", "write_elevant"]

Kind = Literal["labels", "entity_mentions"]

_OTHER: Final = "OTHER"
"""The type of an entity that has none of those that ELEVANT tells apart."""

_UNKNOWN: Final = "Unknown"
"""How ids of entities begin that are in no knowledge base, numbered: `Unknown1`."""


def read_elevant(
    path: str | Path,
    *,
    use: Kind | None = None,
    optional: bool = True,
    encoding: str = "utf-8",
) -> Iterator[Result]:
    """A benchmark, whose `labels` are gold, or a file of articles with `entity_mentions`.

    Entities called `Unknown1` and so on, which are in no knowledge base, become `NIL`. What else
    there is of a link is kept in columns of the mentions.

    Args:
        path: The file.
        use: Which links are read; by default `labels`, and `entity_mentions` where there are none.
        optional: Read the labels, too, that a linker may find or leave out; else they are left out
            and counted.
        encoding: How characters are stored.
    """
    names = Names(str(path)).exact()
    with left_out(path) as losses:
        rows = read_json_lines(path, encoding=encoding)
        yield from documents_from(rows, _document, use, optional, names, losses)


def _document(
    record: Any, use: Kind | None, optional: bool, names: Names, losses: Losses, *, where: str
) -> Document:
    record = mapping(record, where=where)
    kind = use or ("labels" if record.get("labels") is not None else "entity_mentions")
    links = list_or_empty(record, kind, where=where)
    places = [f"{where}: {kind}[{number}]" for number in range(len(links))]
    pairs = [(mapping(one, where=at), at) for one, at in zip(links, places, strict=True)]
    if not optional:
        kept = [pair for pair in pairs if not pair[0].get("optional")]
        losses.add("optional labels", len(pairs) - len(kept))
        pairs = kept
    read = _of_label if kind == "labels" else _of_linker
    rest = {
        k: v for k, v in record.items() if k not in ("id", "text", kind, "meta") and v is not None
    }
    text = text_of(record, where=where)
    if rest.get("evaluation_span") == [0, len(text)]:
        del rest["evaluation_span"]
    given = record.get("meta")
    doc = Document(
        text=text,
        id=name_or_none(record, "id", where=where),
        meta=rest | (dict(given) if isinstance(given, Mapping) else {}),
    )
    found = [attempt(read, one, text, names, where=at) for one, at in pairs]
    return document_from_found(doc, found, where=where, say=names.say)


def _span(link: Mapping[str, Any], *, where: str) -> tuple[int, int]:
    span = link.get("span")
    if not isinstance(span, list | tuple) or [type(offset) for offset in span] != [int, int]:
        raise DataError(f"{where}: span is {shown(span)}; it must be [start, end].")
    return span[0], span[1]


def _of_label(link: Mapping[str, Any], text: str, names: Names, *, where: str) -> Found:
    entity = name_or_none(link, "entity_id", where=where)
    if entity is not None and entity.removeprefix(_UNKNOWN).isdecimal() and entity[0] == "U":
        entity = NIL
    entity = None if entity is None else own_entity(entity, names)
    label = name_or_none(link, "type", where=where)
    start, end = _span(link, where=where)
    mention = Mention(start=start, end=end, label=label or None, entity=entity or None)
    more = {k: link[k] for k in ("parent", "children", "optional") if link.get(k) is not None}
    if {"parent", "children"} & more.keys():
        more["id"] = link.get("id")  # which these two name
    if link.get("name") and link["name"] != text[start:end]:
        more[ENTITY_NAME] = link["name"]  # the surface says nothing of the entity
    if link.get("desc"):
        more["desc"] = link["desc"]
    return Found(mention, where, None, more)


def _of_linker(link: Mapping[str, Any], _: str, names: Names, *, where: str) -> Found:
    entity = name_or_none(link, "id", where=where)
    offered = [str(one) for one in list_or_empty(link, "candidates", where=where)]
    start, end = _span(link, where=where)
    mention = Mention(
        start=start,
        end=end,
        label=name_or_none(link, "type", where=where),
        entity=NIL if entity is None else own_entity(entity, names),
        score=number_or_none(link, "score", where=where),
        candidates=tuple(Candidate(entity=one) for one in offered),
    )
    more = {k: link[k] for k in ("recognized_by", "linked_by") if link.get(k) is not None}
    return Found(mention, where, None, more)


_RESERVED: Final = frozenset({"span", "entity_id", "name", "type", "candidates"})
_CARRIED: Final = frozenset({"ids", "mentions", "labels", "links", "meta columns"})


def write_elevant(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    *,
    use: Kind = "labels",
) -> None:
    """A line for each document: with gold `labels`, or with `entity_mentions`, as a linker's.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what ELEVANT cannot carry: links that are unknown, among others.
        use: What the mentions of the documents are.
    """
    make = _as_labels if use == "labels" else _as_linked
    carried = _CARRIED | (frozenset() if use == "labels" else {"scores", "candidates"})
    for doc in with_plain_meta(documents, losses):
        losses.note(doc, carried=carried)
        n_bare = sum(mention.entity is None for mention in doc.mentions)
        losses.add(f"mentions without link{'' if use == 'labels' else ', which are NIL'}", n_bare)
        record: dict[str, Any] = {} if doc.id is None else {"id": doc.id}
        meta = {k: v for k, v in doc.meta.items() if k not in (MENTION_COLUMNS, "title", "url")}
        record |= {k: doc.meta[k] for k in ("title", "url") if k in doc.meta}
        whole = meta.pop("evaluation_span", [0, len(doc.text)])
        record |= {"text": doc.text, "evaluation_span": whole, use: make(doc, losses)}
        handle.write(json_from_record(record | ({"meta": meta} if meta else {})) + "\n")


def _as_labels(doc: Document, losses: Losses) -> list[dict[str, Any]]:
    labels: list[dict[str, Any]] = []
    more = more_of(doc, reserved=_RESERVED, losses=losses)
    for number, (mention, others) in enumerate(zip(doc.mentions, more, strict=True)):
        entity = mention.entity
        if entity is None:
            continue
        name = others.pop(ENTITY_NAME, None)
        labels.append(
            {
                "id": others.pop("id", number),
                "span": [mention.start, mention.end],
                "entity_id": f"{_UNKNOWN}{number + 1}" if entity == NIL else entity,
                "name": name or doc.surface(mention),
                "type": mention.label or _OTHER,
                **others,
            }
        )
    return labels


def _as_linked(doc: Document, losses: Losses) -> list[dict[str, Any]]:
    more = more_of(doc, reserved=_RESERVED, losses=losses)
    losses.add(
        "scores of candidates", sum(c.score is not None for m in doc.mentions for c in m.candidates)
    )
    linked: list[dict[str, Any]] = []
    for mention, others in zip(doc.mentions, more, strict=True):
        one: dict[str, Any] = {
            "span": [mention.start, mention.end],
            "recognized_by": "nerlink",
            "id": None if mention.entity in (None, NIL) else mention.entity,
            "linked_by": "nerlink",
            "candidates": [candidate.entity for candidate in mention.candidates],
        }
        if mention.score is not None:
            one["score"] = mention.score
        if mention.label is not None:
            one["type"] = mention.label
        linked.append(one | others)
    return linked
