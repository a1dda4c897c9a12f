"""The documents of a training run: those it is given, or those its configuration names."""

from collections.abc import Iterable, Sequence

from nerlink.config import Config, DataConfig
from nerlink.data import Document
from nerlink.errors import ConfigError
from nerlink.sources.check import check_documents
from nerlink.sources.entries import read_entries

__all__ = ["dev_documents", "training_parts"]


def training_parts(
    config: Config, given: Iterable[Document] | None = None
) -> list[tuple[Sequence[Document], DataConfig]]:
    """The documents to learn from, an item for each entry of the configuration.

    Args:
        config: Names them, if none are given.
        given: The documents, in place of those.

    Raises:
        ConfigError: There are none.
        DataError: One of them cannot be read, or is not sound.
    """
    if given is not None:
        return [(list(check_documents(given, what="train")), DataConfig())]
    parts: list[tuple[Sequence[Document], DataConfig]] = [*read_entries(config.data, "train")]
    if not parts:
        raise ConfigError(
            'there is nothing to train on. Add [[data]] with corpus = "tiny-news" or '
            'train = "my.jsonl" to the configuration.'
        )
    return parts


def dev_documents(config: Config, given: Iterable[Document] | None = None) -> list[Document]:
    """Documents to choose the best epoch on.

    One without mentions says that there are none only of tasks that its entry teaches, so where
    those are not all, it is left out.

    Args:
        config: Names them, if none are given.
        given: The documents, in place of those; no entry says what they teach, so all are kept.

    Raises:
        DataError: One of them cannot be read, or is not sound.
    """
    if given is not None:
        return list(check_documents(given, what="dev"))
    return [
        doc
        for documents, entry in read_entries(config.data, "dev")
        for doc in documents
        if doc.mentions or not set(config.tasks).difference(entry.tasks or config.tasks)
    ]
