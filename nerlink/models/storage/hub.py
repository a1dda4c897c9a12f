"""Models on the Hugging Face hub, and the card that a saved model carries."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from nerlink.config import Config
from nerlink.errors import StorageError

__all__ = ["fetch_model", "model_card", "push_model"]


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


def fetch_model(name: str) -> Path:
    """The folder of a model in the local cache, downloaded if need be.

    Args:
        name: `owner/model`, or `owner/model@revision`.

    Raises:
        StorageError: There is no such repository, or no network.
    """
    repository, _, revision = name.partition("@")
    try:
        return Path(snapshot_download(repository, revision=revision or None))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise StorageError(
            f"{name}: cannot be fetched from the hub: {str(error).splitlines()[0]} "
            "Check the name and the network, or load a folder with Pipeline.load(path)."
        ) from error


def push_model(save: Callable[[Path], Path], name: str, *, private: bool = False) -> str:
    """Upload a model.

    Args:
        save: Writes the model into a folder.
        name: `owner/model`; made if it does not exist.
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
