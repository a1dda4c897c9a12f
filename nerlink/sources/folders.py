"""Folders and patterns of files to read, and new folders to write."""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nerlink.errors import DataError
from nerlink.files import STANDARD
from nerlink.sources.losses import Losses

__all__ = ["file_name", "files_at", "folder_of_one_format", "new_folder"]


def files_at(path: str | Path) -> list[Path]:
    """The files of a folder, with those of the folders in it, or of a pattern such as `*.json`.

    Hidden ones, whose names begin with a full stop, do not count. A path of neither is given back.
    """
    whole = Path(path)
    if str(path) == STANDARD or "\0" in str(path) or whole.is_file():
        return [whole]
    if whole.is_dir():
        found = _visible(whole.rglob("*"), whole)
    elif any(mark in str(path) for mark in "*?["):
        root = Path(whole.anchor)
        found = _visible(root.glob(str(whole.relative_to(root))), root)
    else:
        return [whole]
    if not found:
        kind = "folder has no file" if whole.is_dir() else "pattern fits no file"
        raise DataError(f"{path}: the {kind}. Paths are relative to {Path.cwd()}.")
    return found


def _visible(paths: Iterator[Path], root: Path) -> list[Path]:
    return sorted(
        path
        for path in paths
        if path.is_file()
        and not any(p.startswith(".") and p != ".." for p in path.relative_to(root).parts)
    )


def folder_of_one_format(
    path: str | Path,
    files: Collection[Path],
    *,
    endings: Collection[str] | None,
    format_of: Callable[[Path], str | None],
) -> tuple[list[Path], str | None]:
    """Those of some files that are documents, and the format that their endings tell.

    Args:
        path: What was asked for.
        files: The files there.
        endings: Endings of the wanted format; `None` where any format will do.
        format_of: The format that an ending tells, or `None`.

    Returns:
        The files; and the format, `None` where it was given.

    Raises:
        DataError: None has such an ending, or they tell several formats.
    """
    if endings is not None:
        kept = [file for file in files if _ending(file) in endings]
        if kept:
            return kept, None
        raise DataError(f"{path}: no file there ends in {' or '.join(sorted(endings))}.")
    formats = {file: name for file in files if (name := format_of(file))}
    counts = Counter(formats.values())
    if len(counts) == 1:
        return list(formats), next(iter(counts))
    if not counts:
        raise DataError(
            f"{path}: no file there has an ending that tells a format; name the format."
        )
    said = ", ".join(f"{name} ({n:,})" for name, n in counts.most_common())
    raise DataError(f"{path}: there are files of several formats: {said}. Name the one to read.")


def _ending(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """A folder to write to, which gets its name only when all went well.

    Raises:
        DataError: There is a file of that name or a folder with something in it, or it cannot be
            written.
    """
    target = Path(path)
    if str(path) == STANDARD:
        raise DataError("this format is a folder of files; name a new folder with --output.")
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise DataError(f"{path} is there already, and is not empty. Name a new folder.")
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{target.name[:60]}.", dir=target.parent))
    except OSError as error:
        raise DataError(
            f"{path} cannot be written: {error.strerror or error}. Name a folder in one of yours."
        ) from error
    try:
        yield made
        made.chmod(0o755)  # `mkdtemp` gives it to its owner alone
        if target.is_dir():
            target.rmdir()
        made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


_LONGEST_NAME: Final = 60
"""Characters of a name, at most four bytes each, that are sure to fit a file's."""


def file_name(doc_id: str | None, number: int, taken: set[str], losses: Losses) -> str:
    """A name for the files of a document: its id, if files can be called so everywhere.

    Args:
        doc_id: The id; one that cannot be a name is counted.
        number: The number of the document, which names it else.
        taken: The names of files before, in small letters; this one is added.
        losses: The counts.
    """
    name = doc_id or ""
    parts = name.split("/")
    is_fit = (
        re.fullmatch(r"[\w.,+@=()/ -]+", name) is not None
        and all(part.strip(" .") == part and part for part in parts)
        and all(len(part) <= _LONGEST_NAME for part in parts)
        and not name.lower().endswith((".txt", ".ann", ".xmi", ".gz"))
        and name.lower() not in taken
    )
    if not is_fit:
        losses.add("ids that are no names of files", doc_id is not None)
        name = f"document-{number}"
        while name in taken:
            name += "-"
    taken.add(name.lower())
    return name
