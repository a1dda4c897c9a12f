"""`nerlink serve`: a model for every program on the network, over HTTP."""

import os
from importlib.util import find_spec
from typing import Annotated, Any, Final

from typer import Option

from nerlink.cli.bulk import parse_size
from nerlink.cli.options import Device, Model, Precision, Threshold, log_to_stderr
from nerlink.cli.output import say
from nerlink.errors import ConfigError

__all__ = ["NEEDED", "AllowedHosts", "Host", "Port", "Token", "check_token", "serve"]

NEEDED: Final = ("fastapi", "prometheus_client", "python_multipart", "uvicorn")

TOKEN_VARIABLE: Final = "NERLINK_TOKEN"  # noqa: S105

Host = Annotated[
    str | None, Option(metavar="ADDRESS", help="Address to listen on; by default 127.0.0.1.")
]
Port = Annotated[int | None, Option(metavar="N", help="Port; by default 8000; 0 takes a free one.")]
RootPath = Annotated[
    str | None, Option(metavar="PATH", help="What a proxy takes off paths: /entities.")
]
AllowedHosts = Annotated[
    list[str] | None,
    Option(
        "--allowed-host",
        metavar="NAME",
        help="Name under which requests may call the server; repeat it.",
    ),
]
Workers = Annotated[
    int | None, Option(metavar="N", help="Processes, each with its own model; by default 1.")
]
Threads = Annotated[
    int | None, Option(metavar="N", help="Threads of each; by default, cores are shared out.")
]
BatchTokens = Annotated[
    int | None,
    Option("--max-batch-tokens", metavar="N", help="Tokens read together; by default 2048."),
]
WaitMs = Annotated[
    float | None,
    Option(
        "--max-wait-ms",
        metavar="MS",
        help="How long documents wait for others while the model is at work; by default 5.",
    ),
]
QueueTokens = Annotated[
    int | None,
    Option(metavar="N", help="Tokens that may wait; by default 200000; then 429 is answered."),
]
Timeout = Annotated[
    float | None,
    Option(metavar="SECONDS", help="After which 504 is answered; by default 30."),
]
MaxBody = Annotated[
    str | None, Option(metavar="SIZE", help="Of a request, or of a line; by default 8MB.")
]
MaxDocuments = Annotated[
    int | None, Option(metavar="N", help="Documents of a request; by default 1000.")
]
MaxCharacters = Annotated[
    int | None, Option(metavar="N", help="Characters of a document; by default 200000.")
]
Token = Annotated[
    str | None,
    Option(
        metavar="TOKEN",
        envvar=TOKEN_VARIABLE,
        show_envvar=False,
        help="What requests must bear; better in the variable NERLINK_TOKEN, which no list shows.",
    ),
]
Editable = Annotated[
    bool, Option("--editable", help="Let who has the token add and remove entities.")
]
UriTemplate = Annotated[
    str | None,
    Option(metavar="TEMPLATE", help="Addresses of entities: http://dbpedia.org/resource/{id}"),
]
Origins = Annotated[
    list[str] | None,
    Option(
        "--cors-origin",
        metavar="ORIGIN",
        help="Web page that may ask from a browser; repeat it. By default OpenRefine's own.",
    ),
]
JsonLogs = Annotated[bool, Option("--json-logs", help="Write the log as JSON lines.")]


def serve(
    model: Model,
    *,
    host: Host = None,
    port: Port = None,
    root_path: RootPath = None,
    allowed_host: AllowedHosts = None,
    workers: Workers = None,
    threads: Threads = None,
    threshold: Threshold = None,
    precision: Precision = "auto",
    device: Device = "auto",
    max_batch_tokens: BatchTokens = None,
    max_wait_ms: WaitMs = None,
    queue_tokens: QueueTokens = None,
    timeout: Timeout = None,
    max_body: MaxBody = None,
    max_documents: MaxDocuments = None,
    max_characters: MaxCharacters = None,
    token: Token = None,
    editable: Editable = False,
    uri_template: UriTemplate = None,
    cors_origin: Origins = None,
    json_logs: JsonLogs = False,
) -> None:
    """Serve a model over HTTP, until Ctrl-C.

    /v1/tag takes {"text": "..."}, a list or JSON lines; /openapi.json describes everything.
    """
    said = {
        "host": host,
        "port": port,
        "root_path": root_path,
        "allowed_hosts": allowed_host,
        "workers": workers,
        "threads": threads,
        "max_batch_tokens": max_batch_tokens,
        "max_wait_ms": max_wait_ms,
        "queue_tokens": queue_tokens,
        "timeout": timeout,
        "max_body": None if max_body is None else parse_size(max_body),
        "max_documents": max_documents,
        "max_characters": max_characters,
        "token": token,
        "editable": editable,
        "uri_template": uri_template,
        "cors_origins": cors_origin,
        "json_logs": json_logs,
    }
    loading = {"threshold": threshold, "precision": precision, "device": device}
    _serve(model, {name: value for name, value in said.items() if value is not None}, loading)


def _serve(model: str, said: dict[str, Any], loading: dict[str, Any]) -> None:
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise ConfigError(
            f"nerlink serve needs {', '.join(missing)}. Install them: pip install 'nerlink[serve]'"
        )
    from nerlink.serving import run
    from nerlink.serving.settings import ServingSettings
    from nerlink.toml import check_table

    check_token(said.get("token"))
    log_to_stderr()
    settings = check_table(ServingSettings, said, where="nerlink serve")
    run.serve(model, settings, loading=loading, say=say)


def check_token(token: str | None) -> None:
    """Refuse an empty variable, which Typer takes for none, so that everybody would be let in.

    Raises:
        ConfigError: It is empty.
    """
    if token is None and os.environ.get(TOKEN_VARIABLE) == "":
        raise ConfigError(f"{TOKEN_VARIABLE} is empty. Put a token there, or unset it.")
