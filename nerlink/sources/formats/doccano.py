"""doccano: JSON lines of texts with labelled stretches; it knows no links."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import Result, documents_from
from nerlink.sources.losses import Losses, left_out
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import Names
from nerlink.sources.records import document_from_record, json_from_record, list_or_empty
from nerlink.tables import mapping, read_json_either, read_json_lines
from nerlink.words import shown

__all__ = ["read_doccano", "write_doccano"]

_SPANS: Final = ("entities", "label", "labels", "annotations")
"""Where records have what was marked: with relations, without, and in two older versions."""


def read_doccano(
    path: str | Path,
    *,
    labels: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
) -> Iterator[Result]:
    """An export for sequence labelling: `"label": [[0, 3, "PER"]]`, or `entities` with offsets.

    Relations are left out and counted; other keys are kept in `meta`.

    Args:
        path: The file: JSON lines, or JSON.
        labels: Names of labels to their numbers, where the export has numbers: `{"7": "PER"}`.
        encoding: How characters are stored.
    """
    is_list = str(path).lower().removesuffix(".gz").endswith(".json")
    read = read_json_either if is_list else read_json_lines
    with left_out(path) as losses:
        rows = read(path, encoding=encoding)
        yield from documents_from(rows, _document, labels or {}, Names(str(path)), losses)


def _document(
    record: Any, labels: Mapping[str, str], names: Names, losses: Losses, *, where: str
) -> Document:
    record = dict(mapping(record, where=where))
    found = [key for key in _SPANS if isinstance(record.get(key), list | tuple)]
    filled = [key for key in found if record[key]] or found[:1]
    if len(filled) != 1:
        there = " and ".join(map(repr, filled)) or f"none of {', '.join(map(repr, _SPANS))}"
        raise DataError(f"{where}: the record has {there}; doccano's have one of them as a list.")
    key = filled[0]
    spans = [
        _span(span, labels, where=f"{where}: {key}[{n}]") for n, span in enumerate(record[key])
    ]
    losses.add("relations", len(list_or_empty(record, "relations", where=where)))
    named = record.get("doc_id", record.get("id"))
    rest = {k: v for k, v in record.items() if k not in (*found, "relations", "doc_id", "id")}
    if not rest.get("Comments", True):
        del rest["Comments"]
    places = [f"{where}: {key}[{number}]" for number in range(len(spans))]
    return document_from_record(
        {**rest, "id": named, "mentions": spans}, where=where, places=places, names=names.exact()
    )


def _span(span: Any, labels: Mapping[str, str], *, where: str) -> dict[str, Any]:
    if isinstance(span, list | tuple) and len(span) == 3:
        start, end, label = span
    elif isinstance(span, Mapping) and {"start_offset", "end_offset", "label"} <= span.keys():
        start, end, label = span["start_offset"], span["end_offset"], span["label"]
    else:
        raise DataError(
            f"{where} is {shown(span)}; in doccano it looks like [0, 3, 'PER'], or has "
            "'start_offset', 'end_offset' and 'label'."
        )
    if isinstance(label, int):
        if str(label) not in labels:
            raise DataError(
                f"{where}: label is the number {label}. Say what it is called: "
                f"labels={{'{label}': 'PER'}} (--read 'labels={{{label} = \"PER\"}}').",
                reason="an unknown label",
            )
        label = labels[str(label)]
    return {"start": start, "end": end, "label": label}


_KEYS: Final = frozenset({*_SPANS, "id", "doc_id", "text", "relations", "Comments", "meta"})


def write_doccano(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    *,
    shape: Literal["label", "entities"] = "label",
) -> None:
    """A line for each document, as doccano imports it; further columns become its metadata.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what doccano cannot carry: links among others.
        shape: `label` writes lists such as `[0, 3, "PER"]`; `entities` writes objects, as in
            projects with relations.
    """
    for doc in with_plain_meta(documents, losses):
        losses.note(doc, carried=frozenset({"ids", "mentions", "labels", "meta columns"}))
        losses.add("mentions without label", sum(m.label is None for m in doc.mentions))
        meta = {key: value for key, value in doc.meta.items() if key not in _KEYS}
        losses.add("meta columns", len(doc.meta) - len(meta))
        named = [m for m in doc.mentions if m.label is not None]
        record: dict[str, Any] = {} if doc.id is None else {"doc_id": doc.id}
        record["text"] = doc.text
        if shape == "label":
            record["label"] = [[m.start, m.end, m.label] for m in named]
        else:
            record["entities"] = [
                {"id": n, "label": m.label, "start_offset": m.start, "end_offset": m.end}
                for n, m in enumerate(named)
            ]
            record["relations"] = []
        handle.write(json_from_record(record | meta) + "\n")
