"""One tree of errors; each message says what is wrong, which value, where, and what to do.

NerlinkError
├── ConfigError      a configuration value or key
├── DataError        a document, a file of documents, a table
├── KnowledgeBaseError  a knowledge base or one of its entities
├── EncoderError     an encoder that cannot be found or does not fit
└── StorageError     a saved model that is damaged, incomplete, foreign or too new
"""

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

    `doc_id` is the id of the document, where the error is of one and its id could be read.
    """

    doc_id: str | None = None


class KnowledgeBaseError(NerlinkError):
    """A knowledge base that is missing, damaged, or asked for something it cannot do."""


class EncoderError(NerlinkError):
    """An encoder that cannot be found, or whose weights are not the expected ones."""


class StorageError(NerlinkError):
    """A saved model that cannot be loaded safely."""
