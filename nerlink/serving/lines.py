"""JSON lines in and out: a stream of any length in bounded memory, in both directions."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Final, Generic, TypeVar

from starlette.responses import Response

from nerlink.data import Document
from nerlink.errors import NerlinkError
from nerlink.serving.bodies import (
    JSON_LINES,
    TagOptions,
    answer_record,
    document_in,
    error_record,
    parse_body,
)
from nerlink.serving.door import RELEASE
from nerlink.serving.refusals import Busy, TooLarge, Unready
from nerlink.serving.service import Service, tokens_of
from nerlink.sources.records import json_from_record

__all__ = ["LinesResponse"]

PAUSE: Final = 0.05
"""Seconds after which a stream asks again whether the queue has room."""

MOST_LINES: Final = 256
"""Lines of one stream that are answered at a time."""

Message = MutableMapping[str, Any]
Item = TypeVar("Item")


class _Channel(Generic[Item]):
    """Items on their way from one task to another, of a bounded size together.

    Args:
        limit: Size from which on who puts an item waits; one item may have more.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[tuple[Item, int]] = deque()
        self._held = 0
        self._is_closed = False
        self._changed = asyncio.Condition()

    async def put(self, item: Item, size: int) -> None:
        async with self._changed:
            await self._changed.wait_for(
                lambda: not self._items or self._held + size <= self._limit
            )
            self._items.append((item, size))
            self._held += size
            self._changed.notify_all()

    async def close(self) -> None:
        """Let who takes items come to an end, once those that are here are taken."""
        async with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    async def __aiter__(self) -> AsyncIterator[Item]:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._items or self._is_closed)
                if not self._items:
                    return
                item, size = self._items.popleft()
                self._held -= size
                self._changed.notify_all()
            yield item


class LinesResponse(Response):
    """A line of JSON for each line that comes, in order, while they come.

    A line that cannot be answered has an error in its place. Of what comes, at most `max_body`
    bytes are held, so that a caller may send so much before it begins to read; of what goes, about
    two batches. A full queue makes a stream wait, and so the caller.

    Args:
        service: Answers the documents.
        options: How to answer.
        link_only: Link the mentions that the documents have.
    """

    media_type = JSON_LINES

    def __init__(self, service: Service, options: TagOptions, *, link_only: bool) -> None:
        super().__init__(media_type=self.media_type)
        del self.headers["content-length"]
        self.service = service
        self.options = options
        self.link_only = link_only

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer lines until there are no more, or the server is about to end."""
        settings = self.service.settings
        parts: _Channel[bytes] = _Channel(settings.max_body)
        answers: _Channel[asyncio.Task[bytes]] = _Channel(2 * settings.max_batch_tokens)
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(_read(receive, parts))
            ending = tasks.create_task(self._end_with_server(reading, parts))
            lines = _lines(parts, settings.max_body, scope.get(RELEASE, lambda _: None))
            tasks.create_task(self._begin(lines, answers, tasks))
            async for answer in answers:
                body = await answer
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if not ending.done():
                ending.cancel()
            else:
                told = Unready("this server is about to end. Send the other lines to another one.")
                body = _line(error_record(told))
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _end_with_server(self, reading: "asyncio.Task[None]", parts: _Channel[bytes]) -> None:
        """Read no more when the server is about to end."""
        await self.service.draining.wait()
        reading.cancel()
        await parts.close()

    async def _begin(
        self,
        lines: AsyncIterator[bytes | TooLarge],
        answers: _Channel["asyncio.Task[bytes]"],
        tasks: asyncio.TaskGroup,
    ) -> None:
        """Ask for the answers to lines, as many at a time as there is room for."""
        least = 2 * self.service.settings.max_batch_tokens // MOST_LINES
        number = 0
        async for line in lines:
            number += 1
            if not isinstance(line, TooLarge) and not line.strip():
                continue
            doc = self._document(line, f"line {number}")
            n_tokens = tokens_of(doc) if isinstance(doc, Document) else 0
            await answers.put(tasks.create_task(self._answer(doc)), max(n_tokens, least))
        await answers.close()

    def _document(self, line: bytes | TooLarge, where: str) -> Document | NerlinkError:
        if isinstance(line, TooLarge):
            return line
        try:
            value = parse_body(line, where=where)
        except NerlinkError as error:
            return error
        return document_in(value, self.options, self.service.settings, where=where)

    async def _answer(self, doc: Document | NerlinkError) -> bytes:
        """The line that answers a line."""
        name = doc.id if isinstance(doc, Document) else None
        try:
            found = await self._tagged(doc) if isinstance(doc, Document) else doc
            if isinstance(found, Document):
                return _line(answer_record(found, self.options))
        except NerlinkError as error:
            found = error
        return _line(({} if name is None else {"id": name}) | error_record(found))

    async def _tagged(self, doc: Document) -> Document | NerlinkError:
        """The answer to a document, when the queue has room for it.

        Raises:
            Refusal: As `Service.tag`.
        """
        now = asyncio.get_running_loop().time
        give_up = now() + self.service.settings.timeout
        options = self.options.model_dump(include={"threshold", "top_k"})
        while True:
            try:
                return (await self.service.tag([doc], link_only=self.link_only, **options))[0]
            except Busy:
                if now() > give_up:
                    raise
                await asyncio.sleep(PAUSE)


async def _read(receive: Callable[[], Awaitable[Message]], parts: _Channel[bytes]) -> None:
    """The body, part by part, until as much is held as may be."""
    is_whole = False
    while not is_whole:
        message = await receive()
        is_whole = not message.get("more_body", False)
        if part := message.get("body", b""):
            await parts.put(part, len(part))
    await parts.close()


async def _lines(
    parts: _Channel[bytes], limit: int, release: Callable[[int], None]
) -> AsyncIterator[bytes | TooLarge]:
    """The lines in a body; one that is too long is passed over, and has an error in its place.

    Args:
        parts: The body.
        limit: Bytes that a line may have.
        release: Called with the number of bytes that are held no longer.
    """
    rest, is_too_long = bytearray(), False
    async for part in parts:
        n_held = len(rest) + len(part)
        *whole, last = part.split(b"\n")
        for line in whole:
            rest += line
            is_too_long |= len(rest) > limit
            yield _too_long(limit) if is_too_long else bytes(rest)
            rest, is_too_long = bytearray(), False
        rest += last
        if is_too_long := is_too_long or len(rest) > limit:
            rest.clear()
        release(n_held - len(rest))
    if rest or is_too_long:
        yield _too_long(limit) if is_too_long else bytes(rest)


def _too_long(limit: int) -> TooLarge:
    return TooLarge(f"a line has more than the {limit:,} bytes that are taken. Cut it.")


def _line(record: Any) -> bytes:
    return json_from_record(record).encode() + b"\n"
