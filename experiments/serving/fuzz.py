"""Bodies that nobody should send, and what the server's own description allows."""

import json
import random
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from experiments.serving.server import TOKEN
from nerlink.pipeline import Pipeline

__all__ = ["check_description", "requests", "send"]

PATHS = (
    *("/v1/tag", "/v1/link", "/v1/explain", "/v1/entities/a", "/v1/tag?offsets=utf16"),
    *("/reconcile", "/predict", "/setup", "/gerbil/a2kb", "/gerbil/d2kb"),
)
TYPES = (
    *("application/json", "application/json; charset=utf-16", "application/x-ndjson", ""),
    *("text/plain", "multipart/form-data", "\xff", "application/x-www-form-urlencoded"),
)
LABELS = """\
<View><Labels name="l" toName="t"><Label value="PER"/></Labels><Text name="t" value="$text"/></View>
"""
NIF = """\
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
<http://example.org/1#char=0,16> a nif:Context ; nif:beginIndex "0" ; nif:endIndex "16" ;
  nif:isString "Ada met Babbage." .
"""
SEEDS: tuple[Any, ...] = (
    {"text": "Ada met Babbage."},
    {"text": "a\U0001f600b", "mentions": [{"start": 0, "end": 2, "label": "PER"}], "mention": 0},
    {"documents": ["a", {"text": "b", "id": "x"}], "threshold": 0.5, "top_k": 3},
    [{"text": "a", "sentences": [[0, 1]], "tokens": [[0, 1]], "meta": {"a": [1, None]}}],
    {"name": "Ada", "aliases": {"A": 1}, "popularity": 3},
    {"tasks": [{"id": 1, "data": {"text": "Ada"}}], "label_config": LABELS},
    {"q": {"query": "Ada", "type": "PER", "properties": [{"pid": "a", "v": ["Ada", {"id": "x"}]}]}},
)
ODD: tuple[bytes, ...] = (
    *(b"", b"null", b"[", b'"', b"{}", b"[]", b"-", b"NaN", b"1e999", b"9" * 9000, b"\xff\xfe"),
    *(b"[" * 100_000, b'{"a":' * 50_000, b'{"text": "' + b"a" * 300_000 + b'"}', b"\0" * 99),
    *(rb'queries={"q\ud800":5}', rb'{"text": "a", "title": "\ud800"}'),
    *(rb'{"text": "\ud800"}', rb'{"text": "\u0000"}', b'{"text": "a", "text": "b"}'),
    *(b'{"text": 1e400}', b'{"text": "a", "top_k": 1e400}', b'{"text": "a", "meta": NaN}'),
    b'{"text": "aaaa", "mentions": ['
    + b'{"start": 0, "end": 4},' * 2000
    + b'{"start":0,"end":1}]}',
)


def requests(n: int) -> Iterator[bytes]:
    """So many requests, whole, the same ones each time."""
    rng = random.Random("fuzz")
    for number in range(n):
        path = rng.choice(PATHS)
        body = ODD[number] if number < len(ODD) else _mutated(rng, path)
        yield _request(rng, path, body)


def _request(rng: random.Random, path: str, body: bytes) -> bytes:
    method = "PUT" if path.startswith("/v1/entities") else "POST"
    head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {TOKEN}\r\n"
    kind = TYPES[-1] if path == "/reconcile" and rng.random() < 0.9 else ""
    if kind := kind or rng.choice(TYPES[:4] * 6 + TYPES):
        head += f"Content-Type: {kind}\r\n"
    if rng.random() < 0.3:
        parts = [body[i : i + 999] for i in range(0, len(body), 999)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
        return (
            (head + "Transfer-Encoding: chunked\r\n\r\n").encode("latin-1") + chunks + b"0\r\n\r\n"
        )
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def _mutated(rng: random.Random, path: str) -> bytes:
    """A sound body, with values of its JSON and bytes changed by chance."""
    value = json.loads(json.dumps(rng.choice(SEEDS)))
    for _ in range(rng.randint(0, 3)):
        value = _changed(rng, value)
    said = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    if path == "/reconcile":
        said = urlencode({"queries": said})
    body = bytearray((NIF if path.startswith("/gerbil") else said).encode())
    for _ in range(rng.choice((0, 0, 0, 1, 3))):
        place = rng.randrange(len(body) + 1)
        body[place : place + rng.randint(0, 2)] = rng.randbytes(rng.randint(0, 3))
    return bytes(body)


def _changed(rng: random.Random, value: Any) -> Any:
    """A value with one of the values in it replaced."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        return value | {rng.choice((key, key, key, "")): _changed(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        return [*value[:place], _changed(rng, value[place]), *value[place + 1 :]]
    odd: tuple[Any, ...] = (None, True, -1, 0, 1.5, 1 << 70, "", "\n", "a" * 999, [], {}, [[]])
    return rng.choice(odd)


def send(port: int, request: bytes, seconds: float) -> int:
    """The status of the answer; 0 where none comes in time."""
    end = time.monotonic() + seconds
    found = b""
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as connection:
            connection.sendall(request)
            while b"\r\n" not in found and time.monotonic() < end:
                if not (part := connection.recv(4096)):
                    break
                found += part
    except ConnectionError:
        pass  # an answer may come before the request is whole
    except TimeoutError:
        return 0
    return int(found.split(b" ", 2)[1]) if found.startswith(b"HTTP/1.1 ") else 0


def check_description(model: Path, n_examples: int) -> Counter[str]:
    """What schemathesis finds when it asks for what `/openapi.json` describes.

    Returns:
        How many requests were sent, and how many answers were not as described, by kind.
    """
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.failures import FailureGroup
    from schemathesis.specs.openapi import checks
    from starlette.testclient import TestClient

    from nerlink.serving import ServingSettings, create_app

    wanted = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    app = create_app(
        Pipeline.load(model, device="cpu"), ServingSettings(editable=True, token="s3cret")
    )

    # NIF and JSON lines are sent as the text that is made for them.
    @schemathesis.serializer("application/x-turtle", "text/turtle", "application/x-ndjson")
    def send_as_it_is(_context: Any, value: Any) -> bytes:
        return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")

    found: Counter[str] = Counter()
    with TestClient(app):
        description = schemathesis.openapi.from_asgi("/openapi.json", app)
        for operation in description.get_all_operations():

            @settings(
                max_examples=n_examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.ok().as_strategy())
            def check(case: Any) -> None:
                answer = case.call(headers={"Authorization": "Bearer s3cret"})
                found["requests"] += 1
                found["server_errors"] += answer.status_code >= 500
                try:
                    case.validate_response(answer, checks=wanted)
                except FailureGroup as failures:
                    found["not_as_described"] += 1
                    print(str(failures)[:2000])

            check()
    return found
