"""An app over a small real model, and what talks to it without a network."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nerlink.pipeline import Pipeline
from nerlink.serving import ServingSettings, create_app
from nerlink.serving.door import Door
from nerlink.serving.service import WARM_UP


@pytest.fixture(scope="session")
def pipeline(joint_folder: Path) -> Pipeline:
    """A model that finds and links; not to be changed."""
    return Pipeline.load(joint_folder, device="cpu")


@contextmanager
def serving(pipeline: Any, **settings: Any) -> Iterator[TestClient]:
    """A client of an app that is ready."""
    with TestClient(create_app(pipeline, ServingSettings(**settings))) as client:
        yield client


@pytest.fixture(scope="module")
def client(pipeline: Pipeline) -> Iterator[TestClient]:
    """A client of an app with the settings that are the default."""
    with serving(pipeline) as client:
        yield client


class Held:
    """A pipeline that waits before each group of documents until it is told to go on."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.go_on = threading.Event()
        self.has_begun = threading.Event()
        self.seen: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pipeline, name)

    def stream(self, documents: Any, **options: Any) -> Any:
        documents = list(documents)
        if documents[0].text != WARM_UP:
            self.has_begun.set()
            self.go_on.wait(10)
            self.seen += [doc.text for doc in documents]
        return self.pipeline.stream(documents, **options)


@pytest.fixture
def held(pipeline: Pipeline) -> Iterator[Held]:
    held = Held(pipeline)
    yield held
    held.go_on.set()


class Exchange:
    """One request to an app, part by part, as a server makes it of what a client does."""

    def __init__(self, app: Any, path: str, *, headers: dict[str, str] | None = None) -> None:
        path, _, query = path.partition("?")
        self.parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.n_received = 0
        pairs = {"content-type": "application/json"} | (headers or {})
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in pairs.items()],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
        }
        self.answered = asyncio.ensure_future(app(scope, self._receive, self._send))

    def send(self, body: bytes, *, more: bool = False) -> None:
        self.parts.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def go_away(self) -> None:
        self.parts.put_nowait({"type": "http.disconnect"})

    async def _receive(self) -> dict[str, Any]:
        part = await self.parts.get()
        self.n_received += len(part.get("body", b""))
        return part

    async def _send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(part.get("body", b"") for part in self.sent)

    @property
    def error(self) -> dict[str, Any]:
        return dict(json.loads(self.body)["error"])

    async def settled(self) -> int:
        """The status, when the answer is over."""
        await asyncio.wait_for(self.answered, 10)
        return self.status


@asynccontextmanager
async def running(pipeline: Any, **settings: Any) -> AsyncIterator[Any]:
    """An app that is ready, in the loop of a test."""
    app = create_app(pipeline, ServingSettings(**settings))
    service = app.state.service
    await service.start()
    yield app
    await asyncio.wait_for(service.close(), 10)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.001)


def door_of(app: Any) -> Door:
    """The door of an app that has been asked something."""
    layer = app.middleware_stack
    while not isinstance(layer, Door):
        layer = layer.app
    return layer
