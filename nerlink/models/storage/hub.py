"""Models on the Hugging Face hub, and the card that a saved model carries."""

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from nerlink.config import Config
from nerlink.errors import StorageError
from nerlink.models.storage.contents import DOWNLOADED

__all__ = ["find_model", "model_card", "push_model"]

HUB_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@\S+)?")
"""`owner/name` or `owner/name@revision`; `./name`, `../name` and longer paths do not match."""


def model_card(config: Config, scores: Mapping[str, float], labels: Sequence[str]) -> str:
    """A model card in Markdown, with the header the Hugging Face hub reads."""
    rows = [f"| {name} | {value:.4f} |" for name, value in sorted(scores.items())]
    table = ["| measure (development documents) | |", "|---|---|", *rows] if rows else []
    return "\n".join(
        [
            "---",
            "library_name: nerlink",
            "tags: [named-entity-recognition, entity-linking, flair]",
            f"base_model: {config.encoder.model}",
            "---",
            "# A nerlink model",
            "",
            f"Tasks: {', '.join(config.tasks)}. Labels: {', '.join(labels) or 'none'}. "
            f"Encoder: `{config.encoder.model}`.",
            "",
            "```python",
            "from nerlink import Pipeline",
            "",
            'pipeline = Pipeline.load("this/folder")',
            'doc = pipeline("Ada Lovelace met Babbage in London.")',
            "```",
            "",
            *table,
            "",
        ]
    )


def find_model(model: str | Path) -> Path:
    """The folder of a model, or of a repository that is fetched from the hub.

    Args:
        model: A folder; as a string also the `owner/name` or `owner/name@revision` of a
            repository on the Hugging Face hub. A folder of that name is
            preferred to a repository.

    Raises:
        StorageError: There is no such folder, and no such repository that can be fetched.
    """
    path = Path(model)
    if path.is_file():
        raise StorageError(f"{path} is a file. A model is a folder: pass the path of the folder.")
    if path.exists():
        return path
    if isinstance(model, str) and HUB_NAME.fullmatch(model):
        return _fetch(model)
    raise StorageError(
        f"{model}: no such folder, and not the name of a repository on the Hugging Face hub, "
        "such as owner/name or owner/name@revision. Train a model first, or check the path."
    )


def _fetch(name: str) -> Path:
    """The folder of a repository in the local cache, downloaded if need be."""
    repository, _, revision = name.partition("@")
    try:
        fetched = snapshot_download(
            repository, revision=revision or None, allow_patterns=list(DOWNLOADED)
        )
        return Path(fetched)
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise StorageError(
            f"{name}: no such folder, and it cannot be fetched from the Hugging Face hub "
            f"({reason}). Check the path of the folder, or the name of the "
            "repository and the network."
        ) from error


def push_model(save: Callable[[Path], Path], name: str, *, private: bool = False) -> str:
    """Upload a model.

    Args:
        save: Writes the model into a folder.
        name: Repository as `owner/name`; made if it does not exist.
        private: Whether a new repository is private.

    Returns:
        Address of the commit.

    Raises:
        StorageError: Nobody is logged in, the name is not allowed, or there is no network.
    """
    api = HfApi()
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder))
        try:
            api.create_repo(name, private=private, exist_ok=True)
            commit = api.upload_folder(
                repo_id=name, folder_path=folder, commit_message="Save a nerlink model"
            )
        except (HfHubHTTPError, HFValidationError, OSError) as error:
            raise StorageError(
                f"{name}: cannot be uploaded: {str(error).splitlines()[0]} "
                "Log in with `huggingface-cli login` and check the name."
            ) from error
    return str(commit.commit_url)
