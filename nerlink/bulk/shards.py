"""Shards: inputs cut into parts that are tagged, written and tried again each by itself."""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, Literal, NamedTuple

from nerlink.bulk.options import BulkOptions
from nerlink.bulk.places import File, is_local, open_place, resolve
from nerlink.errors import DataError
from nerlink.sources import format_of

__all__ = ["Part", "Shard", "hash_of", "local_part", "shards_of"]

BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A part of an input.

    Args:
        number: Of the input in its job.
        file: The input.
        part: Of the input, counted from 0.
        kind: What `start` and `end` count: bytes of a `whole` file, bytes of `lines` (those that
            begin there), or `groups` of rows of Parquet.
        start: The first.
        end: One past the last.
        n_parts: Into which the input was cut.
        problem: Why the input cannot be cut, if it cannot: then it cannot be tagged either.
    """

    number: int
    file: File
    part: int = 0
    kind: Literal["whole", "lines", "groups"] = "whole"
    start: int = 0
    end: int
    n_parts: int = 1
    problem: str | None = None

    @property
    def name(self) -> str:
        """Sorted by name, shards are in the order of the inputs and of their parts."""
        stem = PurePosixPath(self.file.path).name.split(".")[0]
        plain = re.sub(r"[^\w-]", "_", stem)[:60]
        return f"{self.number:06d}-{plain}-{self.part:06d}"

    @property
    def where(self) -> str:
        """What messages call it."""
        if self.kind == "whole":
            return self.file.path
        what = "bytes" if self.kind == "lines" else "row groups"
        return f"{self.file.path} ({what} {self.start}-{self.end})"

    @property
    def n_bytes(self) -> int:
        """About how large it is."""
        return self.end - self.start if self.kind == "lines" else self.file.size // self.n_parts


def shards_of(number: int, file: File, options: BulkOptions) -> Iterator[Shard]:
    """The shards of an input, in order.

    JSON lines and texts with a document a line are cut at line ends, Parquet between its groups of
    rows. Packed files cannot be entered in the middle, and a line end in CSV may stand inside a
    quoted cell: such files are a shard each, however large.

    An input that cannot be opened is a shard too, which fails when it is its turn.

    Raises:
        DataError: The ending of the input tells no format.
    """
    form = options.format or format_of(file.path)
    whole = Shard(number=number, file=file, end=file.size)
    if file.size <= options.shard_size or file.path.lower().endswith(".gz"):
        yield whole
        return
    try:
        cut: Sequence[Shard] = _CUTS[form](whole, options) if form in _CUTS else ()
    except (DataError, OSError) as error:
        # Taken whole by mistake, it would be there beside its parts of an earlier run.
        reason = getattr(error, "strerror", None) or str(error)
        cut = (replace(whole, problem=f"{file.path} cannot be read: {reason}"),)
    yield from cut or (whole,)


def _cut_lines(whole: Shard, options: BulkOptions) -> Sequence[Shard]:
    """Parts of about as many bytes; none where line ends are more than a byte, as in UTF-16."""
    encoding = str(options.read.get("encoding", "utf-8")).lower().replace("_", "-")
    if encoding.startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return ()
    with open_place(whole.file.path) as handle:
        if handle.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return ()
    starts = range(0, whole.end, options.shard_size)
    ends = [*starts[1:], whole.end]
    return [
        replace(whole, part=part, kind="lines", start=start, end=end)
        for part, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _cut_texts(whole: Shard, options: BulkOptions) -> Sequence[Shard]:
    return _cut_lines(whole, options) if options.read.get("lines") else ()


def _cut_groups(whole: Shard, options: BulkOptions) -> Sequence[Shard]:
    """Groups of rows together, until they are large enough."""
    if options.read.get("shape", "document") != "document":
        return ()
    with open_place(whole.file.path) as handle:
        footer = _parquet(handle, whole.file.path).metadata
    columns = set(footer.schema.to_arrow_schema().names)
    if "mentions" not in columns and {"start", "token", "doc_id"} & columns:
        return ()  # rows of mentions or tokens: those of a document may lie in several groups
    ends, n_bytes = [0], 0
    for group in range(footer.num_row_groups):
        n_bytes += footer.row_group(group).total_byte_size
        if n_bytes >= options.shard_size or group + 1 == footer.num_row_groups:
            ends.append(group + 1)
            n_bytes = 0
    return [
        replace(whole, part=part, kind="groups", start=start, end=end, n_parts=len(ends) - 1)
        for part, (start, end) in enumerate(pairwise(ends))
    ]


_CUTS: Final[Mapping[str, Callable[[Shard, BulkOptions], Sequence[Shard]]]] = {
    "jsonl": _cut_lines,
    "text": _cut_texts,
    "parquet": _cut_groups,
}
"""How inputs of a format are cut; those of other formats are a shard each."""


def _parquet(handle: BinaryIO, where: str) -> Any:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(handle)
    except (ArrowException, OSError) as error:
        raise DataError(
            f"{where} is not a Parquet file: {error}. Name the format it has, or copy it again."
        ) from error


class Part(NamedTuple):
    """A shard as a file of this machine.

    Args:
        path: The file, with the name of the input.
        sha256: Of what was read.
    """

    path: Path
    sha256: str


@contextmanager
def local_part(shard: Shard) -> Iterator[Part]:
    """A shard as a file that readers can open; a copy, where it is no whole file of this machine.

    Raises:
        OSError: The input is gone, or cannot be read.
        DataError: It is no Parquet file.
    """
    system, path = resolve(shard.file.path)
    if shard.kind == "whole" and is_local(system):
        yield Part(Path(path), hash_of(shard))
        return
    with tempfile.TemporaryDirectory(prefix="nerlink-bulk-") as folder:
        copy = Path(folder, PurePosixPath(path).name)
        with copy.open("wb") as target:
            if shard.kind != "groups":
                sha256 = hash_of(shard, target)
        if shard.kind == "groups":
            _copy_groups(shard, copy)
            sha256 = hash_of(shard)
        beside = path.removesuffix(".txt") + ".ann"  # brat's annotations of a text
        if shard.kind == "whole" and path.endswith(".txt") and system.exists(beside):
            system.get_file(beside, str(copy.with_suffix(".ann")))
        yield Part(copy, sha256)


def hash_of(shard: Shard, target: BinaryIO | None = None) -> str:
    """The SHA-256 of the bytes of a shard, which may be copied on the way.

    Raises:
        OSError: The input is gone, or cannot be read.
    """
    digest = hashlib.sha256()
    with open_place(shard.file.path) as handle:
        for block in _BYTES[shard.kind](handle, shard):
            digest.update(block)
            if target:
                target.write(block)
    return digest.hexdigest()


def _blocks(handle: BinaryIO, n_bytes: int) -> Iterator[bytes]:
    while n_bytes > 0 and (block := handle.read(min(BLOCK, n_bytes))):
        n_bytes -= len(block)
        yield block


def _whole(handle: BinaryIO, _: Shard) -> Iterator[bytes]:
    while block := handle.read(BLOCK):
        yield block


def _lines(handle: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """The lines that begin in a range of bytes; the last may end behind it."""
    begin = shard.start
    if begin:
        handle.seek(begin - 1)
        begin += len(handle.readline()) - 1  # the rest of a line of the shard before, or its end
    last = b"\n"
    for block in _blocks(handle, shard.end - begin):
        yield block
        last = block[-1:]
    if last != b"\n":
        yield handle.readline()


def _row_groups(handle: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """The bytes of columns in some groups of rows."""
    footer = _parquet(handle, shard.where).metadata
    for group in range(shard.start, shard.end):
        for number in range(footer.num_columns):
            column = footer.row_group(group).column(number)
            offsets = (column.dictionary_page_offset, column.data_page_offset)
            handle.seek(min(offset for offset in offsets if offset))
            yield from _blocks(handle, column.total_compressed_size)


_BYTES: Final = {"whole": _whole, "lines": _lines, "groups": _row_groups}


def _copy_groups(shard: Shard, copy: Path) -> None:
    from pyarrow.parquet import ParquetWriter

    with open_place(shard.file.path) as handle:
        source = _parquet(handle, shard.where)
        with ParquetWriter(copy, source.schema_arrow) as writer:
            for group in range(shard.start, shard.end):
                writer.write_table(source.read_row_group(group))
