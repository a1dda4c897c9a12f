"""Between documents and tokens, and between documents and Flair.

What only needs plain data is here at once; what needs Flair loads when its name is first used.
"""

from typing import TYPE_CHECKING, Any

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
        IncompleteWarning,
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
    "IncompleteWarning",
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


def __getattr__(name: str) -> Any:
    """The names that need Flair."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nerlink.converters import from_flair, to_flair

    return getattr(from_flair if name in from_flair.__all__ else to_flair, name)
