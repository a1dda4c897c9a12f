"""Tag schemes: the tags of tokens to spans and back."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from nerlink.errors import DataError

__all__ = [
    "ANY_SCHEME",
    "BARE_LABEL",
    "READABLE_SCHEMES",
    "TAG_SCHEMES",
    "Span",
    "check_tag",
    "describe_scheme",
    "find_scheme",
    "spans_from_tags",
    "tags_from_spans",
]

TAG_SCHEMES = ("iob1", "bio", "bioes", "bilou", "bmes", "bmewo")
"""In `iob1`, `B-` opens a span only where it touches another span of the same label; in the others
`B-` opens every span, but for those of one token in schemes that mark ends: `bioes` has `E-` for
ends and `S-` for spans of one token, `bilou` calls these `L-` and `U-`, `bmes` has `M-` inside, and
`bmewo` has `W-` for spans of one token as well."""

ANY_SCHEME: Final = "auto"
"""All letters of `TAG_SCHEMES` at once: none means two things, so a file need not name its own."""

READABLE_SCHEMES = (ANY_SCHEME, *TAG_SCHEMES, "io", "bare", "underscore", "suffix")
"""Schemes that tags are read by: also `io`, where a tag is a label and equal neighbours are one
span; `bare` letters without a label; and letters before an `underscore` (`B_PER`) or as `suffix`
(`PER-B`)."""

BARE_LABEL: Final = "MENTION"
"""The label of spans whose tags have none."""

Span = tuple[int, int, str]
"""First token, one past the last token, label."""

_LETTERS = {
    "iob1": "BI",
    "bio": "BI",
    "bioes": "BIES",
    "bilou": "BILU",
    "bmes": "BMES",
    "bmewo": "BMEW",
}
_ROLES = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}
"""What each letter says in the words of BIOES."""

_OUTSIDE = frozenset({"O", "-", "_", ""})
"""Tags of tokens outside all spans; spaCy writes `-`, tables have empty cells."""


def find_scheme(tags: Iterable[str]) -> str:
    """The scheme of `READABLE_SCHEMES` that all tags of a column are in.

    `io` is found only beside an `O`: without one, the tags may be parts of speech. Where no scheme
    has all tags it is `auto`, whose check says which tag is wrong.

    >>> find_scheme(["B-PER", "L-PER", "O"]), find_scheme(["PER", "O"]), find_scheme(["NN", "VB"])
    ('auto', 'io', 'auto')
    """
    known = set(tags)
    said = known - _OUTSIDE
    for scheme in (ANY_SCHEME, "bare", "underscore", "suffix"):
        if all(_parse(tag, scheme) for tag in said):
            return scheme
    has_letters = any(_parse(tag, ANY_SCHEME) for tag in said)
    is_label = re.compile(r"[^\W\d_][\w./& -]*").fullmatch
    return "io" if "O" in known and not has_letters and all(map(is_label, said)) else ANY_SCHEME


def describe_scheme(scheme: str, tags: Iterable[str]) -> str | None:
    """What to say of a scheme that was found, `None` where tags are BIO or BIOES as everywhere."""
    if scheme == ANY_SCHEME:
        letters = {tag[0] for tag in tags if tag not in _OUTSIDE}
        fitting = (name for name in _LETTERS if letters <= set(_LETTERS[name]))
        name = next(fitting, "bio")
        return None if name in ("iob1", "bio", "bioes") else f"tags are read as {name.upper()}"
    return {
        "io": "tags are read as labels without prefixes (IO); equal neighbours are one mention",
        "bare": f"tags have no labels; the label of their mentions is {BARE_LABEL!r}",
        "underscore": "tags are read as B_PER",
        "suffix": "tags are read as PER-B",
    }[scheme]


def check_tag(tag: str, *, scheme: str, where: str) -> tuple[str, str]:
    """The role of a tag in the words of BIOES, and its label; `("O", "")` outside all spans.

    Args:
        tag: Such as `O` or `B-PER`.
        scheme: One of `READABLE_SCHEMES`.
        where: The place an error names, such as `train.conll:17`.

    Raises:
        DataError: The tag is not in the scheme, or there is no such scheme.
    """
    parts = _parse(tag, scheme)
    if parts is None:
        others = [name for name in READABLE_SCHEMES[1:] if name != "io" and _parse(tag, name)]
        advice = f" Schemes with this tag: {', '.join(others)}." if others else ""
        letters = _LETTERS.get(scheme, "BI")
        examples = ", ".join(f"'{letter}-PER'" for letter in letters)
        name = "any scheme" if scheme == ANY_SCHEME else f"the {scheme.upper()} scheme"
        raise DataError(
            f"{where}: tag {tag!r} is not in {name}. Tags look like 'O', {examples}; "
            f"the schemes are {', '.join(READABLE_SCHEMES)}.{advice}"
        )
    return parts


@lru_cache(maxsize=65536)
def _parse(tag: str, scheme: str) -> tuple[str, str] | None:
    if scheme not in READABLE_SCHEMES:
        raise DataError(
            f"There is no tag scheme {scheme!r}; take one of {', '.join(READABLE_SCHEMES)}."
        )
    if tag in _OUTSIDE:
        return "O", ""
    if scheme == "io":
        return "I", tag
    letter, mark, label = tag.partition("_" if scheme == "underscore" else "-")
    if scheme == "suffix":
        label, mark, letter = tag.rpartition("-")
    elif scheme == "bare":
        letter, mark, label = tag, "-", BARE_LABEL
    is_letter = len(letter) == 1 and letter in _LETTERS.get(scheme, "BIESMLUW")
    return (_ROLES[letter], label) if is_letter and mark and label else None


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
        role, name = check_tag(tag, scheme=scheme, where=f"tag {i}")
        if is_closed or name != label or role not in "IE":
            if start >= 0:
                spans.append((start, i, label))
            start, label = (-1, "") if role == "O" else (i, name)
        is_closed = role in "ES"
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
    if scheme not in TAG_SCHEMES:
        raise DataError(f"Tags are written in {', '.join(TAG_SCHEMES)}, not in {scheme!r}.")
    check_tag(f"B-{label}", scheme=scheme, where=f"label {label!r}")
    letters = _LETTERS[scheme]
    prefixes = [letters[1]] * length
    if scheme != "iob1" or is_touching:
        prefixes[0] = "B"
    if len(letters) == 4:
        prefixes[-1] = letters[2 if length > 1 else 3]
    return [f"{prefix}-{label}" for prefix in prefixes]
