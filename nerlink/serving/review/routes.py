"""What the page of a review asks: documents one at a time, candidates, saves, new entities."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from nerlink.config import Section
from nerlink.data import Document, Entity, Mention, is_one_line
from nerlink.display.colours import hue_class
from nerlink.errors import ConfigError, DataError
from nerlink.kb.browsing import suggest_entities
from nerlink.serving.bodies import json_response, read_json_body
from nerlink.serving.refusals import Forbidden, Invalid
from nerlink.serving.review.agreement import agreement
from nerlink.serving.review.desk import Given
from nerlink.serving.review.proposals import entities_in, propose, with_candidates
from nerlink.serving.review.saves import REVIEWED, counted, sound_document
from nerlink.serving.review.session import Session
from nerlink.serving.routes.entities import given_entity
from nerlink.sources.records import record_from_document
from nerlink.tables import mapping
from nerlink.toml import check_table

__all__ = ["check_origin", "router"]

FOUND: Final = 12
"""Entities that a search gives."""

Key = Annotated[str, Field(max_length=10_000)]


class _Reviewer(Section):
    reviewer: Annotated[str, Field(min_length=1, max_length=80)]


class _Next(_Reviewer):
    beside: tuple[Key, ...] = ()


class _Keys(_Reviewer):
    keys: list[Key]


class _Open(_Reviewer):
    key: Key


class _Save(_Open):
    mentions: list[dict[str, Any]]
    informed: bool = False


class _Candidates(Section):
    key: Key
    mentions: list[dict[str, Any]]


class _Search(Section):
    query: Annotated[str, Field(max_length=1000)]


class _Label(Section):
    label: Annotated[str, Field(max_length=1000)]


async def check_origin(request: Request) -> None:
    """Refuse what a page of somebody else asks for: a browser names the page.

    Raises:
        Forbidden: The request comes from another page than this server's.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("only the page of this server may ask this.")


def router(session: Session) -> APIRouter:
    """The routes of a review."""
    routes = APIRouter(prefix="/review", include_in_schema=False)
    _add_documents(routes, session)
    _add_saves(routes, session)
    _add_look_ups(routes, session)
    return routes


def _add_documents(routes: APIRouter, session: Session) -> None:
    desk = session.desk

    @routes.post("/session")
    async def about(request: Request) -> Response:
        asked = await _read(request, _Reviewer)
        return json_response(_about(session, asked.reviewer))

    @routes.post("/next")
    async def next_(request: Request) -> Response:
        asked = await _read(request, _Next)
        given = desk.next(asked.reviewer, beside=asked.beside)
        document = None if given is None else await _given(session, given)
        return json_response({"document": document, "progress": _progress(session, asked.reviewer)})

    @routes.post("/open")
    async def open_(request: Request) -> Response:
        asked = await _read(request, _Open)
        given = desk.open(asked.key, asked.reviewer)
        return json_response({"document": await _given(session, given)})

    @routes.post("/keep")
    async def keep(request: Request) -> Response:
        asked = await _read(request, _Keys)
        desk.keep(asked.keys, asked.reviewer)
        return json_response({"progress": _progress(session, asked.reviewer)})

    @routes.post("/release")
    async def release(request: Request) -> Response:
        asked = await _read(request, _Keys)
        desk.release(asked.keys, asked.reviewer)
        return json_response({})


def _add_saves(routes: APIRouter, session: Session) -> None:
    desk = session.desk

    @routes.post("/save")
    async def save(request: Request) -> Response:
        asked = await _read(request, _Save)
        mentions = _mentions(session, asked.key, asked.mentions)
        # In another thread, and to its end, whether or not the caller waits for it.
        kept, fault = await run_in_threadpool(
            lambda: desk.save(asked.key, asked.reviewer, mentions, is_informed=asked.informed)
        )
        for label in {one.label for one in mentions if one.label}:
            session.add_label(label)
        said = {"time": kept.time, "state": desk.state(asked.key), "fault": fault}
        return json_response(said | {"progress": _progress(session, asked.reviewer)})

    @routes.post("/documents")
    async def documents(request: Request) -> Response:
        await _read(request, _Reviewer)
        return json_response({"documents": _listed(session)})

    @routes.post("/agreement")
    async def agree(request: Request) -> Response:
        await _read(request, _Reviewer)
        found = await run_in_threadpool(lambda: agreement(_saves(session)))
        return json_response({"text": str(found)})


def _add_look_ups(routes: APIRouter, session: Session) -> None:
    service = session.service

    @routes.post("/candidates")
    async def candidates(request: Request) -> Response:
        asked = await _read(request, _Candidates)
        mentions = _mentions(session, asked.key, asked.mentions)
        doc = replace(session.desk.documents[asked.key], mentions=mentions)
        proposed = await with_candidates(service, doc, is_linked=True)
        known = await service.look_up(entities_in, service.kb, [proposed.doc])
        return json_response(_document(proposed.doc, known) | {"note": proposed.note})

    @routes.post("/search")
    async def search(request: Request) -> Response:
        asked = await _read(request, _Search)
        kb = service.kb
        if kb is None or not asked.query.strip():
            return json_response({"entities": []})
        found = await service.look_up(lambda: suggest_entities(kb, asked.query, limit=FOUND))
        return json_response({"entities": [_entity(one) for one in found]})

    @routes.post("/entities")
    async def add(request: Request) -> Response:
        value = dict(mapping(await read_json_body(request), where="the body"))
        entity = value.pop("id", None)
        if not isinstance(entity, str) or not entity.strip() or not is_one_line(entity.strip()):
            raise Invalid("an entity needs an id, in one line.", where="id")
        given = given_entity(value)
        found = await service.look_up(session.add_entity, entity.strip(), given)
        return json_response({"entity": _entity(found)}, 201)

    @routes.post("/labels")
    async def label(request: Request) -> Response:
        asked = await _read(request, _Label)
        session.add_label(asked.label)
        return json_response({"labels": _labels(session)})


async def _read(request: Request, kind: type[Section]) -> Any:
    """What a request says, as an object of a kind.

    Raises:
        Invalid: It is of another kind.
    """

    def make(value: Any) -> Any:
        try:
            return check_table(kind, mapping(value, where="the body"), where="the body")
        except ConfigError as error:
            raise Invalid(str(error)) from error

    asked = await read_json_body(request, make)
    if isinstance(asked, _Reviewer) and not _is_name(asked.reviewer):
        raise Invalid(
            "a reviewer's name is one line, without blanks at its ends.", where="reviewer"
        )
    return asked


def _is_name(name: str) -> bool:
    return is_one_line(name) and name == name.strip()


def _mentions(session: Session, key: str, records: list[dict[str, Any]]) -> tuple[Mention, ...]:
    """The mentions of a request, found to be in the text of its document.

    Raises:
        NotFound: There is no such document.
        Invalid: A mention is none.
    """
    session.desk.check(key)
    text = session.desk.documents[key].text
    kept = ("start", "end", "label", "entity")
    plain = [{name: one.get(name) for name in kept} for one in records]
    try:
        doc = sound_document({"text": text, "mentions": plain}, where="the document")
    except DataError as error:
        raise Invalid(str(error), where="mentions") from error
    return doc.mentions


async def _given(session: Session, given: Given) -> dict[str, Any]:
    """A document with all that the page needs to show it."""
    service = session.service
    proposed = await propose(service, given.doc, session.options.preset, is_saved=given.is_saved)
    documents = [proposed.doc, *given.versions.values()]
    known = await service.look_up(entities_in, service.kb, documents)
    return _document(proposed.doc, known) | {
        "key": given.key,
        "number": given.number,
        "id": given.doc.id,
        "saved": given.is_saved,
        "informed": given.is_informed,
        "reviewers": session.desk.reviewers(given.key) if given.is_informed else [],
        "note": proposed.note,
        "versions": {name: _plain(doc) for name, doc in given.versions.items()},
    }


def _document(doc: Document, known: Mapping[str, Entity]) -> dict[str, Any]:
    record = record_from_document(replace(doc, meta={}, sentences=None, tokens=None))
    return {
        "text": record["text"],
        "mentions": record["mentions"],
        "entities": {one: _entity(entity) for one, entity in known.items()},
    }


def _plain(doc: Document) -> list[list[Any]]:
    return [[m.start, m.end, m.label, m.entity] for m in doc.mentions]


def _entity(entity: Entity) -> dict[str, Any]:
    record = asdict(entity)
    return {name: record[name] for name in ("id", "name", "description", "type")}


def _labels(session: Session) -> list[dict[str, Any]]:
    known = set(session.of_model)
    return [
        {"label": one, "hue": hue_class(one), "known": not known or one in known}
        for one in session.labels
    ]


def _progress(session: Session, reviewer: str) -> dict[str, int]:
    return session.desk.progress(reviewer)._asdict()


def _about(session: Session, reviewer: str) -> dict[str, Any]:
    return {
        "session": session.journal.session,
        "labels": _labels(session),
        "links": session.service.kb is not None,
        "output": session.journal.output.name,
        "overlap": len(session.desk.twice),
        "lease": session.options.lease,
        "progress": _progress(session, reviewer),
    }


def _listed(session: Session) -> list[dict[str, Any]]:
    desk, found = session.desk, []
    for number, (key, doc) in enumerate(desk.documents.items(), start=1):
        saves = session.journal.saves.get(key, [])
        time = str(counted(saves).meta[REVIEWED]) if saves else None
        found.append(
            {
                "key": key,
                "number": number,
                "id": doc.id,
                "start": doc.text[:90],
                "state": desk.state(key),
                "twice": key in desk.twice,
                "reviewers": desk.reviewers(key),
                "holders": desk.holders(key),
                "time": time,
            }
        )
    return found


def _saves(session: Session) -> list[Any]:
    # Copied at once: another thread may be adding a document meanwhile.
    return [save for saves in list(session.journal.saves.values()) for save in saves]
