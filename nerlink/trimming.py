"""White space at the edges of a mention, which no side of nerlink takes for part of it."""

__all__ = ["trimmed"]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The borders without white space at the edges; an empty range where there is nothing else.

    >>> trimmed("met Ada .", 3, 8)
    (4, 7)
    """
    surface = text[start:end]
    start += len(surface) - len(surface.lstrip())
    return start, start + len(surface.strip())
