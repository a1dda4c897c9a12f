"""One shard, from reading to the manifest: what every engine runs, in whichever process."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, BinaryIO, Final, Literal

from nerlink.bulk.manifest import Entry, Manifest
from nerlink.bulk.models import ModelKey, key_of, local_model
from nerlink.bulk.options import BulkOptions
from nerlink.bulk.places import look_at
from nerlink.bulk.rows import Tagged, plain_error, row_writer, writable
from nerlink.bulk.shards import Shard, local_part
from nerlink.data import Document
from nerlink.errors import DataError, NerlinkError, StorageError
from nerlink.sources import Losses, format_of, results_of
from nerlink.sources.check import Result

__all__ = ["ShardReport", "Work", "load_once", "tag_results", "tag_shard"]

log = logging.getLogger(__name__)

TICK_SECONDS: Final = 2.0

TAGGING_ERRORS: Final = (
    DataError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,  # also of torch, and where the memory of a GPU is not enough
    TypeError,
    ValueError,
)
"""What a document may do to a model; others are faults of the machine or of the job."""


Verdict = Literal["done", "failed", "again", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a process must know to tag shards.

    Args:
        model: The folder of the model, or owner/name on the Hugging Face hub.
        key: What the model must be.
        output: The folder to write to.
        job: What the settings of the job are known by.
        options: How the job was told to tag.
        columns: The schema of Parquet files, as Arrow stores it; empty for other files.
    """

    model: str
    key: ModelKey
    output: str
    job: str
    options: BulkOptions
    columns: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardReport:
    """What became of a shard.

    Args:
        shard: The shard.
        documents: How many it has, with those that failed.
        mentions: How many were found or linked.
        errors: Documents that failed.
        seconds: That it took.
        lost: What the output cannot hold: kind to how often, as in `Losses`.
        error: Why nothing was written, if nothing was.
        verdict: `done`, `failed`, `again` (another try may help), or `stop` (no shard can be done).
    """

    shard: Shard
    documents: int = 0
    mentions: int = 0
    errors: int = 0
    seconds: float = 0.0
    lost: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    verdict: Verdict = "done"


class _ReadError(Exception):
    """An input that could be read no further, and perhaps can be later."""


PAUSE: Final = 1.0
"""Seconds before a worker goes on after an input could not be read."""

SICK: Final = 16
"""Documents of a group that fail, and none of it succeeds: no accident any more."""

Tick = Callable[[int], None]
"""Called now and then with the number of documents of a shard that are done."""


def tag_shard(shard: Shard, work: Work, tick: Tick | None = None) -> ShardReport:
    """Tag a shard, write its file and enter it in the manifest.

    What is wrong with an input, the output or the model comes back in the report.
    """
    start = time.monotonic()
    verdict: Verdict
    try:
        if shard.problem:
            raise DataError(shard.problem)
        return _tagged_shard(shard, work, tick or (lambda _: None), start)
    except DataError as error:
        said, verdict = plain_error(error), "failed"
    except (OSError, _ReadError) as error:
        time.sleep(PAUSE)  # a store that does not answer is not asked again at once
        said, verdict = f"{shard.where}: {_reason(error)}.", "again"
    except NerlinkError as error:
        said, verdict = plain_error(error), "stop"
    seconds = time.monotonic() - start
    return ShardReport(shard=shard, seconds=seconds, error=said, verdict=verdict)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or plain_error(error)


def _tagged_shard(shard: Shard, work: Work, tick: Tick, start: float) -> ShardReport:
    options = work.options
    pipeline = load_once(work)
    manifest, name = Manifest(work.output), f"{shard.name}.{options.to}"
    tally = _Tally(options.max_errors, tick)
    with local_part(shard) as part, _called(str(part.path), shard.where):
        # A part of a file may look like another format than the whole.
        known = None if shard.kind == "whole" else format_of(shard.file.path)
        results = results_of(part.path, format=options.format or known, **options.read)
        tagged = tag_results(pipeline, results, link_only=options.link_only)
        named = _under_their_names(tagged, shard, str(part.path), options.shape)
        rows = tally(writable(named, options.to, tally.losses))
        write_rows = row_writer(options.to, options.shape, _schema_of(work.columns))

        def write(handle: BinaryIO) -> int:
            write_rows(rows, handle, tally.losses)
            _check_unchanged(shard, work)
            return handle.tell()

        n_bytes = manifest.folder.publish(name, write)
    seconds = round(time.monotonic() - start, 3)
    manifest.enter(
        shard.name,
        Entry(
            output=name,
            bytes=n_bytes,
            input=shard.file.path,
            kind=shard.kind,
            start=shard.start,
            end=shard.end,
            size=shard.file.size,
            time=shard.file.time,
            sha256=part.sha256,
            job=work.job,
            model=work.key.model,
            base=work.key.base,
            documents=tally.documents,
            mentions=tally.mentions,
            errors=tally.errors,
            lost=dict(tally.losses.counts),
            seconds=seconds,
        ),
    )
    return tally.report(shard, seconds)


@contextmanager
def _called(path: str, name: str) -> Iterator[None]:
    """Let errors name an input, and not the copy of it that was read."""
    try:
        yield
    except DataError as error:
        raise DataError(str(error).replace(path, name)) from error


def _under_their_names(
    tagged: Iterable[Tagged], shard: Shard, path: str, shape: str
) -> Iterator[Tagged]:
    """Errors name the input, and not its copy; rows of mentions have the id of a document."""
    for number, (doc, error) in enumerate(tagged):
        named = doc
        if shape == "mention" and doc.id is None:
            named = replace(doc, id=f"{shard.name}-{number}")
        yield Tagged(named, error and error.replace(path, shard.where))


def _schema_of(columns: bytes) -> Any:
    if not columns:
        return None
    import pyarrow

    return pyarrow.ipc.read_schema(pyarrow.py_buffer(columns))


def _check_unchanged(shard: Shard, work: Work) -> None:
    """Refuse to keep what was made of a file or a model that changed in between.

    Raises:
        DataError: The input is another by now.
        StorageError: The model is.
    """
    try:
        now = look_at(shard.file.path)
    except OSError as error:
        raise DataError(
            f"{shard.file.path} went away while the job was running: {error.strerror or error}."
        ) from error
    if (now.size, now.time) != (shard.file.size, shard.file.time):
        raise DataError(
            f"{shard.file.path} has changed while the job was running. "
            "Run the job again when it is complete."
        )
    _check_model(work)


def _check_model(work: Work) -> None:
    if key_of(work.model) != work.key:
        raise StorageError(
            f"{work.model} has changed while the job was running: its model or its knowledge base "
            "is another. What is done stays done; give each model a folder of its own, or start "
            "again with --force."
        )


def load_once(work: Work) -> Any:
    """The pipeline of a job; a process loads it once.

    Raises:
        StorageError: The model is another than the job began with.
    """
    options = work.options
    _check_model(work)
    return _load(
        work.model,
        work.key,
        options.device,
        options.precision,
        options.threshold,
        options.top_k,
    )


@cache
def _load(
    model: str,
    key: ModelKey,
    device: str,
    precision: str,
    threshold: float | None,
    top_k: int | None,
) -> Any:
    from nerlink.pipeline import Pipeline

    return Pipeline.load(
        local_model(model, key),
        device=device,
        precision=precision,
        threshold=threshold,
        top_k=top_k,
    )


class _Tally:
    """Counts what goes by, and stops where too many documents fail."""

    def __init__(self, max_errors: int | None, tick: Tick) -> None:
        self.max_errors = max_errors
        self.tick = tick
        self.documents = self.mentions = self.errors = 0
        self.losses = Losses()

    def __call__(self, tagged: Iterable[Tagged]) -> Iterator[Tagged]:
        last = time.monotonic()
        for one in tagged:
            self.documents += 1
            self.mentions += len(one.doc.mentions)
            self.errors += one.error is not None
            if self.max_errors is not None and self.errors > self.max_errors:
                raise NerlinkError(
                    f"more than {self.max_errors} documents failed; the last: {one.error}"
                )
            if time.monotonic() - last > TICK_SECONDS:
                last = time.monotonic()
                self.tick(self.documents)
            yield one

    def report(self, shard: Shard, seconds: float) -> ShardReport:
        """The report on a shard that is done."""
        return ShardReport(
            shard=shard,
            documents=self.documents,
            mentions=self.mentions,
            errors=self.errors,
            lost=dict(self.losses.counts),
            seconds=seconds,
        )


def tag_results(pipeline: Any, results: Iterable[Result], **options: Any) -> Iterator[Tagged]:
    """What a reader yields, tagged, in order; a document that fails costs no other.

    Documents go through `pipeline.stream`, so that the answers are those of `nerlink tag`. Where
    that fails, the documents it had taken are tagged one by one.

    Args:
        pipeline: Has the model.
        results: Documents, and why some could not be read.
        **options: As `Pipeline.stream` takes them.

    Raises:
        DataError: The reader cannot go on, for what is in the input.
    """
    waiting: deque[Result] = deque()
    source = iter(results)
    broken: list[DataError | _ReadError] = []

    def sound() -> Iterator[Document]:
        try:
            for result in source:
                waiting.append(result)
                if isinstance(result, Document):
                    yield result
        # No document's fault, so it must not pass through the pipeline.
        except DataError as error:
            broken.append(error)
        except (OSError, *TAGGING_ERRORS) as error:
            broken.append(_ReadError(_reason(error)))

    is_over = False
    while not is_over:
        try:
            for doc in pipeline.stream(sound(), **options):
                yield from _unread(waiting)
                waiting.popleft()
                yield Tagged(doc)
            is_over = True
        except TAGGING_ERRORS as error:
            if not waiting:
                raise
            log.warning("Tagging %d documents one by one: %s", len(waiting), error)
            yield from _one_by_one(pipeline, waiting, options)
    yield from _unread(waiting)
    if broken:
        raise broken[0]


def _unread(waiting: deque[Result]) -> Iterator[Tagged]:
    """The documents at the head of a queue that could not be read."""
    while waiting and isinstance(first := waiting[0], DataError):
        waiting.popleft()
        yield _unreadable(first)


def _unreadable(error: DataError) -> Tagged:
    return Tagged(Document(text="", id=error.doc_id), plain_error(error))


def _one_by_one(
    pipeline: Any, waiting: deque[Result], options: Mapping[str, Any]
) -> Iterator[Tagged]:
    """The documents of a queue, tagged each by itself.

    Raises:
        RuntimeError: Not one of many can be tagged: it is the process that is sick, such as one
            whose GPU has failed, and another may do better.
    """
    n_sound = n_failed = 0
    while waiting:
        doc = waiting.popleft()
        if isinstance(doc, DataError):
            yield _unreadable(doc)
            continue
        try:
            (found,) = pipeline.stream([doc], **options)
        except TAGGING_ERRORS as error:
            n_failed += 1
            if not n_sound and n_failed >= SICK and not isinstance(error, DataError):
                raise RuntimeError(f"{n_failed} documents failed, one after another") from error
            bare = Document(text=doc.text, id=doc.id, meta=doc.meta)
            yield Tagged(bare, plain_error(error))
        else:
            n_sound += 1
            yield Tagged(found)
