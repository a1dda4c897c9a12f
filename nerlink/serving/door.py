"""What every request passes, whichever route it takes: limits, headers, counts and a line of log.

Plain ASGI: a middleware of Starlette's base class would read bodies and answers into queues.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from nerlink.serving.bodies import error_record, is_lines, json_response
from nerlink.serving.metrics import TALLY, Tally
from nerlink.serving.refusals import Broken, Busy, Forbidden, Refusal, Slow, TooLarge
from nerlink.serving.service import Service

__all__ = ["HEADERS", "Door", "refuse"]

log = logging.getLogger("nerlink.serving")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

HEADERS: Final[Mapping[bytes, bytes]] = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
}
"""Headers of every answer that does not set them itself."""

BODIES: Final = 16
"""Times `max_body` that the bodies of all requests under way may have together, and once more what
is held of all streams of JSON lines.
"""

RELEASE: Final = "nerlink.release"
"""Key of the scope for what a stream calls with a number of bytes that it holds no longer."""

PAUSE: Final = 0.05
"""Seconds after which a stream looks again whether there is room for more of it."""

GONE: Final = 499
"""The status in the log where nobody was left to be answered."""


def refuse(error: Refusal) -> Any:
    """The answer that tells of a refusal."""
    response = json_response(error_record(error), error.status)
    if error.retry_after is not None:
        response.headers["retry-after"] = str(error.retry_after)
    if error.status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


class Door:
    """A request on its way in, and its answer on its way out.

    A body that is too large or too slow is refused, whether its length is told or not; of streams,
    no more is read than there is room for. When the caller goes away, what is done for it is
    cancelled. A line of the log tells the route, and never a text, an address or a query.

    Args:
        app: What answers.
        service: Has the settings and the metrics.
        streams: Routes that take JSON lines without end.
    """

    def __init__(self, app: App, service: Service, streams: frozenset[str]) -> None:
        self.app = app
        self.service = service
        self.streams = streams
        self.n_bytes = self.n_streamed = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.service.start()  # here for an app that is mounted, whose lifespan nobody runs
        start = time.monotonic()
        token = TALLY.set(tally := Tally())
        visit = _Visit(self, scope, receive, send)
        try:
            await visit.pass_through()
        finally:
            visit.leave()
            TALLY.reset(token)
            self._note(scope, visit.status, time.monotonic() - start, tally)

    def _note(self, scope: Mapping[str, Any], status: int, seconds: float, tally: Tally) -> None:
        route = _route_of(scope)
        metrics = self.service.metrics
        metrics.requests.labels(route, scope["method"] if route != "none" else "", status).inc()
        metrics.seconds.labels(route).observe(seconds)
        facts = {
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "documents": tally.documents,
            "failures": tally.failures,
            "tokens": tally.tokens,
        }
        said = " ".join(f"{name}={value}" for name, value in facts.items())
        log.info("%s", said, extra={"facts": facts})


def _route_of(scope: Mapping[str, Any]) -> str:
    """The path as the app knows it: that of the request may be anything, a text too."""
    return getattr(scope.get("route"), "path", "none")


class _Visit:
    """One request at the door."""

    def __init__(
        self, door: Door, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        self.door = door
        self.scope = scope
        self.receive = receive
        self.send = send
        self.status = GONE
        self.n_bytes = 0
        self.is_whole = self.is_gone = False
        headers = dict(scope["headers"])
        media_type = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0]
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        is_stream = path in door.streams and is_lines(media_type.strip().lower())
        self.is_stream = is_stream
        self.limit = door.service.settings.max_body
        # For the whole body: one that comes byte by byte would keep its place for days.
        self.until = asyncio.get_running_loop().time() + door.service.settings.timeout
        if is_stream:
            scope[RELEASE] = self._release
        self.called = headers.get(b"host", b"").decode("latin-1")
        self.told = headers.get(b"content-length", b"")
        self.body_came = asyncio.Event()

    async def pass_through(self) -> None:
        """Let the app answer, for as long as somebody waits for it."""
        work = asyncio.ensure_future(self._answer())
        gone = asyncio.ensure_future(self._until_gone())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Also where the server itself cancels what takes too long.
            gone.cancel()
            if not work.done():
                work.cancel()
            await asyncio.wait({work, gone})
        if not work.cancelled() and (error := work.exception()):
            await self._fail(error)

    async def _fail(self, error: BaseException) -> None:
        """Tell the log what went wrong, and the caller only that something did."""
        log.error(
            "a request to %s %s failed", self.scope["method"], _route_of(self.scope), exc_info=error
        )
        if self.status == GONE:
            said = Broken("the server failed at this request; its log says why.")
            await refuse(said)(self.scope, self._receive, self._send)
        else:
            raise error  # the answer has begun: the server can only cut it off

    async def _answer(self) -> None:
        try:
            if not self.door.service.settings.is_called(self.called):
                raise Forbidden(
                    "this server is not called so. Ask it as localhost; where a proxy keeps "
                    "another name in the header Host, --allowed-host NAME lets it."
                )
            if not self.is_stream and self.told.isdigit() and int(self.told) > self.limit:
                raise self._too_large()
            await self.door.app(self.scope, self._receive, self._send)
        except Refusal as error:
            if self.status != GONE:
                raise
            await refuse(error)(self.scope, self._receive, self._send)

    async def _receive(self) -> Message:
        """The next part of the body."""
        if self.is_whole:
            await asyncio.Event().wait()  # `_until_gone` listens, and cancels this
        if self.is_stream:
            # One that holds nothing goes on, or all could wait for each other.
            while self.n_bytes and self.door.n_streamed >= BODIES * self.limit:
                await asyncio.sleep(PAUSE)
            message = await self.receive()
        else:
            try:
                async with asyncio.timeout_at(self.until):
                    message = await self.receive()
            except TimeoutError:
                raise Slow("the body did not arrive in time. Send it again.") from None
        if message["type"] == "http.disconnect":
            self.is_gone = True
            self.body_came.set()
            await asyncio.Event().wait()  # until `pass_through` cancels this
        self._count(len(message.get("body", b"")))
        if not message.get("more_body", False):
            self.is_whole = True
            self.body_came.set()
        return message

    def _count(self, n_bytes: int) -> None:
        """Count a part of the body, and refuse what is too much: for one, or for all together."""
        self.n_bytes += n_bytes
        if self.is_stream:
            self.door.n_streamed += n_bytes
            return
        self.door.n_bytes += n_bytes
        if self.n_bytes > self.limit:
            raise self._too_large()
        if self.door.n_bytes > BODIES * self.limit:
            raise Busy("the bodies of others fill the memory; come again later.", retry_after=1)

    def _release(self, n_bytes: int) -> None:
        self.n_bytes -= n_bytes
        self.door.n_streamed -= n_bytes

    def leave(self) -> None:
        """Give back the room that the request still has."""
        if self.is_stream:
            self._release(self.n_bytes)
        else:
            self.door.n_bytes -= self.n_bytes

    async def _until_gone(self) -> None:
        """Return when the caller has gone away; until its whole body is read, `_receive` tells."""
        await self.body_came.wait()
        while not self.is_gone and (await self.receive())["type"] != "http.disconnect":
            pass

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            own = {name.lower() for name, _ in headers}
            headers += [header for header in HEADERS.items() if header[0] not in own]
            if self.door.service.draining.is_set():
                headers.append((b"connection", b"close"))
            message["headers"] = headers
        await self.send(message)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"the body has more than the {self.limit:,} bytes that are taken (--max-body). "
            "Send less at a time, or JSON lines."
        )
