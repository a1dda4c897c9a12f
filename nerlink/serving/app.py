"""The app: routes behind a door, one shape of errors, and a model that is warm before it serves."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import (
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
)
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from nerlink.errors import DataError
from nerlink.pipeline import Pipeline
from nerlink.serving import page
from nerlink.serving.door import Door, refuse
from nerlink.serving.protocols import gerbil, label_studio, reconcile
from nerlink.serving.refusals import Invalid, NotFound, Refusal, Unauthorised
from nerlink.serving.routes import entities, state, tagging
from nerlink.serving.schemas import describe
from nerlink.serving.service import Service
from nerlink.serving.settings import ServingSettings

__all__ = ["create_app", "frame", "guards_of", "readiness_of"]

READY: Final = (tagging, entities, gerbil, label_studio, reconcile)
"""Rooms of routes that ask for the token, if there is one, and for a model that is ready."""


def create_app(pipeline: Pipeline, settings: ServingSettings | None = None) -> FastAPI:
    """An app that serves a model; an app of your own can mount it.

        app = create_app(Pipeline.load("my-model"), ServingSettings(timeout=5))

    The pipeline is the app's alone from then on. `app.state.service` is what the routes call.

    Args:
        pipeline: The model.
        settings: The limits.
    """
    service = Service(pipeline, settings)
    app = frame(service, "Finds the mentions in documents and links them to a knowledge base.")
    # Around the door, or a page of another origin could not read why it was refused there.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=service.settings.cors_origins,
        allow_methods=["*"],
        allow_headers=["*"],
    )
    guards = guards_of(service)
    for room in READY:
        app.include_router(
            room.router(service), dependencies=[*guards, Depends(readiness_of(service))]
        )
    app.include_router(state.router(service), dependencies=guards)
    app.include_router(page.guarded_router(service), dependencies=guards)
    app.include_router(state.open_router(service))
    app.include_router(page.router(service))
    describe(app)
    return app


def frame(service: Service, description: str) -> FastAPI:
    """An app without routes: it begins and ends with its service, and has a door."""

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        await service.start()  # who listens before would have to refuse
        if service.fault:
            raise service.fault
        yield
        await service.close()

    app = FastAPI(
        title="nerlink",
        description=description,
        version=_version(),
        docs_url=None,  # these load their scripts from elsewhere
        redoc_url=None,
        lifespan=live,
    )
    app.state.service = service
    app.add_middleware(Door, service=service, streams=tagging.STREAMS)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(DataError, _unsound)
    app.add_exception_handler(HTTPException, _not_here)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


def guards_of(service: Service) -> list[Any]:
    """What a request passes before its route, where it must bear a token."""
    token = service.settings.token
    return [] if token is None else [Depends(_guard(token))]


def _version() -> str:
    import nerlink

    return str(nerlink.__version__)


_BEARER: Final = HTTPBearer(auto_error=False, description="The token of --token, if there is one.")
_BASIC: Final = HTTPBasic(auto_error=False, description="The same as the password, of any user.")


UNKNOWN: Final = (
    "send the token of this server: 'Authorization: Bearer TOKEN', or the token as the password of "
    "basic authentication."
)


def _guard(token: str) -> Callable[..., Awaitable[None]]:
    """What a request passes before its route: whether it bears the token."""

    async def guard(
        bearer: HTTPAuthorizationCredentials | None = Depends(_BEARER),  # noqa: B008
        basic: HTTPBasicCredentials | None = Depends(_BASIC),  # noqa: B008
    ) -> None:
        given = (bearer.credentials if bearer else basic.password if basic else "").encode()
        # In constant time, so that the time of an answer tells nothing of the token.
        if not secrets.compare_digest(given, token.encode()):
            raise Unauthorised(UNKNOWN)

    return guard


def readiness_of(service: Service) -> Callable[[], Awaitable[None]]:
    """What refuses a request that comes too early or too late."""

    async def readiness() -> None:
        service.check_ready()

    return readiness


async def _refused(_: Request, error: Exception) -> Response:
    return _as_response(error if isinstance(error, Refusal) else Invalid(str(error)))


async def _unsound(_: Request, error: Exception) -> Response:
    """What the library refuses in a document."""
    return _as_response(Invalid(str(error)))


async def _not_here(request: Request, error: Exception) -> Response:
    """What Starlette refuses by itself: an address or a method that there is not."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    if status == 404:
        return _as_response(NotFound("there is nothing here. /openapi.json lists what there is."))
    if status == 401:  # a password that cannot be read; with headers that open a browser's dialog
        return _as_response(Unauthorised(UNKNOWN))
    told = f"{request.method} is refused here ({status})"
    if status == 400:  # of Starlette, what cannot be read as a form
        told = f"the body cannot be read: {getattr(error, 'detail', status)}"
    refusal = Refusal(f"{told.rstrip('.')}. See /openapi.json.")
    refusal.status = status
    response = _as_response(refusal)
    response.headers.update(getattr(error, "headers", None) or {})
    return response


async def _invalid(_: Request, error: Exception) -> Response:
    """What FastAPI refuses: a value in the address. Values are not repeated."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    told = found[0] if found else {"loc": ("request",), "msg": "cannot be read"}
    where = ".".join(str(part) for part in told["loc"][1:]) or str(told["loc"][0])
    said = str(told["msg"])
    return _as_response(Invalid(f"{where}: {said[:1].lower()}{said[1:]}.", where=where))


def _as_response(error: Refusal) -> Response:
    response: Response = refuse(error)
    return response
