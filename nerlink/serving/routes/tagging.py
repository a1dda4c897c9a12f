"""Find and link mentions, link given ones, and say why a mention is linked as it is."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from nerlink.data import Document, Mention
from nerlink.errors import NerlinkError
from nerlink.serving.bodies import (
    JSON_LINES,
    Asked,
    TagOptions,
    answer_record,
    document_in,
    documents_in,
    entities_of,
    error_record,
    is_lines,
    json_response,
    media_type_of,
    read_json_body,
    sound_document,
)
from nerlink.serving.lines import LinesResponse
from nerlink.serving.refusals import Invalid
from nerlink.serving.schemas import (
    REFUSALS,
    DocumentAnswer,
    DocumentsAnswer,
    ExplainAnswer,
    Group,
    request_body,
)
from nerlink.serving.service import Service
from nerlink.serving.settings import ServingSettings
from nerlink.tables import mapping
from nerlink.words import shown

__all__ = ["STREAMS", "router"]

STREAMS: Final = frozenset({"/v1/tag", "/v1/link"})
"""Routes that take JSON lines without end."""

MANY: Final = 8
"""Documents from which on an answer is written in another thread, while others are served."""

Options = Annotated[TagOptions, Query()]
Answer = DocumentAnswer | DocumentsAnswer | Sequence[Group]

_LINES: Final[dict[str, Any]] = {
    JSON_LINES: {
        "schema": {"type": "string"},
        "example": '{"text": "Jordan scored 34 points."}\n{"text": "Paris is old."}\n',
    }
}
"""The other content type: a document a line."""


def router(service: Service) -> APIRouter:
    """The routes of tagging."""
    routes = APIRouter(prefix="/v1", tags=["tagging"], responses=REFUSALS)
    described: dict[str, Any] = {
        "responses": {200: {"model": Answer, "content": _LINES}},
        "openapi_extra": request_body("TagRequest", **_LINES),
    }

    @routes.post("/tag", **described)
    async def tag(request: Request, options: Options) -> Response:
        """Find the mentions in documents, and link them."""
        return await _answered(service, request, options, link_only=False)

    @routes.post("/link", **described)
    async def link(request: Request, options: Options) -> Response:
        """Link the mentions that documents have, and find no new ones."""
        return await _answered(service, request, options, link_only=True)

    @routes.post(
        "/explain",
        responses={200: {"model": ExplainAnswer}},
        openapi_extra=request_body("ExplainRequest"),
    )
    async def explain(
        request: Request, offsets: Literal["codepoint", "utf16"] = "codepoint"
    ) -> Response:
        """Why a mention is linked as it is: the parts of the score of each candidate."""
        options = TagOptions(offsets=offsets)
        doc, mention = await read_json_body(
            request, lambda value: _to_explain(value, options, service.settings)
        )
        explanation = await service.explain(doc, mention)
        return json_response(asdict(explanation))

    return routes


def _to_explain(
    value: Any, options: TagOptions, settings: ServingSettings
) -> tuple[Document, Mention]:
    """The document in a request, and the mention that its number names."""
    record = dict(mapping(value, where="the body"))
    number, given = record.pop("mention", None), record.get("mentions")
    doc = sound_document(document_in(record, options, settings, where="the document"))
    if type(number) is not int or not isinstance(given, list) or not 0 <= number < len(given):
        raise Invalid(
            f"mention is {shown(number)}; it must be the place of a mention in the list, from 0.",
            where="mention",
        )
    # The document has its mentions in order of their places; the request may have another.
    record["mentions"] = [given[number]]
    alone = sound_document(document_in(record, options, settings, where="the document"))
    return doc, alone.mentions[0]


async def _answered(
    service: Service, request: Request, options: TagOptions, *, link_only: bool
) -> Response:
    if is_lines(media_type_of(request)):
        return LinesResponse(service, options, link_only=link_only)
    given = options.model_dump(exclude_unset=True)
    asked: Asked = await read_json_body(
        request, lambda value: documents_in(value, given, service.settings)
    )
    sound = [doc for doc in asked.documents if isinstance(doc, Document)]
    tagged = iter(
        await service.tag(
            sound,
            link_only=link_only,
            threshold=asked.options.threshold,
            top_k=asked.options.top_k,
        )
    )
    found = [next(tagged) if isinstance(doc, Document) else doc for doc in asked.documents]
    names = await _names(service, found) if asked.options.names else None
    if len(found) < MANY:
        return _written(asked, found, names)
    return await run_in_threadpool(_written, asked, found, names)


async def _names(service: Service, documents: Sequence[Document | NerlinkError]) -> dict[str, str]:
    """The names of all entities that documents name."""
    if (kb := service.kb) is None:
        return {}
    wanted = sorted(entities_of(documents))
    found: dict[str, str] = await service.look_up(
        lambda: {entity: kb.name_of(entity) for entity in wanted}
    )
    return found


def _written(
    asked: Asked,
    found: Sequence[Document | NerlinkError],
    names: dict[str, str] | None,
) -> Response:
    """The answer to a request."""
    if asked.is_single:
        sound_document(found[0])
    records = [
        _record(before, after, asked.options)
        for before, after in zip(asked.documents, found, strict=True)
    ]
    added = {} if names is None else {"names": names}
    if not asked.is_single:
        return json_response({"documents": records, **added})
    return json_response(records[0] | added if isinstance(records[0], dict) else records[0])


def _record(
    before: Document | NerlinkError, after: Document | NerlinkError, options: TagOptions
) -> Any:
    """The record of an answer; of an error, with the id of its document."""
    if isinstance(after, Document):
        return answer_record(after, options)
    name = before.id if isinstance(before, Document) else None
    return ({} if name is None else {"id": name}) | error_record(after)
