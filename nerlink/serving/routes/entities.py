"""Look-up in the knowledge base, and changes of it by who may."""

from dataclasses import asdict, fields
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from nerlink.config import Section
from nerlink.data import Entity
from nerlink.errors import ConfigError, KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.kb.entities import EntityTables
from nerlink.serving.bodies import json_response, read_json_body
from nerlink.serving.refusals import Conflict, Forbidden, Invalid, NotFound
from nerlink.serving.schemas import (
    REFUSALS,
    EntitiesAnswer,
    EntityAnswer,
    Problem,
    request_body,
)
from nerlink.serving.service import Service
from nerlink.tables import mapping
from nerlink.toml import check_table

__all__ = ["GivenEntity", "add_entity", "given_entity", "router"]

_MISSING: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "No such entity."}
}
_KEPT: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Problem, "description": "The base cannot be changed through this server."}
}


class GivenEntity(Section):
    """What a request says of an entity.

    Args:
        name: What people call it; by default, its id.
        description: One line that tells it from its namesakes.
        type: Its kind.
        popularity: Any count that grows with fame.
        aliases: Further surface forms, or these with counts.
    """

    name: Annotated[str, Field(max_length=1000)] | None = None
    description: Annotated[str, Field(max_length=10_000)] = ""
    type: str | None = None
    popularity: Annotated[float, Field(ge=0)] = 0.0
    aliases: tuple[str, ...] | dict[str, Annotated[int, Field(ge=0)]] = ()


def router(service: Service) -> APIRouter:
    """The routes of the knowledge base."""
    routes = APIRouter(prefix="/v1/entities", tags=["entities"], responses=REFUSALS)
    length, most = service.settings.max_query, service.settings.max_top_k
    Id = Annotated[str, Path(min_length=1, max_length=length)]  # noqa: N806

    @routes.get("", responses={200: {"model": EntitiesAnswer}})
    async def search(
        q: Annotated[str, Query(min_length=1, max_length=length, examples=["Paris"])],
        limit: Annotated[int, Query(ge=1, le=max(1, most))] = 10,
    ) -> Response:
        """The entities that a name may mean, the likeliest first."""
        found = await service.look_up(_search, service, q, limit)
        return json_response({"entities": [asdict(entity) for entity in found]})

    @routes.get("/{entity:path}", responses={200: {"model": EntityAnswer}, **_MISSING})
    async def show(entity: Id) -> Response:
        """One entity."""
        return json_response(asdict(await service.look_up(_show, service, entity)))

    @routes.put(
        "/{entity:path}",
        status_code=201,
        responses={
            200: {"model": EntityAnswer, "description": "It was there already, just so."},
            201: {"model": EntityAnswer, "description": "It is there now."},
            409: {"model": Problem, "description": "Another entity has the id."},
            **_KEPT,
        },
        openapi_extra=request_body("NewEntity"),
    )
    async def put(entity: Id, request: Request) -> Response:
        """Add an entity, which the next request can link to, on all workers."""
        _check_editable(service)
        given = await read_json_body(request, given_entity)
        is_new, found = await service.look_up(add_entity, _base(service), entity, given)
        return json_response(asdict(found), 201 if is_new else 200)

    @routes.delete("/{entity:path}", status_code=204, responses={**_MISSING, **_KEPT})
    async def delete(entity: Id) -> Response:
        """Remove an entity; what training learnt of it goes with it."""
        _check_editable(service)
        await service.look_up(_remove, service, entity)
        return Response(status_code=204)

    return routes


def _check_editable(service: Service) -> None:
    if not service.settings.editable:
        raise Forbidden("the base cannot be changed through this server; --editable allows it.")


def _base(service: Service) -> KnowledgeBase:
    if service.kb is None:
        raise NotFound("this model has no knowledge base: it was trained without 'nel'.")
    return service.kb


def _search(service: Service, name: str, limit: int) -> list[Entity]:
    kb, config = _base(service), service.pipeline.model.config.kb
    found = kb.candidates(name, limit=limit, generators=config.candidates, fill=config.fill)
    return [entity for one in found if (entity := kb.get(one.entity)) is not None]


def _show(service: Service, entity: str) -> Entity:
    if (found := _base(service).get(entity)) is None:
        raise NotFound(f"no entity {entity!r:.80}.", where="entity")
    return found


def given_entity(value: Any) -> GivenEntity:
    """What is given of an entity, beside its id.

    Raises:
        Invalid: It is none, or a value is of another kind.
    """
    try:
        return check_table(GivenEntity, mapping(value, where="the body"), where="the body")
    except ConfigError as error:
        raise Invalid(str(error)) from error


def add_entity(kb: KnowledgeBase, entity: str, given: GivenEntity) -> tuple[bool, Entity]:
    """Whether an entity is new, and the entity as the base has it.

    Raises:
        Conflict: Another entity has the id.
        Invalid: It can be no id.
    """
    if (found := kb.get(entity)) is not None:
        if not _agrees(found, given):
            raise Conflict(
                f"the base has another entity {entity!r:.80}. DELETE it first; what training "
                "learnt of it goes with it.",
                where="entity",
            )
        return False, found
    record = given.model_dump(exclude_unset=True) | {"id": entity}
    ((_, new),) = EntityTables().entities([record])
    if new.id != entity:
        raise Invalid(f"{entity!r:.80} is no id: it has blanks at its ends.", where="entity")
    with KnowledgeBase.open(kb.path, read_only=False) as open_base:
        try:
            open_base.add(new)
        except KnowledgeBaseError as error:
            if entity not in open_base:
                raise
            raise Conflict(f"somebody else has just added {entity!r:.80}.") from error
    # What the base has of it, if nobody has removed it since.
    return True, kb.get(entity) or new


def _agrees(found: Entity, given: GivenEntity) -> bool:
    """Whether the base says of an entity what is given, and perhaps more."""
    said = given.model_dump(exclude_unset=True, exclude={"aliases"})
    aliases = {found.name, *found.aliases}
    return aliases.issuperset(given.aliases) and all(
        getattr(found, field.name) == said[field.name]
        for field in fields(Entity)
        if field.name in said
    )


def _remove(service: Service, entity: str) -> None:
    kb = _base(service)
    with KnowledgeBase.open(kb.path, read_only=False) as open_base:
        try:
            open_base.remove(entity)
        except KnowledgeBaseError as error:
            if entity in open_base:
                raise
            raise NotFound(f"no entity {entity!r:.80}.", where="entity") from error
