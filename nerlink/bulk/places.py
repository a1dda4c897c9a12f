"""Where bulk jobs read and write: this machine's folders, and whatever fsspec opens.

An output appears under its name whole or not at all. On this machine a file is written under
another name, flushed to the disk and renamed; an object store gets it in one upload.
"""

import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import has_magic
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, NamedTuple, TypeVar, cast

from nerlink.errors import DataError, StorageError
from nerlink.sources import format_of

__all__ = ["JOB", "File", "Folder", "files_at", "is_local", "look_at", "open_place", "resolve"]

T = TypeVar("T")
PARTIAL: Final = ".partial"
JOB: Final = "_nerlink/job.json"
"""The file that tells a folder which a job has written to."""

log = logging.getLogger(__name__)


class File(NamedTuple):
    """A file that can be read.

    Args:
        path: An absolute path or an address such as `s3://bucket/news.jsonl`.
        size: Bytes.
        time: When it was last changed, as its file system says it.
    """

    path: str
    size: int
    time: str


def resolve(place: str | Path) -> tuple[Any, str]:
    """The file system of fsspec that has a path or an address, and the path in it.

    Raises:
        DataError: Nothing opens such addresses.
    """
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    if "://" not in str(place):  # fsspec takes `::` in the name of a file for a chain of addresses
        return LocalFileSystem(), str(Path(place).absolute())
    try:
        return cast(tuple[Any, str], url_to_fs(str(place)))
    except (ImportError, ValueError) as error:
        raise DataError(f"{place} cannot be opened: {error}.") from error


def is_local(system: Any) -> bool:
    """Whether a file system is that of this machine."""
    return "file" in (system.protocol if isinstance(system.protocol, tuple) else ())


def files_at(place: str | Path, *, every: bool = False) -> list[File]:
    """The files of a path, a folder or a pattern such as `news/*.jsonl.gz`, in order of names.

    Files that belong to others, and are read with these, are left out: the annotations beside a
    text and the configuration of brat, the type system beside UIMA CAS XMI.

    Args:
        place: A path or an address.
        every: Take all files of a folder, not only those whose ending tells a format.

    Raises:
        DataError: There is no such file.
    """
    system, path = resolve(place)
    try:
        if system.isdir(path):
            found = _inside(system, path)
            names = [name for name in found if _is_wanted(name, path, every)]
            names = _without_companions(_without_outputs(names, found, path))
        elif system.exists(path):
            found, names = {path: system.info(path)}, [path]
        else:
            found = system.glob(path, detail=True)
            names = [name for name, info in found.items() if info["type"] == "file"]
            names = _without_companions(names)
    except OSError as error:
        raise DataError(f"{place} cannot be read: {error.strerror or error}.") from error
    if not names:
        raise DataError(f"{place}: there is no file of documents. Check the path or the pattern.")
    return [_file(system, name, found[name]) for name in sorted(names)]


def _inside(system: Any, folder: str) -> dict[str, dict[str, Any]]:
    """All files of a folder and of those in it, by path; on this machine, links are followed."""
    if not is_local(system):
        return cast(dict[str, dict[str, Any]], system.find(folder, detail=True))
    found: dict[str, dict[str, Any]] = {}
    seen = {os.path.realpath(folder)}
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if os.path.realpath(f"{place}/{name}") not in seen]
        seen |= {os.path.realpath(f"{place}/{name}") for name in folders}  # links may form a circle
        for path in (f"{place}/{name}" for name in names):
            # A link to nothing fails when it is its turn, and costs no other.
            found[path] = system.info(path) if Path(path).exists() else {"size": 0}
    return found


def _without_outputs(names: list[str], found: Iterable[str], folder: str) -> list[str]:
    """Names without those that bulk jobs have written to folders in the folder."""
    homes = (name.removesuffix(JOB) for name in found if name.endswith(f"/{JOB}"))
    outputs = tuple(home for home in homes if home.rstrip("/") != folder.rstrip("/"))
    left = [name for name in names if not outputs or not name.startswith(outputs)]
    if n_left_out := len(names) - len(left):
        log.warning(
            "%s: %d files that bulk jobs wrote to %s are left out. Name them to read them.",
            folder,
            n_left_out,
            ", ".join(sorted(outputs)),
        )
    return left


def _without_companions(names: Sequence[str]) -> list[str]:
    """Names without those of files that a reader opens beside others."""
    stems = {PurePosixPath(name).with_suffix("") for name in names if name.endswith(".txt")}
    of_brat = {PurePosixPath(name).parent for name in names if name.endswith(".ann")}
    of_xmi = {PurePosixPath(name).parent for name in names if name.endswith((".xmi", ".xmi.gz"))}

    def is_companion(path: PurePosixPath) -> bool:
        return (
            (path.suffix == ".ann" and path.with_suffix("") in stems)
            or (path.name in _OF_BRAT and path.parent in of_brat)
            or (path.name == _OF_XMI and path.parent in of_xmi)
        )

    return [name for name in names if not is_companion(PurePosixPath(name))]


_OF_BRAT: Final = frozenset(
    {"annotation.conf", "visual.conf", "tools.conf", "kb_shortcuts.conf", "acl.conf"}
)
_OF_XMI: Final = "TypeSystem.xml"


def look_at(place: str) -> File:
    """A file as it is now.

    Raises:
        OSError: It is gone, or cannot be reached.
    """
    system, path = resolve(place)
    system.invalidate_cache()  # some remember what they have listed
    return _file(system, path, system.info(path))


def _file(system: Any, path: str, info: dict[str, Any]) -> File:
    times = ("mtime", "LastModified", "last_modified", "updated", "created", "ETag")
    time = next((info[key] for key in times if info.get(key)), "")
    if hasattr(time, "timestamp"):  # some say it as one thing in a listing, as another alone
        time = time.timestamp()
    shown = path if is_local(system) else system.unstrip_protocol(path)
    return File(shown, int(info["size"] or 0), str(time))


def _is_wanted(path: str, folder: str, every: bool) -> bool:
    inside = PurePosixPath(path.removeprefix(folder).lstrip("/"))
    if any(part.startswith((".", "_")) for part in inside.parts):
        return False
    try:
        return every or bool(format_of(path))
    except DataError:
        return False


@contextmanager
def open_place(place: str) -> Iterator[BinaryIO]:
    """A file to read, as its bytes are.

    Raises:
        OSError: It is gone, or cannot be read.
    """
    system, path = resolve(place)
    with Path(path).open("rb") if is_local(system) else system.open(path, "rb") as handle:
        yield handle


class Folder:
    """The folder that a job writes to.

    Args:
        place: A path or an address.
    """

    def __init__(self, place: str | Path) -> None:
        self.system, self.path = resolve(place)
        self.is_local = is_local(self.system)

    def __str__(self) -> str:
        return self.path if self.is_local else str(self.system.unstrip_protocol(self.path))

    def place(self, name: str) -> str:
        """The path or address of a file in the folder."""
        return f"{self}/{name}"

    def sizes(self, under: str = "") -> dict[str, int]:
        """The files of the folder, or of one in it, by name, with their bytes."""
        folder = f"{self.path}/{under}".rstrip("/")
        self.system.invalidate_cache()  # other processes write to it too
        if not self.system.isdir(folder):
            return {}
        found = self.system.ls(folder, detail=True)
        files = (info for info in found if info["type"] == "file")
        return {PurePosixPath(info["name"]).name: int(info["size"] or 0) for info in files}

    def read(self, names: Iterable[str]) -> dict[str, bytes]:
        """What some files hold; those that are not there are left out."""
        paths = {name: f"{self.path}/{name}" for name in names}
        if self.is_local:
            files = {name: Path(path) for name, path in paths.items()}
            return {name: file.read_bytes() for name, file in files.items() if file.is_file()}
        if has_magic(self.path):  # which `cat` would take for a pattern
            found = {path: self._content(path) for path in paths.values()}
        else:
            # One call for many files: an object store is asked for them all at once.
            found = self.system.cat(list(paths.values()), on_error="omit") if paths else {}
        contents = ((name, found.get(path)) for name, path in paths.items())
        return {name: content for name, content in contents if content is not None}

    def _content(self, path: str) -> bytes | None:
        with suppress(FileNotFoundError):
            return bytes(self.system.cat_file(path))
        return None

    def publish(self, name: str, write: Callable[[BinaryIO], T]) -> T:
        """Write a file that appears whole and on the disk, or not at all; what `write` returns.

        Args:
            name: Of the file.
            write: Called with a file to write to.

        Raises:
            StorageError: It cannot be written, such as on a full disk.
        """
        with self._scratch(name) as (scratch, target):
            with scratch.open("xb") as handle:
                result = write(handle)
                handle.flush()
                os.fsync(handle.fileno())
            if target:
                scratch.replace(target)
                _sync_folder(target.parent)
            else:
                self.system.put_file(str(scratch), f"{self.path}/{name}")
        return result

    @contextmanager
    def _scratch(self, name: str) -> Iterator[tuple[Path, Path | None]]:
        """Where to write first, and the name to give it if it is a folder of this machine."""
        target = Path(self.path, name) if self.is_local else None
        try:
            if target:
                target.parent.mkdir(parents=True, exist_ok=True)
            folder = target.parent if target else Path(tempfile.gettempdir())
            token = secrets.token_hex(4)
            scratch = folder / f".{PurePosixPath(name).name}.{token}{PARTIAL}"
            try:
                yield scratch, target
            finally:
                scratch.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"{self.place(name)} cannot be written: {error.strerror or error}. "
                "Make room, or name a folder that you may write to; what is done stays done."
            ) from error

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            self.system.rm_file(f"{self.path}/{name}")

    def clean(self, under: str = "") -> None:
        """Remove what writers that were killed have left."""
        if self.is_local:
            for path in Path(self.path, under).glob(f".*{PARTIAL}"):
                path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the new name last, where a folder can be opened: a crash may undo it otherwise."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
