"""GERBIL, which scores linkers: a document of NIF in Turtle is posted, and comes back annotated.

GERBIL 1.2 sends one document a request and reads its mentions from the answer. An experiment ends
where a quarter of the answers are errors, so that what can be answered is answered.
"""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from nerlink.data import Document
from nerlink.errors import DataError, NerlinkError
from nerlink.serving.refusals import Invalid, Malformed, Refusal, TooLarge
from nerlink.serving.schemas import REFUSALS
from nerlink.serving.service import Service
from nerlink.serving.settings import ServingSettings
from nerlink.sources.formats.nif import contexts_of, nif_of

__all__ = ["router"]

TURTLE: Final = "application/x-turtle"
"""What GERBIL sends and asks for; the registered name, `text/turtle`, is taken as well."""

WHERE: Final = "the body"

_EXAMPLE: Final = """\
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
<http://example.org/1#char=0,30> a nif:Context, nif:RFC5147String ;
  nif:beginIndex "0" ; nif:endIndex "30" ; nif:isString "Chicago beat Boston on Sunday." .
"""
_SPAN: Final = """\
<http://example.org/1#char=0,7> a nif:Phrase, nif:RFC5147String ;
  nif:referenceContext <http://example.org/1#char=0,30> ;
  nif:beginIndex "0" ; nif:endIndex "7" ; nif:anchorOf "Chicago" .
"""


def router(service: Service) -> APIRouter:
    """`POST /gerbil/a2kb` finds and links; `POST /gerbil/d2kb` links the given spans alone."""
    routes = APIRouter(prefix="/gerbil", tags=["GERBIL"], responses=REFUSALS)

    @routes.post("/a2kb", summary="Find and link (A2KB)", **_turtle(_EXAMPLE))
    async def a2kb(request: Request) -> Response:
        return await _answer(service, request, link_only=False)

    @routes.post("/d2kb", summary="Link given spans (D2KB)", **_turtle(_EXAMPLE + _SPAN))
    async def d2kb(request: Request) -> Response:
        return await _answer(service, request, link_only=True)

    return routes


async def _answer(service: Service, request: Request, *, link_only: bool) -> Response:
    """The contexts of a request under their own addresses, with what the model says of them.

    Raises:
        NerlinkError: The body is no NIF, or one of its documents cannot be tagged.
    """
    given = await run_in_threadpool(_read, await request.body(), service.settings)
    tagged = await service.tag([doc for _, doc in given], link_only=link_only)
    contexts = [(address, _sound(doc)) for (address, _), doc in zip(given, tagged, strict=True)]
    entities = service.address_of if service.settings.uri_template else None
    turtle = await run_in_threadpool(nif_of, contexts, entities=entities)
    return Response(turtle.encode("ascii"), media_type=TURTLE)


def _read(body: bytes, settings: ServingSettings) -> list[tuple[str, Document]]:
    """Each context of a body, with its address."""
    try:
        text = body.decode("utf-8-sig")
        contexts = [(address, _sound(found)) for address, found in contexts_of(text, where=WHERE)]
    except UnicodeDecodeError as error:
        said = f"{WHERE}: byte {error.start} is not UTF-8. Send Turtle in UTF-8."
        raise Malformed(said) from error
    except DataError as error:
        raise Malformed(str(error)) from error
    if not contexts:
        raise Invalid(f"{WHERE} has no nif:Context with a nif:isString. Send one document.")
    longest = max(len(doc.text) for _, doc in contexts)
    if len(contexts) > settings.max_documents or longest > settings.max_characters:
        raise TooLarge(f"{WHERE} has {len(contexts)} documents, of up to {longest:,} characters.")
    return contexts


def _sound(found: Document | NerlinkError) -> Document:
    # An answer has no place for the error of one context beside the others.
    if isinstance(found, NerlinkError):
        raise found if isinstance(found, Refusal) else Invalid(str(found))
    return found


def _turtle(example: str) -> dict[str, Any]:
    """What OpenAPI says of a route that takes and gives Turtle."""
    content = {TURTLE: {"schema": {"type": "string"}, "example": example}}
    return {
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
        "response_class": Response,
        "responses": {
            200: {"description": "The document, annotated.", "content": {TURTLE: {}}},
        },
    }
