"""Bodies of requests and of answers: bytes to documents, and documents to bytes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from nerlink.config import Section
from nerlink.data import NIL, Document
from nerlink.errors import ConfigError, DataError, NerlinkError
from nerlink.lookalikes import MISSPELT, nearest
from nerlink.serving.refusals import Foreign, Invalid, Malformed, Refusal, TooLarge
from nerlink.serving.settings import ServingSettings
from nerlink.sources.formats.hf import groups_of
from nerlink.sources.keys import DOCUMENT_KEYS
from nerlink.sources.losses import Losses
from nerlink.sources.meta import plain_meta
from nerlink.sources.names import Names
from nerlink.sources.offsets import in_utf16, out_of_utf16
from nerlink.sources.records import document_from_record, json_from_record, record_from_document
from nerlink.strict_json import parse_json
from nerlink.tables import mapping
from nerlink.toml import check_table
from nerlink.words import shown

__all__ = [
    "JSON_LINES",
    "Asked",
    "TagOptions",
    "answer_record",
    "checked_options",
    "document_in",
    "documents_in",
    "entities_of",
    "error_record",
    "is_lines",
    "json_response",
    "media_type_of",
    "parse_body",
    "read_json_body",
    "sound_document",
]

JSON_LINES: Final = "application/x-ndjson"
_LINES: Final = {JSON_LINES, "application/jsonl", "application/jsonlines", "application/ndjson"}

LONGEST: Final = 40
"""Characters of a key that may be a misspelt option."""

AT_ONCE: Final = 50_000
"""Bytes of JSON that are read at once; more is read in another thread, while others are served."""


class TagOptions(Section):
    """How documents are tagged, and how the answers are written.

    Args:
        threshold: Links of a lower probability become `NIL`; by default, the model's.
        top_k: Candidates that come with each mention; by default, the model's.
        offsets: What offsets count, coming and going: characters (`codepoint`), or UTF-16 units as
            JavaScript, Java and C# do.
        format: `nerlink`, or `hf`: lists as the pipeline of transformers gives.
        names: Give the names of entities once beside the documents.
    """

    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0, le=10_000)] | None = None
    offsets: Literal["codepoint", "utf16"] = "codepoint"
    format: Literal["nerlink", "hf"] = "nerlink"
    names: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for.

    Args:
        documents: The documents, and why some cannot be read.
        options: How to answer.
        is_single: Whether the answer is a document, and not a list.
    """

    documents: Sequence[Document | NerlinkError]
    options: TagOptions
    is_single: bool


def media_type_of(request: Request) -> str:
    """The content type of a request, without parameters; empty where it has none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_lines(media_type: str) -> bool:
    """Whether a content type is one of JSON lines."""
    return media_type in _LINES


async def read_json_body(request: Request, make: Callable[[Any], Any] = lambda value: value) -> Any:
    """What `make` makes of the JSON in a request; much of it in another thread.

    Raises:
        Foreign: The body is of another kind.
        Malformed: It is not UTF-8, or not JSON.
    """
    kind = media_type_of(request)
    if kind not in ("", "application/json") and not kind.endswith("+json"):
        raise Foreign(
            f"the body is {shown(kind)}. Send JSON, with the header 'Content-Type: "
            "application/json'."
        )
    body = await request.body()

    def read() -> Any:
        return make(parse_body(body, where="the body"))

    return await run_in_threadpool(read) if len(body) > AT_ONCE else read()


def parse_body(body: bytes, *, where: str) -> Any:
    """The value in some JSON.

    Raises:
        Malformed: It is not UTF-8, or not JSON.
    """
    try:
        return parse_json(body.decode("utf-8-sig"), where=where, is_finite=True)
    except UnicodeDecodeError as error:
        raise Malformed(f"{where}: byte {error.start} is not UTF-8. Send UTF-8.") from error
    except DataError as error:
        raise Malformed(str(error), where=where) from error


def documents_in(value: Any, options: Mapping[str, Any], settings: ServingSettings) -> Asked:
    """The documents in a request: one, a list, or an object with a list under `documents`.

    Args:
        value: The body.
        options: Those in the query; those in the body go before them.
        settings: The limits.

    Raises:
        Invalid: The body is none of these, or an option is wrong.
        TooLarge: There are too many documents.
    """
    if isinstance(value, list):
        entries, own = value, {}
    elif isinstance(value, Mapping) and "documents" in value:
        own = {key: one for key, one in value.items() if key != "documents"}
        entries = value["documents"]
    elif isinstance(value, Mapping):
        own = {key: value[key] for key in TagOptions.model_fields if key in value}
        entries = [{key: one for key, one in value.items() if key not in own}]
        _refuse_lookalikes(entries[0])
    else:
        raise Invalid(
            f"the body is {shown(value)}; it must be a document such as "
            '{"text": "Ada met Babbage."}, a list of documents, or {"documents": [...]}.'
        )
    if not isinstance(entries, list):
        raise Invalid(f"documents is {shown(entries)}; it must be a list.", where="documents")
    if len(entries) > settings.max_documents:
        raise TooLarge(
            f"{len(entries):,} documents are more than the {settings.max_documents:,} that are "
            "taken at a time. Send less at a time, or JSON lines.",
            where="documents",
        )
    checked = checked_options({**options, **own})
    is_single = isinstance(value, Mapping) and "documents" not in value
    places = ["the document"] if is_single else [f"document {n}" for n in range(len(entries))]
    documents = [
        document_in(entry, checked, settings, where=where)
        for entry, where in zip(entries, places, strict=True)
    ]
    if is_single:
        sound_document(documents[0])
    return Asked(documents, checked, is_single)


def checked_options(options: Mapping[str, Any]) -> TagOptions:
    """The options of a request.

    Raises:
        Invalid: One of them is not known, or has a value that it cannot have.
    """
    try:
        return check_table(TagOptions, options, where="options")
    except ConfigError as error:
        raise Invalid(str(error), where="options") from error


def _refuse_lookalikes(record: Mapping[str, Any]) -> None:
    """Refuse a key beside a text that is nearly an option, with a value that the option may have.

    Raises:
        Invalid: With the option that was probably meant.
    """
    for key in record.keys() - DOCUMENT_KEYS:
        near = nearest(key, TagOptions.model_fields, alike=MISSPELT) if len(key) < LONGEST else None
        if near is None:
            continue
        try:
            checked_options({near: record[key]})
        except Invalid:  # a `name`, say, which is no `names`, true or false
            continue
        raise Invalid(
            f"{key!r} is no option. Did you mean {near!r}? What belongs to the document may stand "
            "in its 'meta'.",
            where=key,
        )


def sound_document(answer: Document | NerlinkError) -> Document:
    """The one document of a request, which is refused where there is none.

    Raises:
        Refusal: Why it has none.
    """
    if isinstance(answer, Refusal):
        raise answer
    if isinstance(answer, NerlinkError):
        raise Invalid(str(answer)) from answer
    return answer


def document_in(
    entry: Any, options: TagOptions, settings: ServingSettings, *, where: str
) -> Document | NerlinkError:
    """A document of a request, or why it is none."""
    record = {"text": entry} if isinstance(entry, str) else entry
    try:
        record = mapping(record, where=where)
        text = record.get("text")
        if isinstance(text, str) and len(text) > settings.max_characters:
            return TooLarge(
                f"{where}: {len(text):,} characters are more than the "
                f"{settings.max_characters:,} that are taken. Cut it.",
                where=where,
            )
        if options.offsets == "utf16":
            record = out_of_utf16(record, where=where)
        # Only nerlink's own names: what a file may be meant to say is for a person to decide.
        doc = document_from_record(record, where=where, names=Names(where, guess=False))
        # Now: what has no form in an answer is this document's fault, and no other's.
        return replace(doc, meta=plain_meta(doc.meta, Losses(), where=f"{where}: meta"))
    except DataError as error:
        return error


def answer_record(doc: Document, options: TagOptions) -> Any:
    """An answer as JSON has it."""
    if options.format == "hf":
        groups = groups_of(doc)
        if options.offsets == "utf16":
            return in_utf16({"text": doc.text, "mentions": groups})["mentions"]
        return groups
    record = record_from_document(doc)
    return in_utf16(record) if options.offsets == "utf16" else record


def error_record(error: NerlinkError) -> dict[str, Any]:
    """The one shape of errors."""
    said: dict[str, Any] = {"code": "invalid", "message": str(error)}
    if isinstance(error, Refusal):
        said["code"] = error.code
        said |= {"where": error.where} if error.where else {}
    return {"error": said}


def entities_of(documents: Sequence[Document | NerlinkError]) -> set[str]:
    """The entities that documents name, as links and as candidates."""
    found: set[str] = set()
    for doc in documents:
        for mention in doc.mentions if isinstance(doc, Document) else ():
            found |= {mention.entity or NIL, *(one.entity for one in mention.candidates)}
    return found - {NIL}


def json_response(content: Any, status: int = 200) -> Response:
    """An answer of JSON.

    Raises:
        DataError: A value has no form in JSON.
    """
    # Half a surrogate pair, which UTF-8 has not, becomes an escape, which JSON has.
    body = json_from_record(content).encode(errors="backslashreplace")
    return Response(body, status, media_type="application/json")
