"""New files in a model's folder, all of them or none, however a save ends.

`.partial-*`  the new files while they are written; a rest of a save that was cut off
`.ready`      the new files, complete: this one rename decides that the new model is the model

From then on the files are moved to their places, the manifest last. Whoever finds `.ready`, be it
the save itself, a later one, or somebody who loads the model, moves what is left.
"""

import os
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from safetensors import SafetensorError

from nerlink.errors import ConfigError, StorageError
from nerlink.kb.store.connections import remove_base
from nerlink.models.storage.contents import BASE, MANIFEST, MODEL_CARD, TOP
from nerlink.toml import read_json

__all__ = ["finish", "is_unfinished", "locked", "replacing", "writing"]

PARTIAL: Final = ".partial"
READY: Final = ".ready"


class _Told(BaseModel):
    """What the manifest says of the files of the new model."""

    files: dict[str, str]
    tasks: tuple[str, ...]


@contextmanager
def locked(folder: Path, *, waits: bool = True) -> Iterator[bool]:
    """The lock of a folder, which goes with the process, however that ends.

    Yields whether the lock was to be had; where there are no locks, it always is.

    Args:
        folder: The folder.
        waits: Wait for the lock, where another has it.
    """
    if sys.platform == "win32":
        yield True
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        except OSError:  # a file system without locks
            pass
        yield True
    finally:
        os.close(handle)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Says of what cannot be written where that was, and what to do.

    Raises:
        StorageError: The disk is full, or the folder may not be written to.
    """
    try:
        yield
    except (OSError, SafetensorError, sqlite3.Error) as error:
        place = getattr(error, "filename", None) or path
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise StorageError(
            f"{place} cannot be written: {reason}. Make room, or name a folder where you may write."
        ) from error


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder for new files of a model; together they take the place of the old ones.

    The new manifest must be among them. Files that it has and that are not among them stay.

    Args:
        folder: The folder of the model, made if it is not there.

    Raises:
        StorageError: The disk is full, or the folder may not be written to.
    """
    partial = folder / f"{PARTIAL}-{secrets.token_hex(4)}"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        finish(folder)
        _remove_rests(folder)
        partial.mkdir()
    try:
        with locked(partial):
            yield partial
            with writing(folder):
                _sync(partial)
                with locked(folder):
                    _move_all(folder)
                    partial.rename(folder / READY)
                    _move_all(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def is_unfinished(folder: Path) -> bool:
    """Whether new files of a model are complete, but not all in their places."""
    ready = folder / READY
    return not ready.is_symlink() and (ready / MANIFEST).is_file()


def finish(folder: Path) -> None:
    """Move the files of a save that was cut off to their places, if there is one.

    Raises:
        StorageError: They cannot be moved, or are no model's.
    """
    if is_unfinished(folder):
        with writing(folder), locked(folder):
            _move_all(folder)


def _move_all(folder: Path) -> None:
    """Move what is left of new files to their places; again after a kill, it ends the same."""
    ready = folder / READY
    if is_unfinished(folder):
        kept = _names_of(ready)
        for name in TOP:
            if name == MANIFEST:
                continue
            is_new = os.path.lexists(ready / name)
            if is_new or name not in kept:
                _remove(folder / name)
            if is_new:
                (ready / name).rename(folder / name)
        _sync_folder(folder)
        # As long as the manifest is not in its place, all of this is done again.
        (ready / MANIFEST).replace(folder / MANIFEST)
        _sync_folder(folder)
    _remove(ready)


def _names_of(ready: Path) -> set[str]:
    """The names of the new model's files, be they moved by now or not."""
    try:
        told = read_json(_Told, ready / MANIFEST)
    except ConfigError as error:
        raise StorageError(f"{error} Delete {ready}, which a save has left.") from error
    bases = {BASE} if "nel" in told.tasks else set()
    return {name.split("/")[0] for name in told.files} | {MODEL_CARD} | bases


def _remove(path: Path) -> None:
    if path.name == BASE:
        remove_base(path)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_rests(folder: Path) -> None:
    """Remove what saves that were cut off have left, but not what another writes just now."""
    for rest in folder.glob(f"{PARTIAL}*"):
        if rest.is_symlink() or not rest.is_dir():
            rest.unlink()
            continue
        with locked(rest, waits=False) as is_left:
            if is_left:
                shutil.rmtree(rest)


def _sync(folder: Path) -> None:
    """Have all files of a folder on the disk before they are renamed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # which has no handles of folders
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
