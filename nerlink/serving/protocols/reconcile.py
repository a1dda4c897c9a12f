"""The Reconciliation Service API 0.2, by which OpenRefine links the cells of a column.

The specification is of the Entity Reconciliation Community Group of the W3C (final, 2023). Pages of
other origins may ask as far as `cors_origins` lets them.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

import nerlink
from nerlink.data import Entity
from nerlink.display.colours import hue_class
from nerlink.display.page import escape
from nerlink.errors import DataError
from nerlink.kb import KnowledgeBase
from nerlink.kb.browsing import suggest_entities, types_of
from nerlink.serving.bodies import json_response
from nerlink.serving.protocols.matching import Asked, Matcher, check_queries
from nerlink.serving.refusals import Invalid, Malformed, NotFound, TooLarge
from nerlink.serving.schemas import REFUSALS, Problem
from nerlink.serving.service import Service
from nerlink.sources.formats.nif import ENTITIES, LABELS
from nerlink.strict_json import parse_json

__all__ = ["router"]

BATCH: Final = 50
"""Queries that a client may send together; OpenRefine sends 10 where nothing is said."""

SUGGESTIONS: Final = 10

MOST_TYPES: Final = 50

PROPERTIES: Final = {
    "context": "Text in which the name occurs, such as a sentence or a whole note.",
    "description": "What is known of the thing: what it is, where, when, of whom.",
}
"""Properties that are suggested. The values of any others are read in the same way."""

_EXAMPLE: Final = {
    "q0": {
        "query": "Chicago",
        "type": "ORG",
        "limit": 3,
        "type_strict": "should",
        "properties": [{"pid": "context", "v": "Chicago beat Boston 102-96 on Sunday."}],
    }
}

_MISSING: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "No such entity, or a model without a base."}
}

Prefix = Annotated[str, Query(description="What has been typed so far.")]
Cursor = Annotated[int, Query(ge=0, le=1000, description="Suggestions to leave out.")]
Queries = Annotated[
    str | None,
    Query(description="A batch of queries in JSON.", examples=[json.dumps(_EXAMPLE)]),
]


def router(service: Service) -> APIRouter:
    """`/reconcile` and what its manifest names: suggestions, previews."""
    routes = APIRouter(prefix="/reconcile", tags=["Reconciliation"], responses=REFUSALS | _MISSING)
    types = _Types()

    # Programs do not follow a redirection of what they post, with or without the slash at the end.
    @routes.get("/", include_in_schema=False)
    @routes.get("", summary="The manifest, or answers to `queries`", response_model=dict[str, Any])
    async def reconcile(request: Request, queries: Queries = None) -> Response:
        if queries is not None:
            return await _answers(service, queries)
        found = await service.look_up(types.of, _base(service))
        # `base_url` alone would leave out where this app is mounted in another.
        here = request.base_url.replace(path=request.scope.get("root_path", ""))
        return json_response(_manifest(service, str(here).rstrip("/"), found))

    @routes.post("/", include_in_schema=False)
    @routes.post(
        "",
        summary="Answers to queries",
        response_model=dict[str, Any],
        openapi_extra={"requestBody": _FORM},
    )
    async def reconcile_form(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=16) as form:
            queries = form.get("queries")
        if not isinstance(queries, str):
            raise Invalid("the form has no field 'queries'. Send queries={...}.", where="queries")
        return await _answers(service, queries)

    # Not `HTMLResponse` as the class of the route: refusals would be described as HTML, too.
    @routes.get("/preview", summary="An entity as a small page", **_PAGE)
    async def preview(id: Annotated[str, Query()]) -> HTMLResponse:  # noqa: A002 - of the API
        kb = _base(service)
        entity = await service.look_up(_find, kb, id)
        # It is made for a frame in somebody else's page.
        return HTMLResponse(_preview(entity), headers=_FRAMED)

    _add_suggestions(routes, service, types)
    return routes


def _add_suggestions(routes: APIRouter, service: Service, types: "_Types") -> None:
    @routes.get("/suggest/entity", summary="Entities by the start of a name, or an id")
    async def suggest_entity(prefix: Prefix = "", cursor: Cursor = 0) -> dict[str, Any]:
        kb = _base(service)
        start = _short(service, prefix)
        found = await service.look_up(lambda: _suggested(kb, start, cursor))
        return {"result": found}

    @routes.get("/suggest/type", summary="Types of entities")
    async def suggest_type(prefix: Prefix = "", cursor: Cursor = 0) -> dict[str, Any]:
        start = _short(service, prefix).casefold()
        found = await service.look_up(types.of, _base(service))
        named = [one for one in found if one.casefold().startswith(start)]
        return {"result": _named(named[cursor : cursor + SUGGESTIONS])}

    @routes.get("/suggest/property", summary="Properties that the linker reads")
    async def suggest_property(prefix: Prefix = "", cursor: Cursor = 0) -> dict[str, Any]:
        start = _short(service, prefix).strip()
        known = [name for name in PROPERTIES if name.startswith(start.casefold())]
        named = dict.fromkeys([*known, start] if start else known)
        result = [
            {"id": name, "name": name, "description": PROPERTIES.get(name, _ANY_PROPERTY)}
            for name in named
        ]
        return {"result": result[cursor:]}


_PAGE: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
}
_FRAMED: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors *",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_FORM: Final = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["queries"],
                "properties": {"queries": {"type": "string"}},
            },
            "example": {"queries": json.dumps(_EXAMPLE)},
        }
    },
}
_ANY_PROPERTY: Final = "Read beside the name, as any other property."


class _Types:
    """The types of a base, read anew when the base has changed."""

    def __init__(self) -> None:
        self._known: tuple[int, list[str]] | None = None

    def of(self, kb: KnowledgeBase) -> list[str]:
        version = kb.version
        if self._known is None or self._known[0] != version:
            self._known = version, types_of(kb, limit=MOST_TYPES)
        return self._known[1]


def _base(service: Service) -> KnowledgeBase:
    if service.kb is None:
        raise NotFound("this model has no base: it was trained without 'nel'.")
    return service.kb


def _find(kb: KnowledgeBase, entity: str) -> Entity:
    if (found := kb.get(entity)) is None:
        raise NotFound(f"the base has no entity {entity!r:.100}.", where="id")
    return found


def _short(service: Service, text: str) -> str:
    if len(text) > service.settings.max_query:
        raise TooLarge(f"the prefix has {len(text):,} characters.", where="prefix")
    return text


async def _answers(service: Service, text: str) -> Response:
    """The result batch of a query batch."""
    _base(service)
    asked = _read(service, text)
    top_k = service.settings.max_top_k
    documents = [one.doc for one in asked.values() if one.doc]
    tagged = iter(await service.tag(documents, link_only=True, top_k=top_k))
    found = {name: next(tagged) if one.doc else None for name, one in asked.items()}
    matcher = Matcher(_base(service), service.pipeline)
    results = await service.look_up(
        lambda: {name: matcher.result(asked[name], found[name]) for name in asked}
    )
    return json_response(results)  # names of queries may be what UTF-8 cannot hold


def _read(service: Service, text: str) -> Mapping[str, Asked]:
    try:
        batch = parse_json(text, where="queries")
    except DataError as error:
        raise Malformed(str(error), where="queries") from error
    if not isinstance(batch, dict):
        raise Invalid("queries is no object of queries by name.", where="queries")
    if len(batch) > min(BATCH, service.settings.max_documents):
        raise TooLarge(f"{len(batch)} queries at once; send {BATCH} at most.", where="queries")
    return check_queries(batch, service.settings)


def _manifest(service: Service, here: str, types: list[str]) -> dict[str, Any]:
    """What the service is and can do.

    Args:
        service: The service.
        here: The address under which the client has reached it, without the slash at the end.
        types: Types of entities.
    """
    suggest = {
        kind: {"service_url": here, "service_path": f"/reconcile/suggest/{kind}"}
        for kind in ("entity", "type", "property")
    }
    page = f"{here}/reconcile/preview?id={{{{id}}}}"
    space, _, rest = (service.settings.uri_template or ENTITIES + "{id}").partition("{id}")
    return {
        "versions": ["0.2"],
        "name": "nerlink",
        "identifierSpace": space,
        "schemaSpace": LABELS,
        "serviceVersion": nerlink.__version__,
        "defaultTypes": _named(types),
        "batchSize": min(BATCH, service.settings.max_documents),
        "view": {"url": f"{space}{{{{id}}}}{rest}" if service.settings.uri_template else page},
        "preview": {"url": page, "width": 420, "height": 160},
        "suggest": suggest,
    }


def _named(names: list[str]) -> list[dict[str, str]]:
    return [{"id": name, "name": name} for name in names]


def _suggested(kb: KnowledgeBase, start: str, skip: int) -> list[dict[str, Any]]:
    return [
        {
            "id": entity.id,
            "name": entity.name,
            "description": entity.description,
            "notable": _named([entity.type] if entity.type else []),
        }
        for entity in suggest_entities(kb, start, limit=SUGGESTIONS, skip=skip)
    ]


def _preview(entity: Entity) -> str:
    label = entity.type or ""
    tag = f'<span class="tag {hue_class(label)}">{escape(label)}</span> ' if label else ""
    others = [alias for alias in entity.aliases if alias != entity.name][:8]
    also = f'<p class="quiet">also {escape(", ".join(others))}</p>' if others else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(entity.name)}</title>"
        '<link rel="stylesheet" href="../static/page.css">'
        '<link rel="stylesheet" href="../static/colours.css">'
        '<link rel="stylesheet" href="../static/app.css"></head>'
        f'<body class="nerlink preview"><h1>{escape(entity.name)}</h1>'
        f'<p>{tag}<span class="id">{escape(entity.id)}</span></p>'
        f"<p>{escape(entity.description)}</p>{also}</body></html>\n"
    )
