"""What a bulk job can be told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from nerlink.errors import ConfigError

__all__ = ["BulkOptions", "check_bulk_options"]

SETTINGS: Final = (
    "format",
    "read",
    "to",
    "shape",
    "link_only",
    "threshold",
    "top_k",
    "precision",
    "shard_size",
)


@dataclass(frozen=True, kw_only=True)
class BulkOptions:
    """What a bulk job can be told.

    Args:
        format: Of the inputs; by default, the ending of each decides.
        read: Options of the reader, such as `{"columns": {"text": "body"}}`.
        to: What is written: JSON lines (`jsonl`) or `parquet`.
        shape: What a row of it is: a `document` or a `mention`.
        link_only: Link the mentions that the documents have, and find no new ones.
        threshold: As in `Pipeline.load`.
        top_k: As in `Pipeline.load`.
        precision: As in `Pipeline.load`.
        shard_size: Bytes after which an input is cut, if it is JSON lines, Parquet, or text with
            a document a line, and not packed.
        engine: `local` or `ray`.
        workers: Processes; 0 tags in this process, `auto` takes one a core or a GPU, or all that
            a Ray cluster has.
        threads: Of each worker; by default, the cores are shared out.
        device: As in `Pipeline.load`; with `auto` or `cuda` each worker has a GPU of its own.
        retries: How often a shard is tried again whose worker died or whose input did not answer.
        max_errors: Documents that may fail before the job is stopped.
        force: Throw away what another model, another base or other options wrote to the output,
            and what was made of inputs that have changed.
        address: Of a Ray cluster; by default one is started on this machine.
        num_cpus: Cores that a Ray task takes; by default as many as it has threads.
        num_gpus: GPUs that a Ray task takes; may be a fraction.
    """

    format: str | None = None
    read: Mapping[str, Any] = field(default_factory=dict)
    to: Literal["jsonl", "parquet"] = "jsonl"
    shape: Literal["document", "mention"] = "document"
    link_only: bool = False
    threshold: float | None = None
    top_k: int | None = None
    precision: str = "auto"
    shard_size: int = 64_000_000
    engine: Literal["local", "ray"] = "local"
    workers: int | Literal["auto"] = "auto"
    threads: int | None = None
    device: str = "auto"
    retries: int = 2
    max_errors: int | None = None
    force: bool = False
    address: str | None = None
    num_cpus: float | None = None
    num_gpus: float = 0

    def settings(self) -> dict[str, Any]:
        """The options that change what is written."""
        return {name: value for name, value in asdict(self).items() if name in SETTINGS}


def check_bulk_options(options: BulkOptions) -> None:
    """Refuse numbers that make no sense, and options that would change nothing.

    Raises:
        ConfigError: With the name and the value.
    """
    lowest = {"shard_size": 1, "workers": 0, "threads": 1, "retries": 0, "max_errors": 0}
    lowest |= {"num_cpus": 0, "num_gpus": 0}
    for name, least in lowest.items():
        value = getattr(options, name)
        if isinstance(value, int | float) and value < least:
            raise ConfigError(f"{name} is {value}; it must be at least {least}.")
    if options.engine == "ray" and options.workers == 0:
        raise ConfigError("workers=0 tags in this process, without engine='ray'. Leave one out.")
    if options.workers == 0 and options.threads:
        raise ConfigError(
            "workers=0 tags in this process, whose threads are torch's. Set OMP_NUM_THREADS, or "
            "take workers=1."
        )
    for name in ("address", "num_cpus", "num_gpus"):
        if options.engine == "local" and getattr(options, name):
            raise ConfigError(f"{name} is for engine='ray', and the engine is 'local'.")
