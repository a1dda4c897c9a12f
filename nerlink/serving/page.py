"""The page at `/`, to try a model on: files of the package, and what the page must know."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter, Response

import nerlink
from nerlink.display.colours import HUES, hue_class, hue_css
from nerlink.display.page import asset, escape
from nerlink.serving.bodies import json_response
from nerlink.serving.refusals import NotFound
from nerlink.serving.service import Service
from nerlink.words import number_of

__all__ = ["SCRIPT", "STYLE", "common_files", "guarded_router", "own", "pages", "router"]

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
"""What the page may do: run and load its own files, and ask its own server."""

SCRIPT: Final = "text/javascript; charset=utf-8"
STYLE: Final = "text/css; charset=utf-8"

SCRIPTS: Final = ("talk.js", "share.js", "details.js", "finder.js", "app.js")


def guarded_router(service: Service) -> APIRouter:
    """What the page must know of the model, for who bears the token."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/setup.json")
    async def setup() -> Response:
        return json_response(_model(service))

    return routes


def router(service: Service) -> APIRouter:
    """`/` and the files that it loads."""
    labels = _labels(service)
    # The page comes without the token, and so without what `/v1/info` keeps for who bears it.
    known = _model(service) if service.settings.token is None else {"is_guarded": True, "hues": {}}
    sent = {name: (own(name), SCRIPT) for name in SCRIPTS} | common_files()
    sent["colours.css"] = (hue_css([None, *labels]), STYLE)
    return pages(own("index.html"), _setup(service) | known, sent)


def common_files() -> dict[str, tuple[str, str]]:
    """Text and media type of the files that every page of a server loads, by their names."""
    return {
        "parts.js": (asset("parts.js"), SCRIPT),
        "page.css": (asset("page.css"), STYLE),
        "app.css": (own("app.css"), STYLE),
        "icon.svg": (own("icon.svg"), "image/svg+xml"),
    }


def pages(index: str, setup: Mapping[str, Any], sent: Mapping[str, tuple[str, str]]) -> APIRouter:
    """`/` and the files that it loads, which are in memory, and no others ever.

    Args:
        index: The page, with a place for its setup.
        setup: What the page must know before it asks anything.
        sent: Text and media type of each file by its name.
    """
    routes = APIRouter(include_in_schema=False)
    index = index.replace("{setup}", escape(json.dumps(setup)))

    @routes.head("/")
    @routes.get("/")
    async def page() -> Response:
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        return Response(index, media_type="text/html; charset=utf-8", headers=headers)

    @routes.get("/static/{name}")
    async def file(name: str) -> Response:
        if name not in sent:
            raise NotFound("there is no such file.")
        text, media_type = sent[name]
        return Response(text, media_type=media_type, headers={"Cache-Control": "no-cache"})

    return routes


def _labels(service: Service) -> list[str]:
    return [*HUES, *service.pipeline.info()["labels"]]


def _setup(service: Service) -> dict[str, Any]:
    """What the page must know of the server before it asks anything."""
    return {
        "finds": service.finds,
        "links": service.links,
        "max_characters": service.settings.max_characters,
        "max_top_k": service.settings.max_top_k,
    }


def _model(service: Service) -> dict[str, Any]:
    """What the page must know of the model."""
    linker = service.pipeline.model.linker
    about = [f"version {nerlink.__version__}"]
    if service.kb is not None:
        about.insert(0, number_of(len(service.kb), "entities"))
    return {
        "about": " · ".join(about),
        "hues": {label: hue_class(label) for label in _labels(service)},
        "threshold": linker.config.threshold if linker else None,
        "uri_template": service.settings.uri_template,
    }


def own(name: str, room: str = "nerlink.serving") -> str:
    """The text of a file in the folder `static` of a room."""
    return files(room).joinpath("static", name).read_text(encoding="utf-8")
