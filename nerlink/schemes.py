"""Tag schemes: IOB1, BIO and BIOES tags to token spans and back."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from nerlink.errors import DataError

__all__ = ["TAG_SCHEMES", "Span", "check_tag", "spans_from_tags", "tags_from_spans"]

TAG_SCHEMES = ("iob1", "bio", "bioes")
"""In `iob1`, `B-` opens a span only where it touches another span of the same label; in `bio` and
`bioes`, `B-` opens every span; `bioes` also marks ends (`E-`) and spans of one token (`S-`)."""

Span = tuple[int, int, str]
"""First token, one past the last token, label."""

_PREFIXES = {"iob1": "BI", "bio": "BI", "bioes": "BIES"}


def check_tag(tag: str, *, scheme: str, where: str) -> tuple[str, str]:
    """The prefix and the label of a tag; `("O", "")` outside all spans.

    Args:
        tag: Such as `O` or `B-PER`.
        scheme: One of `TAG_SCHEMES`.
        where: The place an error names, such as `train.conll:17`.

    Raises:
        DataError: The tag is not in the scheme, or there is no such scheme.
    """
    parts = _parse(tag, scheme)
    if parts is None:
        examples = ", ".join(f"'{prefix}-PER'" for prefix in _PREFIXES[scheme])
        raise DataError(
            f"{where}: tag {tag!r} is not in the {scheme.upper()} scheme. "
            f"Tags look like 'O', {examples}; the schemes are {', '.join(TAG_SCHEMES)}."
        )
    return parts


@lru_cache(maxsize=65536)
def _parse(tag: str, scheme: str) -> tuple[str, str] | None:
    if scheme not in _PREFIXES:
        raise DataError(f"There is no tag scheme {scheme!r}; take one of {', '.join(TAG_SCHEMES)}.")
    if tag == "O":
        return "O", ""
    prefix, dash, label = tag.partition("-")
    is_tag = len(prefix) == 1 and prefix in _PREFIXES[scheme] and dash and label
    return (prefix, label) if is_tag else None


def spans_from_tags(tags: Sequence[str], *, scheme: str) -> list[Span]:
    """Token spans of a sequence of tags, by the rules of `conlleval`.

    A span opens at `B-` and `S-`, and also at an `I-` or `E-` that follows no tag of the same
    label: `O I-PER` is a span in every scheme. A span closes after `E-` and `S-`, and before any
    tag that does not continue it.

    Raises:
        DataError: A tag is not in the scheme.
    """
    spans: list[Span] = []
    start, label, is_closed = -1, "", True  # a start of -1: no span is open
    for i, tag in enumerate(tags):
        prefix, name = check_tag(tag, scheme=scheme, where=f"tag {i}")
        if is_closed or name != label or prefix not in "IE":
            if start >= 0:
                spans.append((start, i, label))
            start, label = (-1, "") if prefix == "O" else (i, name)
        is_closed = prefix in "ES"
    if start >= 0:
        spans.append((start, len(tags), label))
    return spans


def tags_from_spans(spans: Iterable[Span], n_tokens: int, *, scheme: str) -> list[str]:
    """The tag of each token, (n_tokens); spans may come in any order.

    Raises:
        DataError: Spans overlap, which one row of tags cannot carry, or lie outside the tokens.
    """
    tags = ["O"] * n_tokens
    last_end, last_label = 0, ""
    for start, end, label in sorted(spans):
        if not last_end <= start < end <= n_tokens:
            raise DataError(
                f"Span ({start}, {end}, {label!r}) does not fit: it must start at token "
                f"{last_end} or later and end at token {n_tokens} or before."
            )
        is_touching = start == last_end and label == last_label
        tags[start:end] = _tags(end - start, label, scheme, is_touching=is_touching)
        last_end, last_label = end, label
    return tags


def _tags(length: int, label: str, scheme: str, *, is_touching: bool) -> list[str]:
    check_tag(f"B-{label}", scheme=scheme, where=f"label {label!r}")
    prefixes = ["I"] * length
    if scheme != "iob1" or is_touching:
        prefixes[0] = "B"
    if scheme == "bioes":
        prefixes[-1] = "E" if length > 1 else "S"
    return [f"{prefix}-{label}" for prefix in prefixes]
