"""What the folder of a model may hold: a closed list of files, none of which is run or unpickled.

A folder may come from a stranger. Whatever a library might look for beside its files (code, other
weights, other settings, links to elsewhere) is refused here, before the library sees the folder.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from nerlink.errors import StorageError
from nerlink.kb.knowledge_base import MODEL_BASE

__all__ = [
    "BASE",
    "CHANGEABLE",
    "DOWNLOADED",
    "HEADS",
    "MANIFEST",
    "MODEL_CARD",
    "TOP",
    "check_contents",
]

MANIFEST: Final = "nerlink.json"
BASE: Final = MODEL_BASE
HEADS: Final = "heads.safetensors"
MODEL_CARD: Final = "README.md"
CHANGEABLE: Final = (BASE, MODEL_CARD)
"""Files that users may change: entities are added to the base, text to the card."""

TOP: Final = (
    "config.toml",
    "encoder",
    HEADS,
    "prototypes.safetensors",
    "prototypes.faiss",  # in folders of earlier versions, which saved an index of texts
    "linker.json",
    BASE,
    MODEL_CARD,
    MANIFEST,
)
"""What `save` writes, and replaces."""

_TOKENIZER: Final = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "bpe.codes",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "tokenizer.model",
    "entity_vocab.json",
    "chat_template.jinja",
)
"""What tokenizers of transformers write; of these, a fast tokenizer reads the JSON files."""

SUMMED: Final = (
    "config.toml",
    HEADS,
    "prototypes.safetensors",
    "prototypes.faiss",
    "linker.json",
    "encoder/config.json",
    "encoder/model.safetensors",
    "encoder/model.safetensors.index.json",
    *(f"encoder/{name}" for name in _TOKENIZER),
    "encoder/static/vectors.safetensors",
    "encoder/static/words.json",
)
"""Files that the manifest has the sha256 of."""

_PART: Final = re.compile(r"encoder/model-[0-9]{5}-of-[0-9]{5}\.safetensors")
"""A part of weights that are too large for one file."""

NEEDED: Final = (
    "config.toml",
    HEADS,
    "encoder/config.json",
    "encoder/tokenizer.json",
    "encoder/tokenizer_config.json",
)

DOWNLOADED: Final = (MANIFEST, *CHANGEABLE, *SUMMED, "encoder/model-?????-of-?????.safetensors")
"""The patterns of files that are fetched from a hub."""

_JOURNALS: Final = tuple(f"{BASE}{ending}" for ending in ("-journal", "-wal", "-shm"))
_UNREAD: Final = re.compile(
    r"(?!encoder/)(.*/)?([^/]+\.(md|txt|json|jsonl|conll|csv|tsv|html|log|partial)"
    r"|LICENSE|NOTICE|\.gitattributes|\.gitignore|\.DS_Store)"
)
"""What people and programs lay beside a model (notes, predictions, reports); nothing opens it."""

_OF_RUN: Final = re.compile(r"training/[\w.-]+\.(safetensors|toml|sqlite(-\w+)?|partial|lock)")
"""Files of an unfinished training run, which loading a model does not open."""

_SKIPPED: Final = (".git", ".cache", ".partial", ".ready")
"""Folders of git, of the hub and of a save that was cut off; loading a model opens none of them."""

PICKLES: Final = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz")
"""Endings of files that may run code when they are loaded."""

CODE: Final = (".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".sh")


def check_contents(folder: Path, sums: Mapping[str, str]) -> None:
    """Refuse a folder with a file that a model does not have, or that no sum covers.

    Args:
        folder: The folder.
        sums: The sha256 of files by their names, as the manifest has them.

    Raises:
        StorageError: With the name of the file and the reason.
    """
    for name, path in _files(folder):
        _check_file(folder, name, path)
        if _is_summed(name) and name not in sums:
            raise StorageError(
                f"{folder}: no checksum covers {name}. A nerlink model has one for each file that "
                "is loaded: copy the whole model again, or train it again."
            )
    for name in sums:
        if not _is_summed(name) and name not in CHANGEABLE:
            raise StorageError(f"{folder}: {MANIFEST} names {name!r}, which is no file of a model.")
    if missing := [name for name in NEEDED if name not in sums]:
        raise StorageError(
            f"{folder}: {MANIFEST} has no checksum of {missing[0]}, which every model has. Copy "
            "the whole model again, or train it again."
        )


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a folder by their names in it, links to folders among them."""
    remaining = [folder]
    while remaining:
        for path in sorted(remaining.pop().iterdir()):
            name = path.relative_to(folder).as_posix()
            if name.split("/")[0].startswith(_SKIPPED):
                continue
            if path.is_dir() and not path.is_symlink():
                remaining.append(path)
            else:
                yield name, path


def _is_summed(name: str) -> bool:
    return name in SUMMED or bool(_PART.fullmatch(name))


def _check_file(folder: Path, name: str, path: Path) -> None:
    if path.is_symlink() and not _is_inside(path, folder):
        raise StorageError(
            f"{folder}: {name} is a link out of the folder. A model has its files in its own "
            "folder: put the file in place of the link."
        )
    if path.suffix.lower() in PICKLES:
        raise StorageError(
            f"{folder}: {name} may be a pickle, which can run code when loaded. "
            "A nerlink model has none; delete it if you trust the rest."
        )
    if path.suffix.lower() in CODE:
        raise StorageError(
            f"{folder}: {name} is code. A nerlink model has none, and none is ever run; delete it "
            "if you trust the rest."
        )
    if not (_is_summed(name) or name in TOP or name in _JOURNALS or _is_beside(name)):
        raise StorageError(
            f"{folder}: {name} is no file of a nerlink model. Put it elsewhere, or delete it."
        )
    if not stat.S_ISREG(path.stat().st_mode):
        raise StorageError(f"{folder}: {name} is no ordinary file. Copy the whole model again.")


def _is_beside(name: str) -> bool:
    return bool(_UNREAD.fullmatch(name) or _OF_RUN.fullmatch(name))


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether a link leads to a file of the folder, or of the cache of the hub that it lies in."""
    home = folder.resolve()
    homes: Iterable[Path] = [home]
    if home.parent.name == "snapshots":  # the cache of the hub links a snapshot to its blobs
        homes = [home, home.parent.parent / "blobs"]
    target = Path(os.path.realpath(path))  # which takes links in a circle, too
    return target.is_file() and any(target.is_relative_to(place) for place in homes)
