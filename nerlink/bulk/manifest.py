"""What a job has done, beside what it wrote: the output alone decides what is left to do.

    DIR/000000-news-000000.jsonl            a file a shard
    DIR/_nerlink/job.json                   the model, the settings and the inputs
    DIR/_nerlink/done/000000-news-000000.json   a file a shard that counts

A shard counts when its entry is there, not when its file is: on an object store, and after a crash
between the two, a file may be there that nobody vouches for.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from nerlink.bulk.models import ModelKey
from nerlink.bulk.places import JOB, File, Folder
from nerlink.bulk.shards import Shard, hash_of
from nerlink.errors import StorageError

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["Entry", "Job", "Manifest"]

HOME: Final = "_nerlink"
"""Readers of whole folders, such as pandas and Spark, pass over names that begin so."""
DONE: Final = f"{HOME}/done"
FORMAT: Final = 1
_OUTPUT: Final = re.compile(r"\d{6,}-[\w-]*-\d{6,}\.(jsonl|parquet)")
"""The names that files of shards have."""
READ_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A shard that is done.

    Args:
        output: The file that has its rows.
        bytes: Of that file.
        input: What was read.
        kind: What `start` and `end` count, as in `Shard`.
        start: The first.
        end: One past the last.
        size: Bytes of the input.
        time: When the input was last changed.
        sha256: Of the bytes of the shard.
        job: What the settings of the job are known by.
        model: What the model is known by.
        base: What the knowledge base is known by.
        documents: How many there are, with those that failed.
        mentions: How many there are.
        errors: Documents that failed.
        lost: What the output cannot hold: kind to how often.
        seconds: That the shard took.
    """

    output: str
    bytes: int
    input: str
    kind: str
    start: int
    end: int
    size: int
    time: str
    sha256: str
    job: str
    model: str
    base: str | None
    documents: int
    mentions: int
    errors: int
    lost: dict[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a job is: the model, what changes the output, and the inputs by their numbers.

    Args:
        model: What the model is known by.
        settings: The options that change the output.
        inputs: Their numbers are their places.
        columns: The schema of Parquet files, as Arrow stores it, in base 64.
    """

    model: ModelKey
    settings: dict[str, Any]
    inputs: tuple[File, ...] = ()
    columns: str = ""

    @property
    def name(self) -> str:
        """What entries of the job are known by; it does not change when inputs are added."""
        said = json.dumps([self.model, self.settings], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class Manifest:
    """The entries of an output.

    Args:
        output: The folder, a path or an address.
    """

    def __init__(self, output: str | Path) -> None:
        self.folder = Folder(output)

    def enter(self, name: str, entry: Entry) -> None:
        """Let a shard count; its file is there."""
        self._write(f"{DONE}/{name}.json", asdict(entry))

    def _write(self, name: str, record: dict[str, Any]) -> None:
        content = (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode()

        def write(handle: BinaryIO) -> None:
            handle.write(content)

        self.folder.publish(name, write)

    def has(self, name: str) -> bool:
        """Whether a shard counts."""
        return bool(self.folder.read([f"{DONE}/{name}.json"]))

    def entries(self, names: Iterable[str] | None = None) -> Iterator[tuple[str, Entry]]:
        """Shards that count and their entries, in order of names.

        Args:
            names: Those to look for; by default all that are there.

        Raises:
            StorageError: An entry is damaged.
        """
        if names is None:
            names = sorted(name.removesuffix(".json") for name in self.folder.sizes(DONE))
        left = iter(names)
        while part := list(islice(left, READ_AT_ONCE)):
            found = self.folder.read(f"{DONE}/{name}.json" for name in part)
            for name in part:
                if (content := found.get(f"{DONE}/{name}.json")) is not None:
                    yield name, self._entry(name, content)

    def _entry(self, name: str, content: bytes) -> Entry:
        try:
            record = json.loads(content)
            return Entry(**{field.name: record[field.name] for field in fields(Entry)})
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{self.folder.place(f'{DONE}/{name}.json')} is damaged: {error!r}. "
                "Delete it, and the shard is tagged again."
            ) from error

    def job(self) -> Job | None:
        """The job that the output is of, if it is of one.

        Raises:
            StorageError: It is of something else, of a newer nerlink, or damaged.
        """
        content = self.folder.read([JOB]).get(JOB)
        if content is None:
            return None
        try:
            record = json.loads(content)
            if record["format"] != FORMAT:
                raise ValueError(f"format {record['format']}, not {FORMAT}")
            inputs = tuple(File(*values) for values in record["inputs"])
            return Job(
                model=ModelKey(record["model"], record["base"]),
                settings=record["settings"],
                inputs=inputs,
                columns=record["columns"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{self.folder.place(JOB)} cannot be read: {error}. Name another output."
            ) from error

    def begin(self, job: Job, *, force: bool) -> Job:
        """Make the output ready for a job, or for one to go on; the job with its inputs numbered.

        Inputs that the output knows keep their numbers, and with them the names of their shards;
        new ones come behind.

        Args:
            job: Its inputs are those that are asked for now.
            force: Throw away what was written under other settings or of inputs as they were.

        Raises:
            StorageError: The output is of another job, or cannot be written.
        """
        before = self.job()
        self.clean()
        if before and (reason := _difference(before, job)):
            self._throw_away(lambda entry: entry.job != job.name, reason, force=force)
        if before and (changed := self._changed(job.inputs, before.inputs)):
            more = f", and {len(changed) - 1} more" * (len(changed) > 1)
            reason = f"{min(changed)} has changed since it was tagged{more}"
            self._throw_away(lambda entry: entry.input in changed, reason, force=force)
        self._sweep()
        known = {file.path: file for file in (before.inputs if before else ())}
        known |= {file.path: file for file in job.inputs}
        # Files that are there keep their columns, and so must those that come.
        is_same = before is not None and before.name == job.name
        columns = before.columns if before is not None and is_same else job.columns
        numbered = replace(job, inputs=tuple(known.values()), columns=columns)
        if numbered != before:
            self._write(JOB, _record(numbered))
        return numbered

    def clean(self) -> None:
        """Remove what writers that were killed have left."""
        for place in ("", HOME, DONE):
            self.folder.clean(place)

    def _throw_away(self, is_old: Callable[[Entry], bool], reason: str, *, force: bool) -> None:
        """Remove entries, and then the files that they let count.

        Raises:
            StorageError: There are some, and nobody has said that they may go.
        """
        for name, entry in self.entries():
            if not is_old(entry):
                continue
            if not force:
                raise StorageError(
                    f"{self.folder}: {reason}. Name another output, or tag again what that touches "
                    "with force=True (--force)."
                )
            self.folder.remove(f"{DONE}/{name}.json")
            self.folder.remove(entry.output)

    def _sweep(self) -> None:
        """Remove files of shards without an entry, which readers of the folder would take."""
        names = {name.removesuffix(".json") for name in self.folder.sizes(DONE)}
        for output in self.folder.sizes():
            if _OUTPUT.fullmatch(output) and output.rpartition(".")[0] not in names:
                self.folder.remove(output)

    def refuse_foreign(self) -> None:
        """Refuse a folder that holds something, but no job.

        Raises:
            StorageError: With the name of a file in it.
        """
        if self.job() is None and (foreign := sorted(self.folder.sizes())):
            raise StorageError(
                f"{self.folder} holds {foreign[0]} and is not of a bulk job. Name an empty folder."
            )

    def _changed(self, files: Iterable[File], before: Iterable[File]) -> set[str]:
        """The inputs of which entries tell, and which hold something else now.

        Another time alone does not count.
        """
        known = {file.path: file for file in before}
        stamped = {file.path: file for file in files if file != known.get(file.path, file)}
        found: set[str] = set()
        for _, entry in self.entries() if stamped else ():
            file = stamped.get(entry.input)
            if file and file.path not in found and _is_other(file, entry):
                found.add(file.path)
        return found

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The output for this job alone, as far as its file system can tell.

        Raises:
            StorageError: Another job writes to it now.
        """
        if not self.folder.is_local or fcntl is None:
            yield
            return
        path = Path(self.folder.path, HOME, "lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.open("ab")
        except OSError as error:
            raise StorageError(
                f"{self.folder} cannot be written: {error.strerror or error}. "
                "Name a folder that you may write to."
            ) from error
        with lock:
            try:
                # Gone with the process, however that ends.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StorageError(
                    f"another job writes to {self.folder} now. Wait for it, or name another output."
                ) from error
            yield


def _is_other(file: File, entry: Entry) -> bool:
    """Whether an input holds something else than what was read."""
    return file.size != entry.size or hash_of(_shard_of(file, entry)) != entry.sha256


def _record(job: Job) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "model": job.model.model,
        "base": job.model.base,
        "settings": job.settings,
        "inputs": [list(file) for file in job.inputs],
        "columns": job.columns,
    }


def _difference(before: Job, now: Job) -> str | None:
    """What is not as it was, for people."""
    if before.model.model != now.model.model:
        return "what is in it was tagged with another model"
    if before.model.base != now.model.base:
        return "what is in it was tagged with another knowledge base, or before it was changed"
    for name, value in now.settings.items():
        if before.settings.get(name) != value:
            return (
                f"what is in it was tagged with {name}={before.settings.get(name)!r}, not {value!r}"
            )
    return None


def _shard_of(file: File, entry: Entry) -> Shard:
    return Shard(number=0, file=file, kind=entry.kind, start=entry.start, end=entry.end)  # type: ignore[arg-type]
