"""How the server is: alive, ready, how busy, and what it serves."""

from typing import Any, Final

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from nerlink.serving.bodies import json_response
from nerlink.serving.schemas import Health, Info, Problem, Ready
from nerlink.serving.service import Service

__all__ = ["open_router", "router"]

LIMITS: Final = (
    "max_batch_tokens",
    "max_wait_ms",
    "queue_tokens",
    "timeout",
    "max_body",
    "max_documents",
    "max_characters",
    "max_top_k",
    "max_query",
)
"""The settings that a client may want to know."""


def open_router(service: Service) -> APIRouter:
    """The routes that ask for no token: those of who starts and watches the process."""
    routes = APIRouter(tags=["state"])

    @routes.head("/health", include_in_schema=False)
    @routes.get("/health", responses={200: {"model": Health}})
    async def health() -> Response:
        """Whether the process lives; `status` is `UP`, as Label Studio expects."""
        return json_response({"status": "UP", "model_class": "nerlink"})

    @routes.head("/ready", include_in_schema=False)
    @routes.get(
        "/ready",
        responses={
            200: {"model": Ready},
            503: {"model": Problem, "description": "Not ready yet, or about to end."},
        },
    )
    async def ready() -> Response:
        """Whether requests are answered: after the warm-up, and until the server drains."""
        service.check_ready()
        return json_response({"ready": True})

    return routes


def router(service: Service) -> APIRouter:
    """The routes that tell of the model and of the work."""
    refused: dict[int | str, dict[str, Any]] = {
        401: {"model": Problem, "description": "No token, or another."}
    }
    routes = APIRouter(tags=["state"], responses=refused)

    @routes.get(
        "/metrics",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
        response_class=Response,
    )
    async def metrics() -> Response:
        """Queue, batches, latencies, documents, tokens and failures, as Prometheus reads them."""
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @routes.get("/v1/info", responses={200: {"model": Info}})
    async def info() -> Response:
        """What the model was trained on, its labels and scores, and the limits of the server."""
        return json_response(_info(service))

    return routes


def _info(service: Service) -> dict[str, Any]:
    settings, linker = service.settings, service.pipeline.model.linker
    at_work = {
        "threshold": linker.config.threshold if linker else None,
        "top_k": linker.config.top_k if linker else None,
        "limits": settings.model_dump(include=set(LIMITS)),
        "editable": settings.editable,
        "uri_template": settings.uri_template,
    }
    return service.pipeline.info() | at_work
