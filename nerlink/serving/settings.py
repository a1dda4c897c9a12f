"""What a server can be told: where it listens, how it batches, and how much it takes on."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from nerlink.config import Positive, Section
from nerlink.toml import CheckedTable

__all__ = ["ServingSettings", "is_loopback"]

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class ServingSettings(CheckedTable, Section):
    """Where a server listens, how it batches, and the limits that keep it alive.

    Tokens are counted before a text is read closely: four bytes of UTF-8 are about one.

    Args:
        host: Address to listen on; the loopback, unless others shall reach the server.
        port: Port to listen on; 0 takes a free one.
        root_path: What a proxy in front takes off the path of a request, such as `/entities`.
        allowed_hosts: Names under which requests may call the server, beside the loopback's. By
            default any; `nerlink serve` takes the loopback's alone where it listens on the
            loopback and asks for no token.
        workers: Processes, each with a model of its own.
        threads: Threads that each computes with; by default, the cores are shared out.
        max_batch_tokens: Tokens that the model reads together, unless one document has more.
        max_wait_ms: While the model is at work, documents wait so long for others to go with.
        queue_tokens: Tokens that wait for the model; who comes then is told to come again (429).
        timeout: Seconds after which a request is given up (504), and a drain.
        max_body: Bytes of a request; of each line, where a request is a stream of JSON lines.
        max_documents: Documents in a request that is no stream.
        max_characters: Characters of a document.
        max_top_k: Candidates that may be asked for with each mention.
        max_query: Characters of a query for entities.
        token: What requests must bear (`Authorization: Bearer`); `None` lets everybody in.
        editable: Let who has the token add and remove entities.
        uri_template: The address of an entity with its id in the place of `{id}`.
        cors_origins: Web pages that may ask from a browser; by default OpenRefine's own.
        json_logs: Write the lines of the log as JSON.

    Raises:
        ConfigError: A value that makes no sense.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    root_path: Annotated[str, Field(pattern=r"^(/[\w.~-]+)*$")] = ""
    allowed_hosts: tuple[str, ...] | None = None
    workers: Annotated[int, Field(gt=0, le=1024)] = 1
    threads: Annotated[int, Field(gt=0, le=1024)] | None = None
    max_batch_tokens: Positive = 2048
    max_wait_ms: Annotated[float, Field(ge=0, le=60_000)] = 5.0
    queue_tokens: Positive = 200_000
    timeout: Seconds = 30.0
    max_body: Positive = 8_000_000
    max_documents: Positive = 1000
    max_characters: Positive = 200_000
    max_top_k: Annotated[int, Field(ge=0, le=10_000)] = 100
    max_query: Positive = 1000
    token: Annotated[str, Field(min_length=1)] | None = None
    editable: bool = False
    uri_template: str | None = None
    cors_origins: tuple[str, ...] = ("http://127.0.0.1:3333", "http://localhost:3333")
    json_logs: bool = False

    @field_validator("host")
    @classmethod
    def _stands_without_brackets(cls, host: str) -> str:
        inner = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not inner:
            raise ValueError("should be an address of this machine")
        return inner

    def is_called(self, name: str) -> bool:
        """Whether a request may name the server so, as its header `Host` does.

        A page of anybody may have its own name lead to this machine, and then ask as if it were a
        page of this server; but its requests still bear that name.
        """
        if self.allowed_hosts is None or not name:  # every browser names what it calls
            return True
        try:
            host = urlsplit(f"//{name}").hostname or ""
        except ValueError:  # half a pair of brackets
            return False
        return is_loopback(host) or host in map(str.lower, self.allowed_hosts)

    @field_validator("uri_template")
    @classmethod
    def _has_a_place_for_ids(cls, template: str | None) -> str | None:
        if template is not None and template.count("{id}") != 1:
            raise ValueError("should have {id} once, as in http://dbpedia.org/resource/{id}")
        return template

    @field_validator("token")
    @classmethod
    def _can_stand_in_a_header(cls, token: str | None) -> str | None:
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
            raise ValueError("should be ASCII letters, digits and marks without blanks")
        return token

    @field_validator("editable")
    @classmethod
    def _is_guarded(cls, editable: bool, info: ValidationInfo) -> bool:
        if editable and info.data.get("token") is None:
            raise ValueError("needs a token, which who changes the base must bear")
        return editable


def is_loopback(host: str) -> bool:
    """Whether only this machine is at an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, which may lead anywhere
        return False
