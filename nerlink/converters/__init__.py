"""Between documents and tokens, and between documents and Flair.

What only needs plain data is here at once; what needs Flair loads when its name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from nerlink.converters.alignment import AlignedSpan, Alignment, align
from nerlink.converters.alignment_report import AlignmentEntry, AlignmentReason, AlignmentReport
from nerlink.converters.tokens import (
    SentenceSplitter,
    TokenizedDocument,
    Tokenizer,
    tasks_of,
    tokenize,
)

if TYPE_CHECKING:
    from nerlink.converters.from_flair import documents_from_sentences, from_sentences
    from nerlink.converters.to_flair import (
        AlignmentWarning,
        DocumentCorpus,
        to_corpus,
        to_sentences,
    )

__all__ = [
    "AlignedSpan",
    "Alignment",
    "AlignmentEntry",
    "AlignmentReason",
    "AlignmentReport",
    "AlignmentWarning",
    "DocumentCorpus",
    "SentenceSplitter",
    "TokenizedDocument",
    "Tokenizer",
    "align",
    "documents_from_sentences",
    "from_sentences",
    "tasks_of",
    "to_corpus",
    "to_sentences",
    "tokenize",
]

LAZY: Final = {
    "AlignmentWarning": "nerlink.converters.to_flair",
    "DocumentCorpus": "nerlink.converters.to_flair",
    "documents_from_sentences": "nerlink.converters.from_flair",
    "from_sentences": "nerlink.converters.from_flair",
    "to_corpus": "nerlink.converters.to_flair",
    "to_sentences": "nerlink.converters.to_flair",
}


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(LAZY[name]), name)
