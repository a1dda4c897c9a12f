"""One tree of errors, and how messages count.

Each message says what is wrong, which value, where, and what to do.

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
    "plural",
]


class NerlinkError(Exception):
    """Anything nerlink refuses, with a message meant for people."""


class ConfigError(NerlinkError):
    """A configuration key or value that cannot be used."""


class DataError(NerlinkError):
    """A document or a table that cannot be read as it is."""


class KnowledgeBaseError(NerlinkError):
    """A knowledge base that is missing, damaged, or asked for something it cannot do."""


class EncoderError(NerlinkError):
    """An encoder that cannot be found, or whose weights are not the expected ones."""


class StorageError(NerlinkError):
    """A saved model that cannot be loaded safely."""


def plural(n: int, noun: str) -> str:
    """`1 document`, `2,000 documents`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
