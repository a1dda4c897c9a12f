"""A bulk job from its inputs to its summary."""

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from nerlink.bulk.local import refuse_in_worker, run_here, run_local
from nerlink.bulk.manifest import Entry, Job, Manifest
from nerlink.bulk.models import check_tasks, key_of
from nerlink.bulk.options import BulkOptions, check_bulk_options
from nerlink.bulk.places import File, files_at
from nerlink.bulk.progress import Progress
from nerlink.bulk.sampling import schema_of
from nerlink.bulk.shards import Shard, shards_of
from nerlink.bulk.tagging import ShardReport, Work
from nerlink.errors import DataError, NerlinkError, StorageError
from nerlink.sources import format_of, results_of
from nerlink.sources.check import check_options

__all__ = ["Summary", "outputs_of", "status_of", "tag_files"]

Inputs = str | Path | Iterable[str | Path]
N_NAMED: Final = 20
"""Failed shards that a summary names."""


class _Engine(Protocol):
    """What hands shards out to processes."""

    def __call__(
        self, shards: Iterator[Shard], work: Work, tick: Callable[[int], None]
    ) -> Iterator[ShardReport]:
        """Reports on shards, in whichever order they end, no more of them begun than workers."""


def _run_on_ray(
    shards: Iterator[Shard], work: Work, tick: Callable[[int], None]
) -> Iterator[ShardReport]:
    from nerlink.bulk.cluster import run_on_ray

    return run_on_ray(shards, work, tick)


ENGINES: Final[Mapping[str, _Engine]] = {"local": run_local, "ray": _run_on_ray}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a job did.

    Args:
        output: The folder it wrote to.
        shards: Of all inputs.
        skipped: Shards that were done before.
        done: Shards that were tagged now.
        failed: Shards that were not, each with the reason; the first 20.
        n_failed: How many there are.
        documents: In all shards that are done, also before, with those that failed.
        mentions: In all shards that are done.
        errors: Documents that failed.
        lost: What the output cannot hold: kind, such as `sentences`, to how often.
        seconds: That the job took.
        documents_per_second: Of what was tagged now.
    """

    output: str
    shards: int
    skipped: int
    done: int
    failed: Mapping[str, str]
    n_failed: int
    documents: int
    mentions: int
    errors: int
    lost: Mapping[str, int]
    seconds: float
    documents_per_second: float


def tag_files(
    model: str | Path,
    inputs: Inputs,
    output: str | Path,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Summary:
    """Tag the documents of many files, on all cores or machines; what is done stays done.

        tag_files("my-model", "news/*.jsonl.gz", "tagged", to="parquet")

    Called again after whatever came between, it tags what is left. In a script, call it under
    `if __name__ == "__main__":`, since worker processes import the script.

    Args:
        model: A folder, or owner/name on the Hugging Face hub.
        inputs: Files, folders or patterns; paths, or addresses that fsspec opens.
        output: A folder of its own; a path or an address.
        on_progress: Called whenever something has happened.
        **options: The fields of `BulkOptions`.

    Raises:
        DataError: An input is not there, or an option is not known.
        StorageError: The output is of another job or cannot be written, or the model is damaged
            or changes meanwhile.
        ConfigError: The options ask for more than there is.
        NerlinkError: More than `max_errors` documents failed.
    """
    refuse_in_worker()
    check_options(BulkOptions, options, what="tag_files")
    chosen = BulkOptions(**options)
    check_bulk_options(chosen)
    files = _files(inputs, output, chosen)
    name = str(Path(model).resolve()) if Path(model).is_dir() else str(model)
    check_tasks(name, link_only=chosen.link_only)
    settings = json.loads(json.dumps(chosen.settings(), default=str))
    manifest = Manifest(output)
    manifest.refuse_foreign()
    with manifest.locked():
        asked = Job(
            model=key_of(name), settings=settings, inputs=files, columns=_columns(files, chosen)
        )
        job = manifest.begin(asked, force=chosen.force)
        work = Work(
            model=name,
            key=job.model,
            output=str(manifest.folder),
            job=job.name,
            options=chosen,
            columns=base64.b64decode(job.columns),
        )
        try:
            return _Run(manifest, job, work, on_progress or (lambda _: None))(files)
        finally:
            manifest.clean()


def _files(inputs: Inputs, output: str | Path, options: BulkOptions) -> tuple[File, ...]:
    """The files that inputs name, each once, without those that the job itself writes."""
    places = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    if not places:
        raise DataError("there is no input. Name files, folders or patterns.")
    home = f"{Manifest(output).folder}/"
    found = (file for place in places for file in files_at(place, every=bool(options.format)))
    files = {file.path: file for file in found if not file.path.startswith(home)}
    if not files:
        raise DataError(f"all inputs lie in the output {output}. Name an output of its own.")
    formats = {options.format or format_of(path): path for path in files}
    for form, path in formats.items():
        results_of(path, format=form, **options.read)  # nothing is read; options are checked
    return tuple(files.values())


def _columns(files: Sequence[File], options: BulkOptions) -> str:
    """The columns of tables, for the manifest; nothing for other outputs."""
    if options.to != "parquet":
        return ""
    schema = schema_of(files, options, shards_of)
    return base64.b64encode(schema.serialize().to_pybytes()).decode()


def _with_entries(
    manifest: Manifest, job: Job, shards: Iterator[Shard]
) -> Iterator[tuple[Shard, Entry | None]]:
    """Shards with their entries, where they are done and their files are still there."""
    sizes = manifest.folder.sizes()
    while part := list(islice(shards, 256)):
        found = dict(manifest.entries(shard.name for shard in part))
        for shard in part:
            entry = found.get(shard.name)
            is_done = (
                entry
                and entry.job == job.name
                and sizes.get(entry.output) == entry.bytes
                and (entry.input, entry.start, entry.end)
                == (shard.file.path, shard.start, shard.end)
            )
            yield shard, entry if is_done else None


class _Run:
    """One call of `tag_files`, once the output is ready."""

    def __init__(
        self, manifest: Manifest, job: Job, work: Work, on_progress: Callable[[Progress], None]
    ) -> None:
        self.manifest = manifest
        self.job = job
        self.work = work
        self.on_progress = on_progress
        self.progress = Progress()
        self.failed: dict[str, str] = {}

    def __call__(self, files: Sequence[File]) -> Summary:
        start = time.monotonic()
        numbers = {file.path: number for number, file in enumerate(self.job.inputs)}
        wanted = sorted(numbers[file.path] for file in files)
        # The shards are made anew each time they are asked for: a list of them could be long.
        every = (shard for number in wanted for shard in self._shards(number))
        for shard, entry in self._known(every):
            self.progress.count(shard, entry)
        every = (shard for number in wanted for shard in self._shards(number))
        left = (shard for shard, entry in self._known(every) if entry is None)
        self.progress.begin()
        engine = run_here if self.work.options.workers == 0 else ENGINES[self.work.options.engine]
        reports = engine(left, self.work, self._tick)
        try:
            for report in reports:
                self._take(report)
        finally:
            if hasattr(reports, "close"):
                reports.close()  # ends the workers
        return self._summary(time.monotonic() - start)

    def _shards(self, number: int) -> Iterator[Shard]:
        return shards_of(number, self.job.inputs[number], self.work.options)

    def _known(self, shards: Iterator[Shard]) -> Iterator[tuple[Shard, Entry | None]]:
        return _with_entries(self.manifest, self.job, shards)

    def _tick(self, n_documents: int) -> None:
        self.progress.n_under_way = n_documents
        self.on_progress(self.progress)

    def _take(self, report: ShardReport) -> None:
        if report.verdict == "stop":
            raise NerlinkError(report.error)
        if report.error is None and not self.manifest.has(report.shard.name):
            raise StorageError(
                f"{self.manifest.folder} does not have what a worker wrote there: the workers do "
                "not share it. Name a folder or an address that all of them reach."
            )
        if report.error is not None and len(self.failed) < N_NAMED:
            self.failed[report.shard.name] = report.error
        self.progress.add(report)
        self.on_progress(self.progress)
        limit, n_errors = self.work.options.max_errors, self.progress.n_errors_now
        if limit is not None and n_errors > limit:
            raise NerlinkError(
                f"{n_errors} documents failed, more than {limit}: the job is "
                "stopped. What is done stays done; the column 'error' says why."
            )

    def _summary(self, seconds: float) -> Summary:
        progress = self.progress
        return Summary(
            output=str(self.manifest.folder),
            shards=progress.n_shards,
            skipped=progress.n_skipped,
            done=progress.n_done,
            failed=self.failed,
            n_failed=progress.n_failed,
            documents=progress.n_documents + progress.n_documents_before,
            mentions=progress.n_mentions,
            errors=progress.n_errors,
            lost=dict(progress.lost),
            seconds=round(seconds, 3),
            documents_per_second=round(progress.documents_per_second, 2),
        )


def status_of(output: str | Path) -> dict[str, Any]:
    """How far a job has come, from its output alone, while it runs or later.

    Raises:
        DataError: The output is of no job.
    """
    manifest = Manifest(output)
    if (job := manifest.job()) is None:
        raise _no_output(output)
    options = replace(BulkOptions(), **job.settings)
    shards = (
        shard
        for number, file in enumerate(job.inputs)
        for shard in shards_of(number, file, options)
    )
    progress = Progress()
    for shard, entry in _with_entries(manifest, job, shards):
        progress.count(shard, entry)
    return {
        "output": str(manifest.folder),
        "model": job.model.model,
        "base": job.model.base,
        "inputs": len(job.inputs),
        "shards": progress.n_shards,
        "done": progress.n_skipped,
        "documents": progress.n_documents_before,
        "mentions": progress.n_mentions,
        "errors": progress.n_errors,
        "left": progress.n_shards - progress.n_skipped,
    }


def _no_output(output: str | Path) -> DataError:
    return DataError(f"{output} is no output of a bulk job. Name the folder of --output.")


def outputs_of(output: str | Path) -> Iterator[str]:
    """The files of an output that count, in the order of the inputs.

    Raises:
        DataError: The output is of no job.
    """
    manifest = Manifest(output)
    if manifest.job() is None:
        raise _no_output(output)
    return (manifest.folder.place(entry.output) for _, entry in manifest.entries())
