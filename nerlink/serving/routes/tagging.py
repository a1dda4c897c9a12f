"""Find and link mentions, link given ones, and say why a mention is linked as it is."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from nerlink.data import Document
from nerlink.errors import NerlinkError
from nerlink.serving.bodies import (
    Asked,
    TagOptions,
    answer_record,
    documents_in,
    entities_of,
    error_record,
    is_lines,
    json_response,
    media_type_of,
    raise_refusal,
    read_json_body,
)
from nerlink.serving.lines import LinesResponse
from nerlink.serving.service import Service

__all__ = ["STREAMS", "router"]

STREAMS: Final = frozenset({"/v1/tag", "/v1/link"})
"""Routes that take JSON lines without end."""

MANY: Final = 8
"""Documents from which on an answer is written in another thread, while others are served."""

Options = Annotated[TagOptions, Query()]


def router(service: Service) -> APIRouter:
    """The routes of tagging."""
    routes = APIRouter(prefix="/v1", tags=["tagging"])

    @routes.post("/tag")
    async def tag(request: Request, options: Options) -> Response:
        """Find the mentions in documents, and link them."""
        return await _answered(service, request, options, link_only=False)

    @routes.post("/link")
    async def link(request: Request, options: Options) -> Response:
        """Link the mentions that documents have, and find no new ones."""
        return await _answered(service, request, options, link_only=True)

    return routes


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
        raise_refusal(found[0])
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
