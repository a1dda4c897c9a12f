"""What a document looks like to a model: words in sentences, with character offsets."""

from dataclasses import dataclass

__all__ = ["TokenizedDocument"]


@dataclass(frozen=True, slots=True)
class TokenizedDocument:
    """Words and sentences of one document, as plain lists.

    Args:
        words: The text of each token, (n_tokens).
        starts: First character of each token, (n_tokens).
        ends: One past the last character of each token, (n_tokens).
        sentences: Token ranges, end excluded, in order, that cover all tokens.
    """

    words: list[str]
    starts: list[int]
    ends: list[int]
    sentences: list[tuple[int, int]]
