"""A model as a folder of safe files: nothing in it is executed, nothing is pickled.

nerlink.json            the manifest: tasks, labels, scores, the sha256 of files; written last
config.toml             the whole configuration
encoder/                the transformer, once, as transformers alone can load it; word vectors
heads.safetensors       tagger, linker, shapes
prototypes.safetensors  the text part of prototypes, a row an entity, mapped when loaded
linker.json             counts of links and of NIL in training; identity and version of the base
kb.sqlite               the knowledge base
README.md               a model card
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from nerlink.config import dump_config, load_config
from nerlink.converters import tokenize
from nerlink.data import Document
from nerlink.errors import KnowledgeBaseError, NerlinkError, StorageError
from nerlink.kb import KnowledgeBase
from nerlink.kb.store.connections import copy_base
from nerlink.kb.store.schema import read_identity
from nerlink.models.build import build_model
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.encoder.saved import check_finite, check_saved_encoder, refusing_raw_errors
from nerlink.models.encoder.static import StaticEmbeddings, write_vectors
from nerlink.models.joint import JointModel
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.linker.linker import Linker
from nerlink.models.storage.contents import HEADS, MANIFEST, MODEL_CARD
from nerlink.models.storage.folder import (
    BASE,
    LinkerRecord,
    amend_manifest,
    check_files,
    check_target,
    read_manifest,
    write_manifest,
)
from nerlink.models.storage.hub import model_card
from nerlink.models.storage.replacing import replacing, writing
from nerlink.toml import read_json

__all__ = [
    "ModelInfo",
    "describe",
    "head_state",
    "load_head_state",
    "load_model",
    "read_info",
    "save_model",
    "save_texts",
]

VERSIONED: Final = ("nerlink", "flair", "torch", "transformers")
TRIAL: Final = "Ada Lovelace met Mr. Babbage in London, in 1833. They spoke of engines, \U00010000."
"""The text that a loaded encoder is tried out on; hardly a vocabulary has the last letter."""

_SAME_NERLINK: Final = "Take the nerlink that wrote it, or train the model again."
_NO_OTHER_BASE: Final = (
    "No other base can take its place: copy the whole model again, or train it again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What the manifest says of a saved model.

    Args:
        tasks: Tasks of the model.
        labels: Entity types of the mentions that the model finds.
        n_entities: Entities of the knowledge base.
        precision: The precision that the transformer computes in.
        trained_on: Counts of the training documents, mentions and epochs.
        scores: Scores on the development documents.
        versions: Versions of the packages that wrote the model.
        dictionary: Whether mentions are found by the names of the base.
    """

    tasks: tuple[str, ...]
    labels: tuple[str, ...]
    n_entities: int
    precision: str = "fp32"
    trained_on: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    dictionary: bool = False


def save_model(
    model: JointModel,
    folder: str | Path,
    *,
    trained_on: Mapping[str, Any] | None = None,
    scores: Mapping[str, float] | None = None,
) -> Path:
    """Write a model as a folder, in place of an earlier model; other files in the folder stay.

    Args:
        model: The model.
        folder: The folder; made if it is not there.
        trained_on: Counts of the training documents, for `nerlink info`.
        scores: Scores on the development documents, for `nerlink info` and the model card.

    Raises:
        StorageError: Files that do not belong to a model would be replaced, or cannot be written.
    """
    folder = Path(folder)
    check_target(folder)
    info = replace(describe(model), trained_on=trained_on or {}, scores=scores or {})
    if model.linker:
        model.linker.texts.complete()
    is_own = _is_base_of(model, folder / BASE)
    with replacing(folder) as partial:
        _write_files(model, partial, info, with_base=not is_own)
    return folder


def describe(model: JointModel) -> ModelInfo:
    """What there is to say of a model itself."""
    return ModelInfo(
        tasks=tuple(model.tasks),
        labels=model.tagger.labels if model.tagger else (),
        n_entities=len(model.linker.lookup.kb) if model.linker else 0,
        precision=model.encoder.precision,
        versions={package: version(package) for package in VERSIONED},
        dictionary=model.dictionary is not None,
    )


def save_texts(model: JointModel, folder: str | Path) -> None:
    """Write the texts that a model has read of its base since it was saved in a folder.

    Raises:
        StorageError: The model in the folder is damaged.
    """
    folder = Path(folder)
    if model.linker is None:
        return
    with replacing(folder) as partial:
        _write_texts(model.linker, partial)
        amend_manifest(folder, partial, {"n_entities": len(model.linker.lookup.kb)})


def load_model(folder: str | Path, *, precision: str | None = None) -> JointModel:
    """The model in a folder, in evaluation mode, on Flair's device.

    Args:
        folder: The folder of the model.
        precision: The precision to compute in; the saved precision if `None`.

    Raises:
        StorageError: The folder is damaged, incomplete, of a newer format, or carries pickles.
    """
    folder = Path(folder)
    info = read_info(folder)
    check_files(folder)
    try:
        model = _read_model(folder, info)
        model.encoder.set_precision(precision or info.precision)
        model.eval()
        _try_out(model.encoder, folder / "encoder")
    except (SafetensorError, OSError, ValueError, RuntimeError, MemoryError, NerlinkError) as error:
        raise StorageError(f"{folder}: the model cannot be read: {error}") from error
    return model


def _read_model(folder: Path, info: ModelInfo) -> JointModel:
    """The model in a folder whose files are the saved ones, its settings and weights checked."""
    config = load_config(folder / "config.toml", is_saved=True)
    if set(config.tasks) != set(info.tasks) or ("ner" in info.tasks) != bool(info.labels):
        raise StorageError(
            f"{MANIFEST} has the tasks {list(info.tasks)} and {len(info.labels)} labels, "
            f"config.toml the tasks {list(config.tasks)}, which do not fit. {_SAME_NERLINK}"
        )
    check_saved_encoder(folder / "encoder")
    with refusing_raw_errors(str(folder / "encoder")):
        encoder = WindowEmbeddings(config.encoder, folder=folder / "encoder")
    kb, record = None, LinkerRecord()
    if "nel" in info.tasks:
        kb = _open_base(folder / BASE)
        record = read_json(LinkerRecord, folder / "linker.json")
        _check_base(kb, record)
    state = load_file(folder / HEADS)
    check_finite(state.items(), HEADS)
    counts = TrainingCounts(links=record.seen, nil=record.nil_counts)
    model = build_model(config, encoder, labels=info.labels, kb=kb, counts=counts)
    load_head_state(model, state, folder)
    if model.linker:
        _read_texts(model.linker, folder / "prototypes.safetensors", record)
    return model


def _read_texts(linker: Linker, path: Path, record: LinkerRecord) -> None:
    """Map the text part of prototypes from a file."""
    kb = linker.lookup.kb
    with safe_open(path, framework="pt") as file:
        text = file.get_tensor("text")
    n_rows, width = (*text.shape, 0, 0)[:2]
    fits = text.dim() == 2 and width == linker.prototypes.width and n_rows <= kb.n_rows
    if not fits or not text.is_floating_point():
        raise StorageError(
            f"{path.name}: the texts are {text.dtype} {list(text.shape)}, where the base has "
            f"{kb.n_rows} rows and the encoder {linker.prototypes.width} numbers. {_SAME_NERLINK}"
        )
    check_finite([("text", text)], path.name)
    version = kb.version if record.text_version is None else record.text_version
    linker.prototypes.set_text(text, version=version)


def _try_out(encoder: WindowEmbeddings, folder: Path) -> None:
    """Encode a text, so that settings with which that fails are found now and not at work."""
    with refusing_raw_errors(str(folder)), torch.inference_mode():
        vectors = encoder.encode([tokenize(Document(text=TRIAL))])
    check_finite([("the vectors of a text", vectors)], folder)


def read_info(folder: str | Path) -> ModelInfo:
    """What the manifest says of a saved model.

    Raises:
        StorageError: There is no model, or the model is damaged or of another format.
    """
    manifest = read_manifest(Path(folder))
    return ModelInfo(**{name: getattr(manifest, name) for name in ModelInfo.__slots__})


def head_state(model: JointModel) -> dict[str, Tensor]:
    """The weights and buffers outside the transformer, by name."""
    transformer = model.encoder.model
    shared = {id(t) for t in (*transformer.parameters(), *transformer.buffers())}
    # A state dict has shared weights under each of their names; these iterators name each once.
    named = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    stored = model.state_dict().keys()
    kept = {name: t for name, t in named.items() if name in stored and id(t) not in shared}
    return {name: t.detach().cpu().contiguous() for name, t in kept.items()}


def load_head_state(model: JointModel, state: Mapping[str, Tensor], where: object) -> None:
    """Set the weights that `head_state` gave.

    Raises:
        StorageError: A weight is missing, not asked for, or of another shape.
    """
    shapes = [{n: tuple(t.shape) for n, t in s.items()} for s in (head_state(model), state)]
    if unlike := sorted({name for name, _ in shapes[0].items() ^ shapes[1].items()}):
        raise StorageError(
            f"{where}: heads.safetensors does not fit this model: {unlike[:5]} are missing, "
            f"not asked for, or of another shape. {_SAME_NERLINK}"
        )
    for name, own in head_state(model).items():
        fixed = not own.is_floating_point()  # rows and the like follow from the other files
        if fixed == state[name].is_floating_point() or (
            fixed and not torch.equal(own, state[name])
        ):
            raise StorageError(
                f"{where}: {HEADS} does not fit this model: {name} is not what the other files "
                f"say. {_SAME_NERLINK}"
            )
    model.load_state_dict(state, strict=False)


def _write_files(model: JointModel, folder: Path, info: ModelInfo, *, with_base: bool) -> None:
    """Write all files of a model to an empty folder, the manifest last.

    Raises:
        StorageError: The disk is full, or the folder may not be written to.
    """
    encoder = folder / "encoder"
    with writing(encoder):
        model.encoder.model.save_pretrained(encoder, safe_serialization=True)
        model.encoder.tokenizer.save_pretrained(encoder)
    if isinstance(model.encoder.static, StaticEmbeddings):
        with writing(encoder / "static"):
            write_vectors(model.encoder.static.vectors, encoder / "static")
    card = model_card(model.config, info.scores, info.labels)
    for name, text in (("config.toml", dump_config(model.config)), (MODEL_CARD, card)):
        with writing(folder / name):
            (folder / name).write_text(text, "utf-8")
    with writing(folder / HEADS):
        save_file(head_state(model), folder / HEADS)
    if linker := model.linker:
        _write_texts(linker, folder)
        if with_base:
            with writing(folder / BASE):
                copy_base(linker.lookup.kb.connection, folder / BASE)
    with writing(folder / MANIFEST):
        write_manifest(folder, {name: getattr(info, name) for name in ModelInfo.__slots__})


def _write_texts(linker: Linker, folder: Path) -> None:
    """Write the text part of prototypes, and which version of the base it is of."""
    text = linker.prototypes.full_text(linker.lookup.kb.n_rows)
    with writing(folder / "prototypes.safetensors"):
        save_file({"text": text}, folder / "prototypes.safetensors")
    seen = {
        "seen": linker.counts.links,
        "nil_counts": linker.counts.nil,
        "text_version": linker.prototypes.version,
        "base": read_identity(linker.lookup.kb.connection),
    }
    with writing(folder / "linker.json"):
        (folder / "linker.json").write_text(json.dumps(seen, ensure_ascii=False), "utf-8")


def _check_base(kb: KnowledgeBase, record: LinkerRecord) -> None:
    """Refuse a base whose rows are not the rows of the prototypes.

    Raises:
        StorageError: The base was built anew, or is an older copy.
    """
    is_other = record.base not in (None, read_identity(kb.connection))
    if is_other or kb.version < (record.text_version or 0):
        raise StorageError(
            f"{kb.path.name} is {'another base' if is_other else 'an older copy of the base'} than "
            "the one the model was saved with, so its rows are others. Put that one back and "
            "change it (nerlink kb add, rename, merge, remove), or train the model again."
        )


def _open_base(path: Path) -> KnowledgeBase:
    if not path.is_file():
        raise StorageError(f"incomplete, {path.name} is missing. {_NO_OTHER_BASE}")
    try:
        return KnowledgeBase.open(path)
    except KnowledgeBaseError as error:
        raise StorageError(
            f"{path.name} is damaged, or of another version of nerlink, or not to be opened here: "
            f"{error} {_NO_OTHER_BASE}"
        ) from error


def _is_base_of(model: JointModel, path: Path) -> bool:
    """Whether the file is the base that the model has open, which then stays in its place."""
    return (
        model.linker is not None
        and path.exists()
        and model.linker.lookup.kb.path.exists()
        and path.samefile(model.linker.lookup.kb.path)
    )
