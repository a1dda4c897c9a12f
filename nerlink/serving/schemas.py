"""Requests and answers as `/openapi.json` describes them.

Bodies are read by nerlink's own readers, whose errors name the place; these models only tell what
they look like. A test compares them with real answers.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from nerlink.data import NilKind

__all__ = [
    "REFUSALS",
    "CandidateShape",
    "DocumentAnswer",
    "DocumentsAnswer",
    "EntitiesAnswer",
    "EntityAnswer",
    "ExplainAnswer",
    "ExplainRequest",
    "GivenDocument",
    "GivenDocuments",
    "GivenMention",
    "Group",
    "Health",
    "Info",
    "MentionShape",
    "NewEntity",
    "OptionShape",
    "Problem",
    "Ready",
    "TagRequest",
    "describe",
    "request_body",
]

EXAMPLE: Final[dict[str, Any]] = {
    "id": "doc-1",
    "text": "Jordan scored 34 points.",
    "mentions": [
        {
            "start": 0,
            "end": 6,
            "label": "PER",
            "entity": "michael-jordan",
            "score": 0.99,
            "link_score": 0.97,
            "candidates": [
                {"entity": "michael-jordan", "score": 0.97, "prior": 0.4, "count": 12},
                {"entity": "jordan", "score": 0.02, "prior": 0.6, "count": 18},
            ],
        }
    ],
}


class _Shape(BaseModel):
    """A shape without further keys."""

    model_config = ConfigDict(extra="forbid")


class _Open(BaseModel):
    """A shape that may have further keys."""

    model_config = ConfigDict(extra="allow")


class CandidateShape(_Shape):
    """An entity that a mention may mean."""

    entity: str
    score: float = 0.0
    prior: float = 0.0
    count: int = 0


class GivenMention(_Open):
    """A mention; further keys travel along and come back."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(gt=0)]
    label: str | None = None


class MentionShape(GivenMention):
    """A mention that was found or linked; what is unknown is left out."""

    label: str = ""
    entity: str = Field("", description="Knowledge-base id, or `NIL`.")
    score: float = Field(0.0, description="Probability of the span and its label.")
    link_score: float = Field(0.0, description="Probability of the entity.")
    nil: NilKind = Field(NilKind.PREDICTED, description="Why it is `NIL`, if it is.")
    candidates: Sequence[CandidateShape] = ()


class GivenDocument(_Open):
    """A text and what is known about it; further keys travel along and come back in `meta`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "doc-1", "text": EXAMPLE["text"]}]}
    )

    text: str
    id: str | None = None
    mentions: Sequence[GivenMention] = ()
    sentences: Sequence[tuple[int, int]] | None = None
    tokens: Sequence[tuple[int, int]] | None = None
    meta: Mapping[str, Any] = {}
    complete: bool = Field(True, description="Whether what is not marked is no mention.")


class _Options(_Open):
    threshold: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=0, le=10_000)
    offsets: Literal["codepoint", "utf16"] = "codepoint"
    format: Literal["nerlink", "hf"] = "nerlink"
    names: bool = False


class GivenDocuments(_Options):
    """Documents and how to answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"documents": [{"text": EXAMPLE["text"]}, "Paris is old."], "top_k": 3}]
        },
    )

    documents: Sequence[GivenDocument | str]


TagRequest = GivenDocument | GivenDocuments | Sequence[GivenDocument | str]
"""A document, or several."""


class Problem(_Shape):
    """The one shape of errors."""

    class Said(_Shape):
        """What was wrong."""

        code: str = Field(description="For programs.")
        message: str = Field(description="For people.")
        where: str = Field("", description="The part of the request that is at fault, if known.")

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"error": {"code": "malformed", "message": "the body: not JSON"}}]
        },
    )

    error: Said
    id: str = Field("", description="Of the document, among several.")


class DocumentAnswer(_Shape):
    """A document with its mentions."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    text: str
    mentions: Sequence[MentionShape]
    id: str = ""
    sentences: Sequence[tuple[int, int]] = ()
    tokens: Sequence[tuple[int, int]] = ()
    meta: Mapping[str, Any] = {}
    complete: bool = Field(True, description="As it was given, where mentions were given.")
    names: Mapping[str, str] = Field({}, description="Of entities; where asked for.")


class Group(_Shape):
    """A mention as the token-classification pipeline of transformers gives it."""

    entity_group: str
    score: float | None
    word: str
    start: int
    end: int


class DocumentsAnswer(_Shape):
    """An answer to each document, in order."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"documents": [EXAMPLE]}]}
    )

    documents: Sequence[DocumentAnswer | Problem | Sequence[Group]]
    names: Mapping[str, str] = {}


class ExplainRequest(_Shape):
    """A document with all its mentions, and the one to explain."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "text": EXAMPLE["text"],
                    "mentions": [{"start": 0, "end": 6, "label": "PER"}],
                    "mention": 0,
                }
            ]
        },
    )

    text: str
    mentions: Annotated[Sequence[GivenMention], Field(min_length=1)]
    mention: Annotated[int, Field(ge=0, description="Its place in the list.")]


class OptionShape(_Shape):
    """`NIL` or a candidate; the parts of its score add up to the score."""

    entity: str
    name: str
    probability: float
    parts: Mapping[str, float]


class ExplainAnswer(_Shape):
    """What a mention may mean, the likeliest first."""

    surface: str
    options: Sequence[OptionShape]


class NewEntity(_Shape):
    """What is known of an entity."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Lyon", "description": "city in France", "aliases": ["Lyons"]}]
        },
    )

    name: str | None = Field(None, max_length=1000)
    description: str = Field("", max_length=10_000)
    type: str | None = None
    popularity: float = Field(0.0, ge=0)
    aliases: Sequence[str] | Mapping[str, int] = ()


class EntityAnswer(_Shape):
    """An entity of the base."""

    id: str
    name: str
    description: str
    type: str | None
    popularity: float
    aliases: Mapping[str, int] = Field(description="With how often each was seen to mean it.")


class EntitiesAnswer(_Shape):
    """Entities, the likeliest first."""

    entities: Sequence[EntityAnswer]


class Health(_Shape):
    """The process lives."""

    status: Literal["UP"]
    model_class: str


class Ready(_Shape):
    """Requests are answered."""

    ready: Literal[True]


class Info(_Open):
    """What is served, and the limits."""

    tasks: Sequence[str]
    labels: Sequence[str]
    n_entities: int | None
    precision: str
    device: str
    batches: str
    threshold: float | None
    top_k: int | None
    limits: Mapping[str, float]
    editable: bool
    uri_template: str | None


_SAID: Final[Mapping[int, str]] = {
    400: "Not UTF-8, or not JSON.",
    401: "No token, or another, where the server asks for one.",
    408: "The body did not arrive in time.",
    413: "More than the server takes on.",
    415: "Neither JSON nor JSON lines.",
    422: "Not what is asked for.",
    429: "The queue is full; `Retry-After` says when to come again.",
    500: "The server is at fault.",
    503: "Not ready yet, or about to end.",
    504: "No answer in time.",
}

REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": said} for status, said in _SAID.items()
}
"""What any request may be refused with."""


def request_body(name: str, **other: Any) -> dict[str, Any]:
    """How a route describes a body that it reads itself.

    Args:
        name: Of the schema.
        **other: Further content types with their descriptions.
    """
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"requestBody": {"required": True, "content": content | other}}


def describe(app: FastAPI) -> None:
    """Put the shapes of request bodies into the description of an app, which FastAPI makes."""
    made = app.openapi
    shapes: list[type[BaseModel]] = [GivenDocument, GivenDocuments, ExplainRequest, NewEntity]
    several = {"type": "array", "items": {"anyOf": [_ref("GivenDocument"), {"type": "string"}]}}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            modes: list[Any] = [(shape, "validation") for shape in shapes]
            _, found = models_json_schema(modes, ref_template="#/components/schemas/{model}")
            schemas = made()["components"]["schemas"]
            schemas |= found["$defs"]
            schemas["TagRequest"] = {
                "title": "TagRequest",
                "description": "A document, or several.",
                "anyOf": [_ref("GivenDocument"), _ref("GivenDocuments"), several],
            }
        return app.openapi_schema or made()

    app.openapi = openapi  # type: ignore[method-assign]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
