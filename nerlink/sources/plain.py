"""What people put into a `Document` by hand, as the plain Python values that its fields promise.

Dataclasses take any value. Numbers of numpy and pandas, lists for tuples and strings of other
classes are made plain; what would have to be guessed is refused, with its place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import index
from typing import Any, Final, TypeVar

from nerlink.data import Candidate, Document, Mention, NilKind
from nerlink.errors import DataError
from nerlink.words import shown

__all__ = ["check_encodable", "plain_document"]

Part = TypeVar("Part", Document, Mention, Candidate)
Read = Callable[..., Any]
"""Takes a value, its name and the place that errors name; gives back the value if it is plain."""


def plain_document(doc: Document, *, where: str, places: Sequence[str] | None = None) -> Document:
    """The document with plain values; the same object where all of them are.

    Args:
        doc: A document that nobody has checked.
        where: The place that errors name.
        places: The place of each mention, (n_mentions), where it is not that of the document.

    Raises:
        DataError: A value is of another kind than its field.
    """
    mentions = _sequence(doc.mentions, "mentions", where, wanted="a tuple of Mentions, () for none")
    doc = doc if mentions is doc.mentions else replace(doc, mentions=mentions)
    plain = tuple(
        _plain(one, Mention, _MENTION, places[n] if places else f"{where}: mention {n}")
        for n, one in enumerate(mentions)
    )
    doc = doc if _all_same(plain, mentions) else replace(doc, mentions=plain)
    return _plain(doc, Document, _DOCUMENT, where)


def _plain(one: Any, kind: type[Part], fields: Mapping[str, Read], where: str) -> Part:
    if not isinstance(one, kind):
        raise DataError(f"{where} is a {type(one).__name__}; pass {kind.__name__}s.")
    changes = {}
    for name, read in fields.items():
        value = getattr(one, name)
        plain = read(value, name, where)
        if plain is not value:
            changes[name] = plain
    return replace(one, **changes) if changes else one


def _wrong(value: object, name: str, where: str, *, wanted: str) -> DataError:
    """The error for a value of another kind than its field."""
    return DataError(f"{where}: {name} is {shown(value)}; it must be {wanted}.")


def check_encodable(text: str, *, where: str) -> str:
    """The same text, which a file of UTF-8 can hold.

    Raises:
        DataError: It cannot; the message names the character.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise DataError(
            f"{where}: character {error.start} is half of a surrogate pair (U+{code:04X}), which "
            "no UTF-8 file can hold. Decode the text again, or replace the character."
        ) from error
    return text


def _whole(value: Any, name: str, where: str) -> int:
    """Any integer but a truth value; a float is none, even 3.0: somebody computed it."""
    if type(value) is int:
        return value
    if not isinstance(value, bool):
        try:
            return index(value)
        except TypeError:
            pass
    raise _wrong(value, name, where, wanted="a whole number")


def _number(value: Any, name: str, where: str) -> float | None:
    if value is None or type(value) in (float, int):
        return value  # type: ignore[no-any-return]
    if hasattr(value, "__float__") and not isinstance(value, bool):
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
    raise _wrong(value, name, where, wanted="a number")


def _string(value: Any, name: str, where: str) -> str | None:
    if value is None or type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)  # str() of a member of an enumeration is its name
    raise _wrong(value, name, where, wanted="a string")


def _text(value: Any, name: str, where: str) -> str:
    text = _string(value, name, where)
    if text is None:
        raise _wrong(value, name, where, wanted="a string")
    return text


def _kind_of_nil(value: Any, name: str, where: str) -> NilKind | None:
    if value is None or isinstance(value, NilKind):
        return value
    if value in list(NilKind):
        return NilKind(value)
    raise _wrong(value, name, where, wanted=f"one of {', '.join(map(repr, map(str, NilKind)))}")


def _candidates(value: Any, name: str, where: str) -> tuple[Candidate, ...]:
    given = _sequence(value, name, where, wanted="a tuple of Candidates, () for none")
    plain = tuple(
        _plain(one, Candidate, _CANDIDATE, f"{where}: candidate {n}") for n, one in enumerate(given)
    )
    return given if _all_same(plain, given) else plain


def _ranges(value: Any, name: str, where: str) -> tuple[tuple[int, int], ...] | None:
    if value is None:
        return None
    given = _sequence(value, name, where, wanted="a tuple of (start, end), None where not known")
    plain = tuple(_range(one, f"{name}: {n}", where) for n, one in enumerate(given))
    return given if _all_same(plain, given) else plain


def _range(value: Any, name: str, where: str) -> tuple[int, int]:
    pair = _sequence(value, name, where, wanted="(start, end)")
    if len(pair) != 2:
        raise _wrong(value, name, where, wanted="(start, end)")
    if type(pair[0]) is int and type(pair[1]) is int:
        return pair
    return _whole(pair[0], f"{name}: start", where), _whole(pair[1], f"{name}: end", where)


def _sequence(value: Any, name: str, where: str, *, wanted: str) -> tuple[Any, ...]:
    if type(value) is tuple:
        return value
    listed = value.tolist() if hasattr(value, "tolist") else value  # arrays of numpy and torch
    if isinstance(listed, Sequence) and not isinstance(listed, str | bytes):
        return tuple(listed)
    raise _wrong(value, name, where, wanted=wanted)


def _truth(value: Any, name: str, where: str) -> bool:
    if isinstance(value, bool):
        return value
    if type(value).__name__ == "bool" and hasattr(value, "item"):  # numpy
        return bool(value)
    raise _wrong(value, name, where, wanted="True or False")


def _mapping(value: Any, name: str, where: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise _wrong(value, name, where, wanted="a dict, {} for nothing")


def _all_same(plain: Iterable[object], given: Iterable[object]) -> bool:
    return all(one is other for one, other in zip(plain, given, strict=True))


_CANDIDATE: Final[Mapping[str, Read]] = {
    "entity": _string,
    "score": _number,
    "prior": _number,
    "count": _whole,
}
_MENTION: Final[Mapping[str, Read]] = {
    "start": _whole,
    "end": _whole,
    "label": _string,
    "entity": _string,
    "score": _number,
    "link_score": _number,
    "candidates": _candidates,
    "nil": _kind_of_nil,
}
_DOCUMENT: Final[Mapping[str, Read]] = {
    "text": _text,
    "id": _string,
    "sentences": _ranges,
    "tokens": _ranges,
    "meta": _mapping,
    "complete": _truth,
}
