"""A model as a folder of safe files: nothing in it is executed, nothing is pickled.

nerlink.json            what it is, and the sha256 of every other file; written last
config.toml             the whole configuration
encoder/                the transformer, once, as transformers alone can load it; word vectors
heads.safetensors       tagger, linker, shapes
prototypes.safetensors  the text part of prototypes, a row an entity, mapped when loaded
linker.json             what training saw of entities and of NIL, and the base's version then
kb.sqlite               the knowledge base
README.md               a model card
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from nerlink.config import dump_config, load_config
from nerlink.errors import NerlinkError, StorageError
from nerlink.kb import KnowledgeBase
from nerlink.models.build import build_model
from nerlink.models.card import model_card
from nerlink.models.encoder import WindowEmbeddings
from nerlink.models.joint import JointModel
from nerlink.models.static import StaticEmbeddings
from nerlink.models.vectors import write_vectors

__all__ = [
    "FORMAT",
    "ModelInfo",
    "copy_knowledge_base",
    "head_state",
    "load_head_state",
    "load_model",
    "read_info",
    "save_model",
]

FORMAT: Final = 2
"""Version of the folder's layout; a folder with another one is refused."""

MANIFEST: Final = "nerlink.json"
FILES: Final = (
    "config.toml",
    "encoder",
    "heads.safetensors",
    "prototypes.safetensors",
    "linker.json",
    "kb.sqlite",
    "README.md",
    MANIFEST,
)
CHANGEABLE: Final = ("kb.sqlite",)
"""Files that may change after saving: a knowledge base grows without retraining."""

PICKLES: Final = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt")
PACKAGES: Final = ("nerlink", "flair", "torch", "transformers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a saved model says of itself.

    Args:
        tasks: What it does.
        labels: Entity types it finds.
        n_entities: Entities it can link to.
        precision: What the transformer computes in.
        trained_on: What it learnt from, in words and counts.
        scores: Its scores on the development documents.
        versions: Packages it was made with.
    """

    tasks: tuple[str, ...]
    labels: tuple[str, ...]
    n_entities: int
    precision: str = "fp32"
    trained_on: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


def save_model(
    model: JointModel,
    folder: str | Path,
    *,
    trained_on: Mapping[str, Any] | None = None,
    scores: Mapping[str, float] | None = None,
) -> Path:
    """Write a model as a folder, in place of one that is there; other files in the folder stay.

    Args:
        model: The model.
        folder: Made if it is not there.
        trained_on: What it learnt from, for `nerlink info` and the model card.
        scores: Its scores, likewise.
    """
    folder = Path(folder)
    info = ModelInfo(
        tasks=tuple(model.tasks),
        labels=model.tagger.labels if model.tagger else (),
        n_entities=len(model.linker.lookup.kb) if model.linker else 0,
        precision=model.encoder.precision,
        trained_on=trained_on or {},
        scores=scores or {},
        versions={package: version(package) for package in PACKAGES},
    )
    partial = folder / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _write_files(model, partial, info)
        _replace_files(partial, folder)
    finally:
        shutil.rmtree(partial)
    return folder


def load_model(folder: str | Path, *, precision: str | None = None) -> JointModel:
    """The model in a folder, in evaluation mode, on Flair's device.

    Args:
        folder: Where it was saved.
        precision: What it is to compute in; what it was saved in if `None`.

    Raises:
        StorageError: The folder is damaged, incomplete, of a newer format, or carries pickles.
    """
    folder = Path(folder)
    info = read_info(folder)
    _check_files(folder)
    try:
        config = load_config(folder / "config.toml")
        encoder = WindowEmbeddings(config.encoder, folder=folder / "encoder")
        kb = KnowledgeBase.open(folder / "kb.sqlite") if "nel" in info.tasks else None
        seen = json.loads((folder / "linker.json").read_text("utf-8")) if kb else {}
        model = build_model(
            config,
            encoder,
            labels=info.labels,
            kb=kb,
            seen={int(row): count for row, count in seen.get("seen", {}).items()},
            nil_counts=seen.get("nil_counts"),
        )
        state = load_file(folder / "heads.safetensors")
        if model.linker:
            with safe_open(folder / "prototypes.safetensors", framework="pt") as file:
                of_text = seen.get("text_version", model.linker.lookup.kb.version)
                model.linker.prototypes.set_text(file.get_tensor("text"), version=of_text)
    except (SafetensorError, OSError, ValueError, NerlinkError) as error:
        raise StorageError(f"{folder}: the model cannot be read: {error}") from error
    load_head_state(model, state, folder)
    model.encoder.set_precision(precision or info.precision)
    model.eval()
    return model


def read_info(folder: str | Path) -> ModelInfo:
    """What a saved model says of itself.

    Raises:
        StorageError: There is no model, or one of a newer format.
    """
    manifest = _read_manifest(Path(folder))
    fields = {name: manifest[name] for name in ModelInfo.__slots__}
    return ModelInfo(**fields | {name: tuple(fields[name]) for name in ("tasks", "labels")})


def head_state(model: JointModel) -> dict[str, Tensor]:
    """All weights and buffers that are not the transformer's, by name."""
    shared = {id(p) for p in model.encoder.model.parameters()}
    named = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    inside = {id(b) for b in model.encoder.model.buffers()}
    kept = {n: t for n, t in named.items() if id(t) not in shared and id(t) not in inside}
    stored = set(model.state_dict(keep_vars=True))
    return {n: t.detach().cpu().contiguous() for n, t in kept.items() if n in stored}


def load_head_state(model: JointModel, state: Mapping[str, Tensor], where: object) -> None:
    """Set the weights that `head_state` gave.

    Raises:
        StorageError: A weight is missing, too many, or of another shape.
    """
    own = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    expected = head_state(model)
    if expected.keys() != state.keys():
        names = sorted(expected.keys() ^ state.keys())
        raise StorageError(f"{where}: heads.safetensors does not fit this model: {names[:5]}")
    with torch.no_grad():
        for name, tensor in state.items():
            if own[name].shape != tensor.shape:
                raise StorageError(
                    f"{where}: {name} has shape {tuple(tensor.shape)}, "
                    f"the model needs {tuple(own[name].shape)}"
                )
            own[name].copy_(tensor)


def _write_files(model: JointModel, folder: Path, info: ModelInfo) -> None:
    model.encoder.model.save_pretrained(folder / "encoder", safe_serialization=True)
    model.encoder.tokenizer.save_pretrained(folder / "encoder")
    if isinstance(model.encoder.static, StaticEmbeddings):
        write_vectors(model.encoder.static.vectors, folder / "encoder" / "static")
    (folder / "config.toml").write_text(dump_config(model.config), "utf-8")
    (folder / "README.md").write_text(model_card(model.config, info.scores, info.labels), "utf-8")
    save_file(head_state(model), folder / "heads.safetensors")
    if linker := model.linker:
        text = linker.prototypes.full_text(linker.lookup.kb.n_rows)
        save_file({"text": text}, folder / "prototypes.safetensors")
        seen = {
            "seen": linker.seen,
            "nil_counts": linker.lookup.nil_counts,
            "text_version": linker.prototypes.version,
        }
        (folder / "linker.json").write_text(json.dumps(seen, ensure_ascii=False), "utf-8")
        copy_knowledge_base(linker.lookup.kb, folder / "kb.sqlite")
    files = {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in CHANGEABLE
    }
    manifest = {"format": FORMAT, "files": files}
    manifest |= {name: getattr(info, name) for name in ModelInfo.__slots__}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise StorageError(f"{folder}: no such folder. Train a model first, or check the path.")
    if not path.is_file():
        raise StorageError(
            f"{folder}: no {MANIFEST}, so this is no nerlink model, or saving it was interrupted."
        )
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
        found = int(manifest["format"])
        missing = [name for name in ("files", *ModelInfo.__slots__) if name not in manifest]
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path}: damaged ({error!r}).") from error
    if found != FORMAT:
        advice = "Upgrade nerlink: pip install -U nerlink" if found > FORMAT else "Train it again."
        raise StorageError(
            f"{folder}: saved in format {found}, this nerlink reads format {FORMAT}. {advice}"
        )
    if missing:
        raise StorageError(f"{path}: damaged, it lacks {', '.join(missing)}.")
    return manifest


def _check_files(folder: Path) -> None:
    files = _read_manifest(folder)["files"]
    pickles = [path.relative_to(folder) for path in folder.rglob("*") if path.suffix in PICKLES]
    if pickles:
        raise StorageError(
            f"{folder}: {pickles[0]} may be a pickle, which can run code when loaded. "
            "A nerlink model has none; delete it if you trust the rest."
        )
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise StorageError(f"{folder}: incomplete, {name} is missing.")
        if _sha256(path) != expected:
            raise StorageError(f"{folder}: {name} is damaged (its sha256 is not the saved one).")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_knowledge_base(kb: KnowledgeBase, target: Path) -> None:
    """Write a knowledge base, as it is now, to another file."""
    with closing(sqlite3.connect(target)) as connection:
        kb.connection.backup(connection)


def _replace_files(source: Path, target: Path) -> None:
    """Move a model's files to where another's may be; without a manifest in between."""
    (target / MANIFEST).unlink(missing_ok=True)
    for name in FILES:
        if (target / name).is_dir():
            shutil.rmtree(target / name)
        else:
            (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            (source / name).replace(target / name)
