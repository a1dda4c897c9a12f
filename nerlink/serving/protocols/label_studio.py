"""Label Studio's machine learning backend: tasks in, predictions with links out.

A prediction is made of results. The regions of a text have a label each; a link is a further result
of the same region, for the text area that the labelling configuration has for each region. What
Label Studio has no place for travels in `meta`, where nerlink's reader of its exports looks for it.

A request names projects, hosts, tokens and addresses. None of them is used for anything.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from fastapi import APIRouter, Request, Response

import nerlink
from nerlink.data import Document
from nerlink.errors import DataError, NerlinkError
from nerlink.serving.bodies import (
    TagOptions,
    document_in,
    error_record,
    json_response,
    read_json_body,
)
from nerlink.serving.refusals import Invalid, TooLarge
from nerlink.serving.schemas import REFUSALS
from nerlink.serving.service import Service
from nerlink.sources.records import json_from_record, record_from_document
from nerlink.tables import mapping
from nerlink.words import shown

__all__ = ["Labelling", "read_labelling", "router"]

_EXAMPLE: Final = {
    "tasks": [{"id": 1, "data": {"text": "Chicago beat Boston 102-96 on Sunday."}}],
    "project": "1.1700000000",
    "label_config": '<View><Labels name="label" toName="text"><Label value="ORG"/></Labels>'
    '<Text name="text" value="$text"/>'
    '<TextArea name="entity" toName="text" perRegion="true"/></View>',
}


class Labelling(NamedTuple):
    """What a labelling configuration says of the text and of its regions.

    Attributes:
        key: The key of `data` that has the text.
        text: The name of the text.
        control: The name of the labels of its regions.
        labels: What Label Studio calls a label, by the label in small letters; empty where a
            project takes its labels from elsewhere, and any label goes.
        links: The name of the text area for the link of a region; `None` without one.
    """

    key: str
    text: str
    control: str
    labels: Mapping[str, str]
    links: str | None


def router(service: Service) -> APIRouter:
    """`/setup` and `/predict`; `/health` is every server's."""
    routes = APIRouter(tags=["Label Studio"], responses=REFUSALS)
    version = _version(service)

    @routes.post("/setup", summary="The version of the model", openapi_extra=_body({}))
    async def setup(request: Request) -> dict[str, str]:
        await read_json_body(request)
        return {"model_version": version}

    @routes.post("/predict", summary="Predictions for tasks", openapi_extra=_body(_EXAMPLE))
    async def predict(request: Request) -> Response:
        asked = _request(await read_json_body(request))
        labelling = read_labelling(asked.get("label_config"))
        documents = _documents(service, asked, labelling)
        sound = [doc for doc in documents if isinstance(doc, Document)]
        tagged = iter(await service.tag(sound))
        answers = [next(tagged) if isinstance(doc, Document) else doc for doc in documents]
        names = await service.look_up(_names, service, answers)
        results = [_prediction(answer, labelling, names, version) for answer in answers]
        return json_response({"results": results, "model_version": version})

    return routes


def _body(example: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def _version(service: Service) -> str:
    """Another one for every model: Label Studio keeps predictions of a version that it has."""
    info = service.pipeline.info()
    said = json_from_record([info[key] for key in ("labels", "trained_on", "scores", "versions")])
    return f"nerlink {nerlink.__version__} {hashlib.sha256(said.encode()).hexdigest()[:8]}"


def read_labelling(config: Any) -> Labelling:
    """The text of a labelling configuration and the labels of its regions.

    Raises:
        Invalid: It is no XML, declares entities, or has no labels for a text that tasks hold.
    """
    tags = _tags(config)
    texts = {attributes.get("name", ""): attributes for name, attributes in tags if name == "Text"}
    for name, attributes in tags:
        wanted = [one.strip() for one in attributes.get("toName", "").split(",")]
        if name == "Labels" and (found := next((one for one in wanted if one in texts), None)):
            labels = {} if "value" in attributes else _labels(tags, attributes)
            return Labelling(
                key=_key(texts[found]),
                text=found,
                control=attributes.get("name", ""),
                labels=labels,
                links=_link_control(tags, found),
            )
    raise Invalid(
        "label_config has no Labels for a Text. It needs, as an example, <Labels name='label' "
        "toName='text'>...</Labels> <Text name='text' value='$text'/>.",
        where="label_config",
    )


Tag = tuple[str, Mapping[str, str]]


def _tags(config: Any) -> list[Tag]:
    """The tags of a configuration in order; a tag `Label` has `in`, the name of its `Labels`."""
    if not isinstance(config, str):
        said = f"label_config is {shown(config)}; it must be the XML of a project."
        raise Invalid(said, where="label_config")
    tags: list[Tag] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        outer = {"in": inside[-1]} if name == "Label" and inside else {}
        tags.append((name, attributes | outer))
        if name == "Labels":
            inside.append(attributes.get("name", ""))

    def end(name: str) -> None:
        if name == "Labels":
            inside.pop()

    def refuse(*_: Any) -> None:
        # No entities: they could be made to grow without end, or to stand for a file.
        raise Invalid("label_config has a DOCTYPE; leave it out.", where="label_config")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(config, True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        raise Invalid(f"label_config is not XML: {error}.", where="label_config") from error
    return tags


def _key(text: Mapping[str, str]) -> str:
    value = text.get("value", "")
    if text.get("valueType") == "url" or text.get("encoding", "none") != "none":
        raise Invalid(
            f"the Text {text.get('name')!r} holds addresses or encoded texts. nerlink opens none; "
            "give the texts themselves in the data of tasks.",
            where="label_config",
        )
    if not value.startswith("$") or len(value) < 2:
        said = f"the Text {text.get('name')!r} has the value {value!r:.80}, and not one as '$text'."
        raise Invalid(said, where="label_config")
    return value[1:]


def _labels(tags: Sequence[Tag], control: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, attributes in tags:
        if name == "Label" and attributes.get("in") == control.get("name", ""):
            written = attributes.get("alias") or attributes.get("value", "")
            found |= {one.casefold(): written for one in (attributes.get("value", ""), written)}
    return found


def _link_control(tags: Sequence[Tag], text: str) -> str | None:
    for name, attributes in tags:
        is_of_regions = attributes.get("perRegion", "").lower() == "true"
        if name == "TextArea" and is_of_regions and attributes.get("toName") == text:
            return attributes.get("name")
    return None


def _request(value: Any) -> Mapping[str, Any]:
    try:
        return mapping(value, where="the body")
    except DataError as error:
        raise Invalid(str(error)) from error


def _documents(
    service: Service, asked: Mapping[str, Any], labelling: Labelling
) -> list[Document | NerlinkError]:
    """The texts of tasks, or why a task has none that can be read."""
    tasks = asked.get("tasks")
    if not isinstance(tasks, list):
        raise Invalid(f"tasks is {shown(tasks)}; it must be a list of tasks.", where="tasks")
    if len(tasks) > service.settings.max_documents:
        raise TooLarge(f"{len(tasks):,} tasks are more than are taken at once.", where="tasks")
    found: list[Document | NerlinkError] = []
    for number, task in enumerate(tasks):
        data = task.get("data") if isinstance(task, dict) else None
        text = data.get(labelling.key) if isinstance(data, dict) else None
        where = f"task {number}"
        if isinstance(text, str):
            found.append(document_in(text, TagOptions(), service.settings, where=where))
        else:
            found.append(Invalid(f"{where}: data has no text under {labelling.key!r}."))
    return found


def _names(service: Service, answers: Sequence[Document | NerlinkError]) -> dict[str, str]:
    """What people call the entities that are linked to."""
    mentions = [m for doc in answers if isinstance(doc, Document) for m in doc.mentions]
    linked = {m.entity for m in mentions if m.entity is not None}
    return {entity: service.kb.name_of(entity) for entity in linked} if service.kb else {}


def _prediction(
    answer: Document | NerlinkError,
    labelling: Labelling,
    names: Mapping[str, str],
    version: str,
) -> dict[str, Any]:
    """The prediction for a task: as sure as the least sure of its mentions."""
    if isinstance(answer, NerlinkError):
        return {"result": [], "model_version": version, **error_record(answer)}
    records = record_from_document(answer)["mentions"]
    result = []
    for number, record in enumerate(records):
        surface = answer.surface(answer.mentions[number])
        result += _region(f"m{number}", record, surface, labelling, names)
    scores = [one["score"] for one in result if "score" in one]
    score = {"score": min(scores)} if scores else {}
    return {"result": result, "model_version": version, **score}


def _region(
    name: str,
    mention: Mapping[str, Any],
    surface: str,
    labelling: Labelling,
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The results of a region; none where the project does not have its label.

    Args:
        name: An id that no other region of the text has.
        mention: Its record, with offsets in characters, as Label Studio counts.
        surface: Its text.
        labelling: The controls of the project.
        names: What people call an entity.
    """
    label = str(mention.get("label", ""))
    if labelling.labels and label.casefold() not in labelling.labels:
        return []
    place = {"start": mention["start"], "end": mention["end"]}
    common = {"id": name, "to_name": labelling.text}
    value = {**place, "text": surface, "labels": [labelling.labels.get(label.casefold(), label)]}
    meta = {key: mention[key] for key in ("link_score", "candidates", "nil") if key in mention}
    region = {**common, "from_name": labelling.control, "type": "labels", "value": value}
    region |= {"score": mention["score"]} if "score" in mention else {}
    entity = mention.get("entity")
    if entity is None:
        return [region]
    if labelling.links is None:
        # Shown beside the region: otherwise nobody would see the link.
        called = names.get(entity, entity)
        meta["text"] = [entity if called == entity else f"{called} ({entity})"]
        return [region | {"meta": meta}]
    link = {**common, "from_name": labelling.links, "type": "textarea"}
    return [region | {"meta": meta}, link | {"value": {**place, "text": [entity]}}]
