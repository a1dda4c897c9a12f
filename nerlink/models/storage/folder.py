"""The folder of a saved model: which files it has, and whether they are unchanged."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from nerlink.errors import StorageError
from nerlink.kb.store.connections import remove_base
from nerlink.models.storage.contents import (
    BASE,
    CHANGEABLE,
    HEADS,
    MANIFEST,
    TOP,
    check_contents,
)

__all__ = [
    "BASE",
    "check_files",
    "check_target",
    "identity_of",
    "is_model",
    "read_manifest",
    "replace_files",
    "update_files",
    "write_manifest",
]

FORMAT: Final = 3
"""Version of the folder's layout; a folder of another version is refused."""

_AGAIN: Final = "Copy the whole model again, or train it again."


def write_manifest(folder: Path, entries: Mapping[str, Any]) -> None:
    """Write the manifest: the entries, and the sha256 of each file that must not change.

    The manifest is written last: a folder without one was not saved completely.
    """
    files = {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() not in CHANGEABLE
    }
    manifest = {"format": FORMAT, "files": files} | dict(entries)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")


def read_manifest(folder: Path, needed: Iterable[str] = ()) -> dict[str, Any]:
    """The manifest of a model's folder.

    Args:
        folder: The folder.
        needed: Entries that must be there.

    Raises:
        StorageError: There is no model, or the model is damaged or of another format.
    """
    path = folder / MANIFEST
    if not folder.is_dir():
        raise StorageError(f"{folder}: no such folder. Train a model first, or check the path.")
    if not path.is_file():
        raise StorageError(
            f"{folder}: no {MANIFEST}, so this is no nerlink model, or saving it was interrupted. "
            "Check the path, or save or train the model again."
        )
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
        found = int(manifest["format"])
        missing = [name for name in ("files", *needed) if name not in manifest]
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path}: damaged ({error!r}). {_AGAIN}") from error
    if found != FORMAT:
        advice = "Upgrade nerlink: pip install -U nerlink" if found > FORMAT else "Train it again."
        raise StorageError(
            f"{folder}: saved in format {found}, this nerlink reads format {FORMAT}. {advice}"
        )
    if missing:
        raise StorageError(f"{path}: damaged, it lacks {', '.join(missing)}. {_AGAIN}")
    return manifest


def identity_of(folder: Path) -> str:
    """What tells a trained model from another: the sha256 of its heads.

    Raises:
        StorageError: As `read_manifest`.
    """
    return str(read_manifest(folder)["files"].get(HEADS))


def is_model(folder: Path) -> bool:
    """Whether a folder has the manifest of a model."""
    return (folder / MANIFEST).is_file()


def check_files(folder: Path) -> None:
    """Refuse a folder whose files differ from the saved ones.

    Raises:
        StorageError: A file is missing, damaged, or none of a model's.
    """
    files = read_manifest(folder)["files"]
    check_contents(folder, files)
    for name, expected in files.items():
        if name in CHANGEABLE:
            continue
        path = folder / name
        if not path.is_file():
            raise StorageError(f"{folder}: incomplete, {name} is missing. {_AGAIN}")
        if _sha256(path) != expected:
            raise StorageError(
                f"{folder}: {name} is damaged (its sha256 is not the saved one). {_AGAIN}"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_target(folder: Path) -> None:
    """Refuse a folder where a model would replace files that do not belong to a model.

    Raises:
        StorageError: The folder has files of a model's names, but no manifest and no heads. Heads
            alone are what saving leaves when it is cut off.
    """
    if folder.is_file():
        raise StorageError(f"{folder} is a file. Name a folder to save the model in.")
    if (folder / MANIFEST).exists() or (folder / HEADS).exists():
        return
    if foreign := [name for name in TOP if (folder / name).exists()]:
        raise StorageError(
            f"{folder} holds {', '.join(foreign)}, but no model: saving one there would replace "
            "that. Name another folder, or an empty one."
        )


def replace_files(source: Path, target: Path, *, keep: str | None) -> None:
    """Move a model's files to a folder, in place of the files of an earlier model.

    The manifest goes first and comes last: a folder cut off in between is known as incomplete.

    Args:
        source: The folder of the new files.
        target: The folder to move the files to.
        keep: Name of a file in `target` that stays as it is.
    """
    (target / MANIFEST).unlink(missing_ok=True)
    for name in TOP:
        if name == keep:
            continue
        if name == BASE:
            remove_base(target / name)
        elif (target / name).is_dir():
            shutil.rmtree(target / name)
        else:
            (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            (source / name).replace(target / name)


def update_files(source: Path, target: Path, entries: Mapping[str, Any]) -> None:
    """Move some of a model's files in place of those of the same names, and mend the manifest.

    Args:
        source: The folder of the new files.
        target: The folder of the model.
        entries: Entries of the manifest that change.

    Raises:
        StorageError: The manifest of the model is damaged.
    """
    manifest = read_manifest(target) | dict(entries)
    paths = sorted(source.iterdir())
    manifest["files"] |= {path.name: _sha256(path) for path in paths}
    written = json.dumps(manifest, indent=1, ensure_ascii=False)
    (target / MANIFEST).unlink()  # as in `replace_files`: in between, the folder is incomplete
    for path in paths:
        path.replace(target / path.name)
    (target / MANIFEST).write_text(written, "utf-8")
