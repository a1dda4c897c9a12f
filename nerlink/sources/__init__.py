"""Documents in and out: one small reader and writer a format, in two tables.

`read("news.jsonl")`, `write(documents, "news.conll")`, `from_frame(frame)`: the format follows from
the ending or is named. Nothing heavy is imported before it is needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from nerlink.sources.check import check_document
from nerlink.sources.comparison import gold_beside_predicted
from nerlink.sources.formats import FORMATS, READERS, WRITERS, format_of, read, stream, write
from nerlink.sources.frame import from_frame, to_frame
from nerlink.sources.losses import Losses, WriteReport
from nerlink.sources.records import document_from_record, record_from_document

if TYPE_CHECKING:
    from nerlink.sources.building import build_corpus
    from nerlink.sources.cards import Card, find_corpus, list_cards, load_split, read_card

__all__ = [
    "FORMATS",
    "READERS",
    "WRITERS",
    "Card",
    "Losses",
    "WriteReport",
    "build_corpus",
    "check_document",
    "document_from_record",
    "find_corpus",
    "format_of",
    "from_frame",
    "gold_beside_predicted",
    "list_cards",
    "load_split",
    "read",
    "read_card",
    "record_from_document",
    "stream",
    "to_frame",
    "write",
]

_HOMES: Final = {
    "Card": "cards",
    "build_corpus": "building",
    "find_corpus": "cards",
    "list_cards": "cards",
    "load_split": "cards",
    "read_card": "cards",
}


def __getattr__(name: str) -> Any:
    """Cards need pydantic, which reading a file does not; they come when they are asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nerlink.sources' has no attribute {name!r}")
    return getattr(import_module(f"nerlink.sources.{_HOMES[name]}"), name)
