"""Label Studio: its export and its tasks, as JSON, and the configuration that shows them."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TextIO
from xml.sax.saxutils import quoteattr

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.files import open_output
from nerlink.rows import attempt
from nerlink.sources.check import Result
from nerlink.sources.foreign import own_entity
from nerlink.sources.found import Found, column_name, document_from_found, more_of
from nerlink.sources.keys import MENTION_COLUMNS
from nerlink.sources.losses import EVERYTHING, INCOMPLETE, Losses, left_out
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import MENTION_NAMES, Names, plain
from nerlink.sources.records import (
    document_from_record,
    json_from_record,
    list_or_empty,
    mention_from_record,
    without_defaults,
)
from nerlink.tables import mapping, read_json_either
from nerlink.words import shown

__all__ = ["LabelStudioExport", "labelling_config", "read_label_studio", "write_label_studio"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class LabelStudioExport:
    """Which part of an export becomes documents.

    Args:
        text: The key of `data` that has the text; by default `text`, or the only string there.
        links: The name of the control whose value is the entity, such as a `TextArea` for each
            region; by default those called `entity`, `candidate`, `wikidata`, `kb_id` and the like.
        use: `annotations` or `predictions`; by default the annotations, and the predictions of
            tasks without any.
        annotator: The id or the address of the one annotator to read.
        several: Of several annotations of a task, the `last` one made, the `first`, or `each`, as
            a document of its own; one marked as ground truth goes before.
        encoding: How characters are stored.
    """

    text: str | None = None
    links: str | None = None
    use: Literal["annotations", "predictions"] | None = None
    annotator: str | int | None = None
    several: Literal["last", "first", "each"] = "last"
    encoding: str = "utf-8"


def read_label_studio(path: str | Path, form: LabelStudioExport) -> Iterator[Result]:
    """An export as JSON, or tasks with predictions; JSON-MIN, too.

    A task without annotations is a document without mentions. Ids of task and annotation and the
    annotator are kept in `meta`, as is what else is in `data`.

    Args:
        path: The file; the whole of it is in memory.
        form: What of it is read.
    """
    names = Names(str(path))
    with left_out(path) as losses:
        for row in read_json_either(path, encoding=form.encoding):
            if isinstance(row, DataError):
                yield row
                continue
            tasks = attempt(_tasks_of_record, row.values, form, names, losses, where=row.where)
            if isinstance(tasks, DataError):
                yield tasks
                continue
            for task in tasks:
                yield attempt(_document_of_task, task, form, names, losses)


@dataclass(frozen=True, slots=True)
class _Task:
    """A task and one of its annotations; `annotation` is `None` where it has none."""

    record: Mapping[str, Any]
    annotation: Mapping[str, Any] | None
    name: str | None
    where: str


def _tasks_of_record(
    record: Any, form: LabelStudioExport, names: Names, losses: Losses, *, where: str
) -> list[_Task]:
    record = mapping(record, where=where)
    number = record.get("id")
    task_id = None if number is None else str(number)
    if task_id is not None:
        where = f"{where}, task {task_id}"
    if "data" not in record:
        return [_Task(record, None, task_id, where)]
    kind, chosen = _chosen(record, form, names, losses, where=where)
    if chosen is None:
        return []
    if not chosen:
        names.say("tasks without annotations are documents without mentions")
        return [_Task(record, None, task_id, f"{where}: {kind}")]
    return [
        _Task(
            record,
            one,
            f"{task_id}-{one.get('id', n)}"
            if form.several == "each" and len(chosen) > 1
            else task_id,
            f"{where}: {kind}[{n}]",
        )
        for n, one in chosen
    ]


_KINDS: Final = ("annotations", "completions", "predictions")
"""Where a task has what was marked; exports before 1.0 have completions."""


def _chosen(
    record: Mapping[str, Any],
    form: LabelStudioExport,
    names: Names,
    losses: Losses,
    *,
    where: str,
) -> tuple[str, list[tuple[int, Mapping[str, Any]]] | None]:
    """The annotations of a task that count, numbered, and their kind.

    `None` stands for a task to leave out: all that it has was cancelled, or is another's.
    """
    kinds = _KINDS if form.use is None else _KINDS[2:] if form.use == _KINDS[2] else _KINDS[:2]
    losses.add("drafts", len(list_or_empty(record, "drafts", where=where)))
    for kind in kinds:
        given = list_or_empty(record, kind, where=where)
        all_ = [(n, mapping(one, where=f"{where}: {kind}[{n}]")) for n, one in enumerate(given)]
        kept = [(n, one) for n, one in all_ if not one.get("was_cancelled")]
        losses.add("cancelled annotations", len(all_) - len(kept))
        if form.annotator is not None and kind != "predictions":
            wanted = str(form.annotator)
            others = [one for one in kept if wanted not in _annotators(one[1])]
            kept = [one for one in kept if wanted in _annotators(one[1])]
            losses.add("annotations of others", len(others))
        if kept:
            if kind == "predictions" and form.use is None:
                names.say("tasks without annotations have predictions, which are read")
            return kind, _of_several(kept, form, names)
        if all_:
            return kind, None
    return kinds[0], []


def _annotators(annotation: Mapping[str, Any]) -> set[str]:
    who = annotation.get("completed_by")
    if isinstance(who, Mapping):
        return {str(who[key]) for key in ("id", "email", "username") if key in who}
    names = (who, annotation.get("created_username"))
    return {str(name).split(",")[0].strip() for name in names if name is not None}


def _of_several(
    kept: list[tuple[int, Mapping[str, Any]]], form: LabelStudioExport, names: Names
) -> list[tuple[int, Mapping[str, Any]]]:
    if len(kept) == 1 or form.several == "each":
        return kept
    if len(truth := [one for one in kept if one[1].get("ground_truth")]) == 1:
        names.say("tasks have several annotations; the one marked as ground truth is read")
        return truth
    names.say(
        f"tasks have several annotations, of which the {form.several} is read; several='each' "
        "(--read several=each) reads all, annotator=... those of one person"
    )
    in_time = sorted(kept, key=lambda one: str(one[1].get("created_at", "")))
    return in_time[-1:] if form.several == "last" else in_time[:1]


def _document_of_task(
    task: _Task, form: LabelStudioExport, names: Names, losses: Losses
) -> Document:
    if "data" not in task.record:  # JSON-MIN
        record = dict(task.record)
        record = {("task_id" if key == "id" else key): value for key, value in record.items()}
        return document_from_record({**record, "id": task.name}, where=task.where, names=names)
    data = mapping(task.record["data"], where=f"{task.where}: data")
    key = _text_key(data, form, where=task.where)
    annotation = task.annotation or {}
    more = {k: v for k, v in data.items() if k not in (key, "doc_id", "meta", "candidates")}
    given = data.get("meta")
    meta = more | (dict(given) if isinstance(given, Mapping) else {"meta": given} if given else {})
    who = annotation.get("completed_by")
    who = who.get("email", who.get("id")) if isinstance(who, Mapping) else who
    facts = {"task_id": task.record.get("id"), "annotation_id": annotation.get("id")}
    facts["annotator"] = who
    meta |= {name: value for name, value in facts.items() if value is not None}
    named = data.get("doc_id")
    doc = Document(text=data[key], id=named if isinstance(named, str) else task.name, meta=meta)
    found = _found(annotation, form, names, losses, where=task.where)
    return document_from_found(doc, found, where=task.where, say=names.say)


def _text_key(data: Mapping[str, Any], form: LabelStudioExport, *, where: str) -> str:
    strings = [key for key, value in data.items() if isinstance(value, str) and key != "doc_id"]
    key = form.text or ("text" if "text" in data else None)
    if key is None and len(strings) == 1:
        key = strings[0]
    if key in strings:
        return str(key)
    there = ", ".join(map(repr, strings)) or "no string"
    raise DataError(
        f"{where}: data has {there}{'' if key is None else f', and no text {key!r}'}. Say which is "
        "the text: text='article' (--read text=article)."
    )


def _found(
    annotation: Mapping[str, Any],
    form: LabelStudioExport,
    names: Names,
    losses: Losses,
    *,
    where: str,
) -> list[Found | DataError]:
    """The regions of an annotation, each put together from all results that have its id."""
    regions: dict[Any, list[tuple[str, Mapping[str, Any]]]] = {}
    for number, result in enumerate(list_or_empty(annotation, "result", where=where)):
        place = f"{where}.result[{number}]"
        result = mapping(result, where=place)
        value = result.get("value")
        if result.get("type") == "relation" or not isinstance(value, Mapping):
            losses.add(f"results of type {result.get('type')}")
        elif "start" not in value:
            losses.add(f"results without a region, of type {result.get('type')}")
        else:
            regions.setdefault(result.get("id", place), []).append((place, result))
    return [attempt(_region, results, form, names) for results in regions.values()]


def _region(
    results: Sequence[tuple[str, Mapping[str, Any]]], form: LabelStudioExport, names: Names
) -> Found:
    where, first = results[0]
    record: dict[str, Any] = {}
    typed: dict[str, str] = {}
    more: dict[str, Any] = {}
    surface = None
    for place, result in results:
        kind, value = str(result.get("type")), result["value"]
        control = str(result.get("from_name", kind))
        # The value of a text area stands where other results have the text of their region.
        said = value.get("text" if kind == "textarea" else kind)
        if kind != "textarea" and isinstance(value.get("text"), str):
            surface = value["text"]
        if kind.endswith("labels"):
            where = place
            record["label"] = _only(said, "labels", place)
        elif said is not None and _is_link(control, form):
            if entity := str(_last(_only(said, control, place)) or "").strip():
                typed[kind] = own_entity(entity, names)
        elif said is not None:
            more[column_name(control, "region")] = said
    if typed:  # what somebody wrote goes before what was chosen from a list
        record["entity"] = typed.get("textarea") or next(iter(typed.values()))
    given = {**mapping(first.get("meta") or {}, where=where)}
    if "text" in given:  # what an annotator noted
        more["note"] = given.pop("text")
    scores = [result["score"] for _, result in results if result.get("score") is not None]
    record |= {"score": scores[0] if scores else None, **_offsets(first["value"], where)}
    kept = {key: given.pop(key) for key in ("link_score", "candidates", "nil") if key in given}
    mention = mention_from_record(record | kept, where=where)
    more |= {column_name(key, "region"): value for key, value in given.items()}
    return Found(mention, where, surface, more)


def _only(values: Any, what: str, where: str) -> Any:
    values = values if isinstance(values, list) else [values]
    if len(values) > 1:
        raise DataError(
            f"{where}: {what} is {shown(values)}; a mention has one. Leave one in Label Studio.",
            reason="several labels or links",
        )
    return values[0] if values else None


def _last(value: Any) -> Any:
    """The end of a path in a taxonomy."""
    return value[-1] if isinstance(value, list) and value else value


def _is_link(control: str, form: LabelStudioExport) -> bool:
    if form.links is not None:
        return control == form.links
    return plain(control) in {*MENTION_NAMES["entity"], "entity", "candidate", "link"}


def _offsets(value: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Start and end; those of HTML count in `globalOffsets`."""
    offsets = value.get("globalOffsets", value)
    start = offsets.get("start") if isinstance(offsets, Mapping) else None
    if not isinstance(offsets, Mapping) or (isinstance(start, str) and not start.isdecimal()):
        raise DataError(
            f"{where}: start is {shown(value.get('start'))}, a place in HTML or in a dialogue; "
            "nerlink reads offsets in a text. Label the text with the tag Text."
        )
    return {"start": offsets.get("start"), "end": offsets.get("end")}


def write_label_studio(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    *,
    config: str | None = None,
    model_version: str = "nerlink",
) -> None:
    """Tasks to import: each has the mentions of its document as a prediction.

    Candidates are offered for each mention, and kept with their scores; so is what else mentions
    carry.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what tasks cannot carry.
        config: A file to which the labelling configuration of these tasks is written.
        model_version: What Label Studio calls the predictions.
    """
    labels: dict[str, None] = {}
    has_candidates, separator = False, "[\n"
    for doc in with_plain_meta(documents, losses):
        losses.note(doc, carried=EVERYTHING - {"sentences", "tokens", INCOMPLETE})
        offered = dict.fromkeys(c.entity for m in doc.mentions for c in m.candidates)
        labels |= dict.fromkeys(m.label for m in doc.mentions if m.label is not None)
        has_candidates = has_candidates or bool(offered)
        data: dict[str, Any] = {"text": doc.text}
        data |= {} if doc.id is None else {"doc_id": doc.id}
        meta = {key: value for key, value in doc.meta.items() if key != MENTION_COLUMNS}
        data |= {"meta": meta} if meta else {}
        if offered:
            data["candidates"] = [{"value": one} for one in {**offered, NIL: None}]
        more = more_of(doc, reserved=_RESERVED, losses=losses)
        result = list(_results(doc, offered, more))
        task = {"data": data, "predictions": [{"model_version": model_version, "result": result}]}
        handle.write(separator + json_from_record(task))
        separator = ",\n"
    handle.write("[]\n" if separator == "[\n" else "\n]\n")
    if config is None:
        log.warning(
            "the project in Label Studio needs a labelling configuration that fits: "
            "config='labels.xml' (--write config=labels.xml) writes it"
        )
        return
    with open_output(config) as file:
        file.write(labelling_config(list(labels), has_candidates=has_candidates))


_RESERVED: Final = frozenset({"text", "note", "candidate", "entity"})
"""Keys of a region's `meta`, and names of controls, that mean something when they are read."""


def _results(
    doc: Document, offered: Mapping[str, None], more: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    for number, mention in enumerate(doc.mentions):
        place = {"start": mention.start, "end": mention.end}
        common = {"id": f"m{number}", "to_name": "text"}
        labels = [] if mention.label is None else [mention.label]
        value = {**place, "text": doc.surface(mention), "labels": labels}
        result: dict[str, Any] = {**common, "from_name": "label", "type": "labels", "value": value}
        if mention.score is not None:
            result["score"] = mention.score
        if meta := {**more[number], **_kept(mention)}:
            result["meta"] = meta
        yield result
        if mention.entity is None:
            continue
        if mention.entity in offered:
            value = {**place, "text": doc.surface(mention), "choices": [mention.entity]}
            yield {**common, "from_name": "candidate", "type": "choices", "value": value}
        else:
            value = {**place, "text": [mention.entity]}
            yield {**common, "from_name": "entity", "type": "textarea", "value": value}


def _kept(mention: Mention) -> dict[str, Any]:
    """What a region has no place for but its `meta`, which Label Studio hands on."""
    kept: dict[str, Any] = {}
    if mention.link_score is not None:
        kept["link_score"] = mention.link_score
    if mention.candidates:
        kept["candidates"] = [without_defaults(one) for one in mention.candidates]
    if mention.nil is not None:
        kept["nil"] = str(mention.nil)
    return kept


def labelling_config(labels: Sequence[str], *, has_candidates: bool) -> str:
    """The labelling configuration for tasks as `write_label_studio` writes them.

    Args:
        labels: The labels that mentions may have.
        has_candidates: Whether the tasks offer candidates.
    """
    offered = (
        '  <Choices name="candidate" toName="text" perRegion="true" value="$candidates" '
        'layout="select"/>\n'
    )
    return (
        "<View>\n  <Style>.htx-text { white-space: pre-wrap; }</Style>\n"  # else blanks are lost
        '  <Labels name="label" toName="text">\n'
        + "".join(f"    <Label value={quoteattr(label)}/>\n" for label in sorted(labels))
        + '  </Labels>\n  <Text name="text" value="$text"/>\n'
        + (offered if has_candidates else "")
        + '  <TextArea name="entity" toName="text" perRegion="true" maxSubmissions="1" '
        'placeholder="Entity id, or NIL"/>\n</View>\n'
    )
