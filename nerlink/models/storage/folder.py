"""The folder of a saved model: its manifest, and whether its files are unchanged."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from nerlink.config import Task
from nerlink.errors import ConfigError, StorageError
from nerlink.models.storage.contents import (
    BASE,
    CHANGEABLE,
    HEADS,
    MANIFEST,
    TOP,
    check_contents,
)
from nerlink.models.storage.replacing import finish, is_unfinished
from nerlink.toml import read_json

__all__ = [
    "BASE",
    "LinkerRecord",
    "Manifest",
    "amend_manifest",
    "check_files",
    "check_target",
    "identity_of",
    "is_model",
    "read_manifest",
    "write_manifest",
]

FORMAT: Final = 3
"""Version of the folder's layout; a folder of another version is refused."""

_AGAIN: Final = "Copy the whole model again, or train it again."


Row = Annotated[int, Field(ge=0, lt=1 << 53)]
Times = Annotated[int, Field(ge=0, lt=1 << 53)]


class _Format(BaseModel):
    """The one entry that the manifests of all versions have."""

    model_config = ConfigDict(strict=True)

    format: int


class Manifest(_Format):
    """What the manifest says of a model.

    Args:
        format: Version of the folder's layout.
        files: The sha256 of each file that must not change.
        tasks: Tasks of the model.
        labels: Entity types of the mentions that the model finds.
        n_entities: Entities of the knowledge base.
        precision: The precision that the transformer computes in.
        trained_on: Counts of the training documents, mentions and epochs.
        scores: Scores on the development documents.
        versions: Versions of the packages that wrote the model.
        dictionary: Whether mentions are found by the names of the base.
    """

    files: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]
    tasks: Annotated[tuple[Task, ...], Field(min_length=1, max_length=2)]
    labels: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(max_length=1 << 14)]
    n_entities: Annotated[int, Field(ge=0)]
    precision: Literal["fp32", "bf16", "int8", "fp16"]
    trained_on: dict[str, JsonValue]
    scores: dict[str, float]
    versions: dict[str, str]
    dictionary: bool = False

    @field_validator("tasks", "labels")
    @classmethod
    def _has_each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("should name each once")
        return names


class LinkerRecord(BaseModel):
    """What `linker.json` says of training, and of the base.

    Args:
        seen: Links to the entity of each row.
        nil_counts: How often each key is `NIL`.
        text_version: The version of the base whose texts the prototypes have.
        base: Identity of the base; `None` in old models.
    """

    model_config = ConfigDict(strict=True)

    seen: dict[Row, Times] = {}
    nil_counts: dict[str, Times] = {}
    text_version: Row | None = None
    base: str | None = None


def write_manifest(folder: Path, entries: Mapping[str, Any]) -> None:
    """Write the manifest: the entries, and the sha256 of each file that must not change."""
    _write(folder, {"format": FORMAT, "files": _sums(folder)} | dict(entries))


def amend_manifest(folder: Path, new: Path, entries: Mapping[str, Any]) -> None:
    """Write the manifest that a model will have with some new files.

    Args:
        folder: The folder of the model.
        new: The folder of the new files, where the manifest goes.
        entries: Entries of the manifest that change.

    Raises:
        StorageError: The manifest of the model is damaged.
    """
    before = read_manifest(folder).model_dump(mode="json")
    _write(new, before | {"files": before["files"] | _sums(new)} | dict(entries))


def _write(folder: Path, manifest: Mapping[str, Any]) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")


def _sums(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() not in CHANGEABLE
    }


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model's folder; a save that was cut off is brought to its end first.

    Raises:
        StorageError: There is no model, or the model is damaged or of another format.
    """
    path = folder / MANIFEST
    if not folder.is_dir():
        raise StorageError(f"{folder}: no such folder. Train a model first, or check the path.")
    finish(folder)
    if not path.is_file():
        raise StorageError(
            f"{folder}: no {MANIFEST}, so this is no nerlink model, or saving it was interrupted. "
            "Check the path, or save or train the model again."
        )
    try:
        found = read_json(_Format, path).format
        if found == FORMAT:
            return read_json(Manifest, path)
    except ConfigError as error:
        raise StorageError(f"{path}: damaged. {error} {_AGAIN}") from error
    advice = "Upgrade nerlink: pip install -U nerlink" if found > FORMAT else "Train it again."
    raise StorageError(
        f"{folder}: saved in format {found}, this nerlink reads format {FORMAT}. {advice}"
    )


def identity_of(folder: Path) -> str:
    """What tells a trained model from another: the sha256 of its heads.

    Raises:
        StorageError: As `read_manifest`.
    """
    return str(read_manifest(folder).files.get(HEADS))


def is_model(folder: Path) -> bool:
    """Whether a folder has the manifest of a model."""
    return (folder / MANIFEST).is_file() or is_unfinished(folder)


def check_files(folder: Path) -> None:
    """Refuse a folder whose files differ from the saved ones.

    Raises:
        StorageError: A file is missing, damaged, or none of a model's.
    """
    files = read_manifest(folder).files
    try:
        check_contents(folder, files)
        _check_sums(folder, files)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"{error.filename or folder}: cannot be read: {reason}. Check that you may read it."
        ) from error


def _check_sums(folder: Path, files: Mapping[str, str]) -> None:
    for name, expected in files.items():
        if name in CHANGEABLE:  # which manifests of earlier versions had, too
            continue
        if not (folder / name).is_file():
            raise StorageError(f"{folder}: incomplete, {name} is missing. {_AGAIN}")
        if _sha256(folder / name) != expected:
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
            alone are what saving of earlier versions left when it was cut off.
    """
    if folder.is_file():
        raise StorageError(f"{folder} is a file. Name a folder to save the model in.")
    if is_model(folder) or (folder / MANIFEST).exists() or (folder / HEADS).exists():
        return
    if foreign := [name for name in TOP if (folder / name).exists()]:
        raise StorageError(
            f"{folder} holds {', '.join(foreign)}, but no model: saving one there would replace "
            "that. Name another folder, or an empty one."
        )
