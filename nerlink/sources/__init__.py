"""Documents in and out: one small reader and writer a format, in two tables.

`read("news.jsonl")`, `write(documents, "news.conll")`, `from_frame(frame)`: the format follows from
the ending or is named. Nothing heavy is imported before it is needed.
"""

from nerlink.sources.check import check_document
from nerlink.sources.datasets import from_dataset, to_dataset
from nerlink.sources.formats.spacy import from_doc, to_doc
from nerlink.sources.frame import from_frame, to_frame
from nerlink.sources.losses import Losses, WriteReport
from nerlink.sources.reading import (
    FORMATS,
    READERS,
    WRITERS,
    format_of,
    read,
    results_of,
    stream,
    write,
)
from nerlink.sources.records import document_from_record, record_from_document
from nerlink.sources.tokens.comparison import gold_beside_predicted

__all__ = [
    "FORMATS",
    "READERS",
    "WRITERS",
    "Losses",
    "WriteReport",
    "check_document",
    "document_from_record",
    "format_of",
    "from_dataset",
    "from_doc",
    "from_frame",
    "gold_beside_predicted",
    "read",
    "record_from_document",
    "results_of",
    "stream",
    "to_dataset",
    "to_doc",
    "to_frame",
    "write",
]
