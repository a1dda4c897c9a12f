"""Where the words of somebody else's tokenizer stand in the text.

Tokenizers return strings; some drop characters and some rewrite them (two backquotes for a quote).
"""

from collections.abc import Sequence
from typing import Final

from nerlink.errors import DataError

__all__ = ["place_words"]

LOOKAHEAD: Final = 64
"""Characters that a tokenizer may drop between two words."""


def place_words(words: Sequence[str], text: str, *, tokenizer: str) -> list[tuple[int, int]]:
    """Character range of each word, in order, without overlap.

    A word that the tokenizer rewrote gets the characters between its neighbours.

    Args:
        words: What the tokenizer returned, in the order of the text.
        text: What it was given.
        tokenizer: Its name, for the error message.

    Raises:
        DataError: A word is not in the text and neither are its neighbours.
    """
    spans = []
    position = 0
    for index, word in enumerate(words):
        position = _skip_space(text, position)
        following = words[index + 1] if index + 1 < len(words) else None
        span = _place(word, following, text, position)
        if span is None:
            raise DataError(
                f"{tokenizer} returned {word!r} as word {index}, which is not in the text "
                f"near character {position} ({text[position : position + 20]!r}). "
                "A tokenizer must return the words of the text in their order."
            )
        spans.append(span)
        position = span[1]
    return spans


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _place(word: str, following: str | None, text: str, position: int) -> tuple[int, int] | None:
    if text.startswith(word, position):
        return position, position + len(word)
    limit = position + len(word) + LOOKAHEAD
    found = text.find(word, position, limit)
    end = min(limit, len(text)) if following is None else text.find(following, position + 1, limit)
    if found >= 0 and (end < 0 or found < end):
        return found, found + len(word)
    rewritten = text[position : max(end, position)].rstrip()
    return (position, position + len(rewritten)) if rewritten else None
