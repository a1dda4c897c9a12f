"""Which model a job uses, and where a worker finds it."""

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from nerlink.errors import ConfigError, StorageError
from nerlink.kb import KnowledgeBase
from nerlink.models.storage.contents import BASE, MANIFEST
from nerlink.models.storage.folder import read_manifest
from nerlink.models.storage.hub import find_model

__all__ = ["ModelKey", "check_tasks", "key_of", "local_model"]

MOUNTS: Final = Path("/proc/mounts")
NETWORK: Final = (
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse",
    "gfs",
    "gluster",
    "gpfs",
    "lustre",
    "nfs",
    "ocfs",
    "smb",
    "virtiofs",
)
"""How the names of file systems begin that other machines may serve."""


class ModelKey(NamedTuple):
    """What tells a model from others.

    Args:
        model: The SHA-256 of the sums of its files.
        base: The SHA-256 of the entities and aliases of its base, if it has one.
    """

    model: str
    base: str | None


def key_of(model: str) -> ModelKey:
    """What the model is now.

    Raises:
        StorageError: There is no such model.
        KnowledgeBaseError: Its base is damaged.
    """
    folder = _folder_of(model)
    return _key(folder, _stamps(folder))


@cache
def _folder_of(model: str) -> Path:
    """Where a model is; the Hugging Face hub is asked once."""
    return find_model(model)


def _stamps(folder: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes when a file of a model does, without reading it."""
    names = (MANIFEST, BASE, f"{BASE}-wal", f"{BASE}-journal")
    return tuple(_stamp(folder / name) for name in names)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@cache
def _key(folder: Path, _stamps: object) -> ModelKey:
    sums = read_manifest(folder).files
    # Prototypes are made of the other files and of the base, and stored when somebody asks for it.
    own = {name: value for name, value in sums.items() if not name.startswith("prototypes.")}
    model = hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()
    if not (folder / BASE).exists():
        return ModelKey(model, None)
    with KnowledgeBase.open(folder) as kb:
        return ModelKey(model, kb.content_hash)


def check_tasks(model: str, *, link_only: bool) -> None:
    """Refuse a model that was not trained for what is asked of it.

    Raises:
        ConfigError: It does not find mentions, or does not link them.
        StorageError: There is no such model.
    """
    manifest = read_manifest(_folder_of(model))
    tasks = manifest.tasks
    if "nel" in tasks if link_only else "ner" in tasks or manifest.dictionary:
        return
    advice = "Leave --link-only out" if link_only else "Give --link-only"
    raise ConfigError(f"{model}: this model was trained for {', '.join(tasks)} alone. {advice}.")


def local_model(model: str, key: ModelKey) -> Path:
    """The folder of a model; a copy on this machine, if the model lies on a network file system.

    A knowledge base is looked up many times a second, which such systems are slow at, and SQLite
    locks files in ways that not all of them know. Processes of a machine and later jobs share the
    copy, which stays in the folder of temporary files.

    Raises:
        StorageError: The copy cannot be made.
    """
    folder = _folder_of(model)
    if not _is_on_network(folder.resolve()):
        return folder
    try:
        return _copied(folder, key)
    except (OSError, shutil.Error) as error:
        raise StorageError(
            f"{folder} is on a network file system, and cannot be copied to "
            f"{tempfile.gettempdir()}: {error}. Make room there, or set TMPDIR."
        ) from error


def _copied(folder: Path, key: ModelKey) -> Path:
    home = Path(tempfile.gettempdir(), f"nerlink-models-{os.getuid() if _HAS_UID else 'all'}")
    home.mkdir(mode=0o700, exist_ok=True)
    if _HAS_UID and home.stat().st_uid != os.getuid():
        raise OSError(f"{home} belongs to somebody else")
    target = home / "-".join(part[:16] for part in key if part)
    if target.is_dir():
        return target
    partial = home / f".{target.name}.{secrets.token_hex(4)}.partial"
    try:
        shutil.copytree(folder, partial)
        if not target.is_dir():
            partial.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was faster
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


_HAS_UID: Final = hasattr(os, "getuid")


def _is_on_network(path: Path) -> bool:
    """Whether a path lies on a file system that another machine may serve, as far as Linux says."""
    if not MOUNTS.is_file():
        return False
    lines = (line.split() for line in MOUNTS.read_text("utf-8").splitlines())
    mounts = {Path(line[1]): line[2] for line in lines if len(line) > 2}
    around = [mount for mount in mounts if path.is_relative_to(mount)]
    kind = mounts[max(around, key=lambda mount: len(mount.parts))] if around else ""
    return kind.startswith(NETWORK)
