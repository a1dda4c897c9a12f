"""Closed-loop clients over the loopback: each asks again as soon as it is answered.

They speak as little HTTP as is needed, since they share the cores with the server that is measured;
a client of a library takes a millisecond for each request.
"""

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from experiments.serving.server import TOKEN

__all__ = ["PATIENCE", "Answer", "Client", "Load", "ask_all", "ask_for", "percentile"]

PATIENCE = 120.0
"""Seconds after which an answer counts as lost."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request.

    Args:
        number: Of the request.
        status: Of HTTP; 0 where nothing came, -1 where nobody listens.
        seconds: Until the whole answer was there.
        body: The answer.
        when: The time at which it was there.
    """

    number: int
    status: int
    seconds: float
    body: bytes
    when: float


@dataclass(slots=True)
class Load:
    """What came of many requests.

    Args:
        answers: In the order in which they came.
        seconds: From the first request to the last answer.
    """

    answers: list[Answer] = field(default_factory=list)
    seconds: float = 0.0

    def statuses(self) -> Counter[int]:
        """How many requests had each status."""
        return Counter(one.status for one in self.answers)

    def milliseconds(self) -> list[float]:
        """The latencies of those that were answered well."""
        return [1000 * one.seconds for one in self.answers if one.status == 200]


class Client:
    """One connection, kept open.

    Args:
        port: Of the server.
        path: What is asked.
    """

    def __init__(self, port: int, path: str = "/v1/tag") -> None:
        self.port = port
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, number: int, body: bytes) -> Answer:
        """One request and its answer, or what came in its place."""
        start = time.perf_counter()
        try:
            status, found = await asyncio.wait_for(self._exchange(body), PATIENCE)
        except ConnectionRefusedError:
            status, found = -1, b""
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            status, found = 0, b""
        if status <= 0:
            await self.close()
        now = time.perf_counter()
        return Answer(number, status, now - start, found, now)

    async def _exchange(self, body: bytes) -> tuple[int, bytes]:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.reader, self.writer
        if reader is None:
            raise OSError("no connection")
        writer.write(f"{self.head}{len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        found = await reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection") == "close":
            await self.close()
        return int(head.split(" ", 2)[1]), found

    async def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


def ask_all(port: int, bodies: Sequence[bytes], n_clients: int, path: str = "/v1/tag") -> Load:
    """The answers to some requests, of which each client takes the next."""
    numbers = iter(range(len(bodies)))
    return asyncio.run(_load(port, numbers, lambda n: bodies[n], n_clients, path, lambda _: True))


def ask_for(
    port: int,
    bodies: Sequence[bytes],
    n_clients: int,
    *,
    goes_on: Callable[[Answer], bool],
) -> Load:
    """The answers to the same requests over and over, until each client is told to stop."""
    return asyncio.run(
        _load(port, count(), lambda n: bodies[n % len(bodies)], n_clients, "/v1/tag", goes_on)
    )


async def _load(
    port: int,
    numbers: Iterator[int],
    body_of: Callable[[int], bytes],
    n_clients: int,
    path: str,
    goes_on: Callable[[Answer], bool],
) -> Load:
    load = Load()
    start = time.perf_counter()

    async def run() -> None:
        client = Client(port, path)
        for number in numbers:
            answer = await client.ask(number, body_of(number))
            load.answers.append(answer)
            if not goes_on(answer):
                break
            if answer.status in (429, 503):
                await asyncio.sleep(0.02)  # a client that is told to come later does
        await client.close()

    await asyncio.gather(*(run() for _ in range(n_clients)))
    load.seconds = time.perf_counter() - start
    return load


def percentile(values: Sequence[float], share: int) -> float:
    """The value that `share` per cent of the values do not exceed."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def body_of(text: str, **more: Any) -> bytes:
    """The body that asks for a text."""
    record: Mapping[str, Any] = {"text": text, **more}
    return json.dumps(record).encode()
