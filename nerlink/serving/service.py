"""What routes call: documents in, answers out, through the thread that owns the model."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote

from nerlink.bulk.rows import Tagged
from nerlink.bulk.tagging import tag_results
from nerlink.data import Document, Mention
from nerlink.errors import ConfigError, DataError, KnowledgeBaseError, NerlinkError
from nerlink.kb import KnowledgeBase
from nerlink.models.linker.explanations import Explanation
from nerlink.pipeline import Pipeline
from nerlink.serving.batcher import Batch, Batcher
from nerlink.serving.metrics import Metrics, Tally
from nerlink.serving.refusals import (
    Broken,
    Busy,
    Failed,
    Invalid,
    Refusal,
    TooLarge,
    TooLate,
    Unready,
)
from nerlink.serving.settings import ServingSettings

__all__ = ["WARM_UP", "Service", "tokens_of"]

Answer = TypeVar("Answer")

WARM_UP = "Ada Lovelace met Charles Babbage in London. They talked of engines."

FAULT = "the server failed at this; its log says why."

log = logging.getLogger("nerlink.serving")

LOOK_UPS = 1000
"""Look-ups in the base that may wait."""

CHANGES = 5
"""Changes of the base that may come in between before one that does is a fault."""


class _Options(NamedTuple):
    """What `Pipeline.stream` is told; documents with other options are another call of it."""

    link_only: bool
    threshold: float | None
    top_k: int | None


class Service:
    """A pipeline that many requests share.

    Args:
        pipeline: The model; nobody else should call it meanwhile.
        settings: The limits.

    Raises:
        ConfigError: The base is to be changed, and cannot be written.
    """

    def __init__(self, pipeline: Pipeline, settings: ServingSettings | None = None) -> None:
        self.pipeline = pipeline
        self.settings = settings = settings or ServingSettings()
        if settings.editable and self.kb is not None:
            _check_writable(self.kb.path)
        self.metrics = Metrics()
        self.is_ready = False
        self.fault: BaseException | None = None
        self.draining = asyncio.Event()
        self._warming: asyncio.Task[None] | None = None
        self._batcher = Batcher(
            self._answers,
            max_batch_tokens=settings.max_batch_tokens,
            max_wait=settings.max_wait_ms / 1000,
            queue_tokens=settings.queue_tokens,
            watch=self._note,
        )
        # Look-ups read the base through a connection of their own, and wait for no batch.
        self._look_ups = ThreadPoolExecutor(1, thread_name_prefix="nerlink-base")
        self._room = threading.Semaphore(LOOK_UPS)

    @property
    def kb(self) -> KnowledgeBase | None:
        """The knowledge base; `None` where the model does not link."""
        return self.pipeline.kb

    @property
    def finds(self) -> bool:
        """Whether the model finds mentions."""
        return self.pipeline.model.finds

    @property
    def links(self) -> bool:
        """Whether the model links mentions."""
        return self.pipeline.model.linker is not None

    def start(self) -> "asyncio.Task[None]":
        """Read the texts of new entities and a first document, after which the service is ready."""
        if self._warming is None:
            self._warming = asyncio.ensure_future(self._get_ready())
        return self._warming

    async def _get_ready(self) -> None:
        warm = asyncio.wrap_future(self._batcher.call(self._warm_up))
        await asyncio.wait([warm])
        if (fault := warm.exception()) is not None:
            # Nobody awaits this where an app is mounted: requests are told.
            log.error("process %d cannot get ready", os.getpid(), exc_info=fault)
            self.fault = fault
            return
        self.is_ready = True
        log.info("process %d is ready", os.getpid())

    def _warm_up(self) -> None:
        self.pipeline.refresh()
        doc = Document(text=WARM_UP, mentions=(Mention(start=0, end=12),))
        list(self.pipeline.stream([doc], link_only=not self.finds))

    def drain(self) -> None:
        """Take no new request; those that are here are answered."""
        self.draining.set()

    async def close(self) -> None:
        """End when everything that was taken on is answered."""
        self.drain()
        if self._warming:
            await self._warming
        await asyncio.to_thread(self._batcher.close)
        self._look_ups.shutdown()

    def check_ready(self) -> None:
        """Refuse a request that comes too early or too late.

        Raises:
            Unready: The model is not warm yet, or the server is about to end.
            Broken: The model cannot get warm.
        """
        if self.fault:
            raise Broken("the model cannot get ready; the log of the server says why.")
        if self.draining.is_set():
            raise Unready("this server is about to end. Ask another one.", retry_after=1)
        if not self.is_ready:
            raise Unready("the model is not ready yet. Come again in a moment.", retry_after=1)

    async def tag(
        self,
        documents: Sequence[Document],
        *,
        link_only: bool = False,
        threshold: float | None = None,
        top_k: int | None = None,
    ) -> list[Document | NerlinkError]:
        """The answers to documents, one for each, in order; a document that fails costs no other.

        Args:
            documents: Sound documents.
            link_only: Link the mentions that they have, and find no new ones.
            threshold: As in `Pipeline.load`; `None` keeps that of the pipeline.
            top_k: Likewise.

        Raises:
            Busy: They do not fit into the queue.
            Invalid: The model was not trained for what is asked.
            TooLarge: They would not fit into an empty queue, or a number is over its limit.
            TooLate: The time of a request is over.
            Unready: The server is about to end.
        """
        self._check(link_only, top_k)
        options = _Options(link_only, threshold, top_k)
        items = [((doc, options), tokens_of(doc, link_only=link_only)) for doc in documents]
        n_tokens = sum(tokens for _, tokens in items)
        self._check_size(n_tokens)
        futures = self._batcher.submit(items)
        self.metrics.queue.set(self._batcher.n_tokens)
        found = await self._within(futures)
        n_failed = sum(isinstance(one, NerlinkError) for one in found)
        self.metrics.note_documents(Tally(len(items), n_tokens, n_failed))
        return found

    async def explain(self, doc: Document, mention: Mention) -> Explanation:
        """Why a mention is linked as it is: as `Pipeline.explain`.

        Raises:
            DataError: The document has no such mention, or it covers no token.
            Refusal: As `tag`.
        """
        self._check(True, None)
        tokens = tokens_of(doc, link_only=True)  # the links of all its mentions are computed
        self._check_size(tokens)
        explanation: Explanation = await self.call(
            self._steady, self.pipeline.explain, doc, mention, tokens=tokens
        )
        return explanation

    async def call(self, function: Callable[..., Any], *args: Any, tokens: int = 1) -> Any:
        """What a function returns in the thread of the model, which it has for itself.

        Raises:
            Refusal: As `tag`.
        """
        return await self._one(self._batcher.call(function, *args, tokens=tokens))

    async def look_up(self, function: Callable[..., Any], *args: Any) -> Any:
        """What a function returns in a thread for look-ups in the base, beside the model's.

        Raises:
            Busy: Many look-ups wait already.
            TooLate: The time of a request is over.
            Broken: The function fails.
        """
        if not self._room.acquire(blocking=False):
            raise Busy("many look-ups wait already; come again later.", retry_after=1)
        future = self._look_ups.submit(self._steady, function, *args)
        future.add_done_callback(lambda _: self._room.release())
        return await self._one(future)

    def address_of(self, entity: str) -> str:
        """The address of an entity by `uri_template`; its id, where there is no template."""
        template = self.settings.uri_template
        return template.replace("{id}", quote(entity, safe="")) if template else entity

    def entity_of(self, address: str) -> str:
        """The id of the entity at an address; the address itself, where it is of another kind."""
        before, _, after = (self.settings.uri_template or "{id}").partition("{id}")
        if not (address.startswith(before) and address.endswith(after)):
            return address
        inner = address[len(before) : len(address) - len(after)]
        return unquote(inner) if self.settings.uri_template else address

    def _check(self, link_only: bool, top_k: int | None) -> None:
        if link_only and not self.links:
            raise Invalid("this model finds mentions only: it was trained without 'nel'.")
        if not link_only and not self.finds:
            raise Invalid(
                "this model links given mentions only: it was trained without 'ner'. "
                "POST /v1/link links them."
            )
        if top_k is not None and top_k > self.settings.max_top_k:
            raise Invalid(
                f"top_k is {top_k:,}; at most {self.settings.max_top_k} candidates are given.",
                where="top_k",
            )

    def _check_size(self, n_tokens: int) -> None:
        if n_tokens > self.settings.queue_tokens:
            raise TooLarge(
                f"the request has about {n_tokens:,} tokens, and the server takes on "
                f"{self.settings.queue_tokens:,} (--queue-tokens). Send less at a time, or JSON "
                "lines; mentions that overlap count the text again."
            )

    def _note(self, batch: Batch) -> None:
        self.metrics.note_batch(batch)
        self.metrics.queue.set(self._batcher.n_tokens)

    async def _one(self, future: "Future[Any]") -> Any:
        """What one future gives; what it raises is raised."""
        (found,) = await self._within([future])
        if isinstance(found, NerlinkError):
            raise found
        return found

    async def _within(self, futures: Sequence["Future[Any]"]) -> list[Any]:
        """What futures give, or the error of each, if they do in time.

        What nobody waits for any more is given up.
        """
        waiting = map(asyncio.wrap_future, futures)
        try:
            async with asyncio.timeout(self.settings.timeout):
                found = await asyncio.gather(*waiting, return_exceptions=True)
        except TimeoutError:
            raise TooLate(
                f"no answer within {self.settings.timeout:g} seconds (--timeout). "
                "Send less at a time, or come again later.",
                retry_after=1,
            ) from None
        finally:
            for future in futures:
                future.cancel()
        for error in {id(one): one for one in found if _is_fault(one)}.values():
            log.error("the model or its base failed", exc_info=error)
        return [Broken(FAULT) if _is_fault(one) else one for one in found]

    def _steady(self, function: Callable[..., Answer], *args: Any) -> Answer:
        """What a function returns, called again where the base was changed under it.

        An entity may be removed after it was found as a candidate and before it is looked at.
        """
        for _ in range(CHANGES):
            version = self.kb.version if self.kb else 0
            try:
                return function(*args)
            except KnowledgeBaseError:
                if self.kb is None or self.kb.version == version:
                    raise
        return function(*args)

    def _answers(self, asked: Sequence[tuple[Document, _Options]]) -> list[Document | NerlinkError]:
        """The answers to documents that go together; in the thread of the model."""
        groups: dict[_Options, list[int]] = {}
        for number, (_, options) in enumerate(asked):
            groups.setdefault(options, []).append(number)
        found: dict[int, Document | NerlinkError] = {}
        for options, numbers in groups.items():
            documents = [asked[number][0] for number in numbers]
            tagged = self._steady(_results, self.pipeline, documents, options)
            for number, (doc, error) in zip(numbers, tagged, strict=True):
                found[number] = doc if error is None else Failed(error)
        return [found[number] for number in range(len(asked))]


def _check_writable(path: Path) -> None:
    # The folder, too: SQLite writes a journal beside the file.
    if not all(os.access(one, os.W_OK) for one in (path, path.parent)):
        raise ConfigError(
            f"{path} cannot be written, or its folder cannot, and editable (--editable) lets "
            "requests change it. Give the server a copy that it may write."
        )


def _results(pipeline: Pipeline, documents: list[Document], options: _Options) -> list[Tagged]:
    return list(tag_results(pipeline, documents, **options._asdict()))


def tokens_of(doc: Document, *, link_only: bool = False) -> int:
    """About how many tokens the model will read: four bytes of UTF-8 are one.

    Tokenising would give the number, and take the time that the queue is there to share out. Where
    given mentions overlap, the model reads the text once for each layer of them.
    """
    n_tokens = 1 + len(doc.text.encode()) // 4
    return n_tokens * max(1, _depth(doc)) if link_only else n_tokens


def _is_fault(found: object) -> bool:
    """Whether something went wrong for which no request is to blame."""
    return isinstance(found, BaseException) and not isinstance(found, Refusal | DataError)


def _depth(doc: Document) -> int:
    """The most mentions that cover one character."""
    borders = [(m.start, 1) for m in doc.mentions] + [(m.end, -1) for m in doc.mentions]
    depth = most = 0
    for _, step in sorted(borders):
        depth += step
        most = max(most, depth)
    return most
