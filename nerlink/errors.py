"""One tree of errors; each message says what is wrong, which value, where, and what to do.

NerlinkError
├── ConfigError      a configuration value or key
├── DataError        a document, a file of documents, a table
├── KnowledgeBaseError  a knowledge base or one of its entities
├── EncoderError     an encoder that cannot be found or does not fit
└── StorageError     a saved model that is damaged, incomplete, foreign or too new
"""

from collections.abc import Callable
from typing import Any

__all__ = [
    "ConfigError",
    "DataError",
    "EncoderError",
    "KnowledgeBaseError",
    "NerlinkError",
    "StorageError",
]


class NerlinkError(Exception):
    """Anything nerlink refuses, with a message meant for people."""


class ConfigError(NerlinkError):
    """A configuration key or value that cannot be used."""


class DataError(NerlinkError):
    """A document or a table that cannot be read as it is.

    Args:
        message: What is wrong, where, which value, what to do.
        reason: The kind of fault in a few words, by which faults are counted.

    Attributes:
        doc_id: The id of the document, where the error is of one and its id could be read.
        rest: Gives the document without the mentions that are at fault, and what is wrong with
            each of these; `None` where the fault is not that of a mention.
    """

    doc_id: str | None = None
    rest: Callable[[], tuple[Any, list["DataError"]]] | None = None

    def __init__(self, message: str = "", *, reason: str = "not readable") -> None:
        super().__init__(message)
        self.reason = reason


class KnowledgeBaseError(NerlinkError):
    """A knowledge base that is missing, damaged, or asked for something it cannot do."""


class EncoderError(NerlinkError):
    """An encoder that cannot be found, or whose weights are not the expected ones."""


class StorageError(NerlinkError):
    """A saved model that cannot be loaded safely."""
