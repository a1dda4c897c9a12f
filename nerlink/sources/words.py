"""Records with a list of words and one of tags, as data sets of Hugging Face have them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.schemes import ANY_SCHEME
from nerlink.sources.check import check_document
from nerlink.sources.names import TOKEN_NAMES, Names
from nerlink.sources.tokens.rows import (
    TokenRows,
    document_from_tokens,
    find_tokens,
    place_tokens,
)
from nerlink.tables import mapping
from nerlink.words import number_of, shown

__all__ = ["document_from_words", "has_words", "is_complete", "own_meta", "refuse_numbers"]

_LISTS: Final = {name: TOKEN_NAMES[name] for name in ("token", "ner", "nel")}


def has_words(record: Mapping[str, Any]) -> bool:
    """Whether a record has a list of words and no mentions of its own."""
    return "mentions" not in record and any(
        _is_words(record.get(key)) for key in ("tokens", "words", "token")
    )


def own_meta(record: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The entries of `meta` in a record; an empty list there, or `false`, is no object either.

    Raises:
        DataError: It is something else than an object.
    """
    meta = record.get("meta")
    return {} if meta is None else dict(mapping(meta, where=f"{where}: meta"))


def is_complete(record: Mapping[str, Any], *, where: str) -> bool:
    """Whether what is not marked is no mention; `"false"`, as text files have it, is false too.

    Raises:
        DataError: The value is neither true nor false.
    """
    value = record.get("complete")
    if value is None or isinstance(value, bool):
        return value is not False
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise DataError(
        f"{where}: complete is {shown(value)}; it must be true or false (whether what is not "
        "marked is known to be no mention). Rename the key, where it is something else."
    )


def _is_words(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(word, str) for word in value)
    )


def document_from_words(record: Mapping[str, Any], names: Names, *, where: str) -> Document:
    """The document of a record such as `{"tokens": ["Ada", "slept"], "ner_tags": ["B-PER", "O"]}`.

    Words are found in `text`, if the record has one; else they are joined by blanks.

    Args:
        record: The record.
        names: How the source calls things.
        where: The place that errors name.

    Raises:
        DataError: There are other than as many tags as words, or tags are numbers; or the words
            have a name that is not to be guessed.
    """
    lists = {key: value for key, value in record.items() if isinstance(value, list | tuple)}
    plan = names.find(lists, _LISTS, where=where)
    words = record.get(plan.get("token", ""))
    if words is None or not _is_words(words):
        raise DataError(
            f"{where}: a list of words has another name than 'token'. Say which one is meant: "
            "columns={'token': 'tokens'}; ranges of characters, as in tokens = [[0, 3]], need none."
        )
    places = [f"{where}: token {number}" for number in range(len(words))]
    tags = {name: record[key] for name, key in plan.items() if name != "token"}
    for name, column in tags.items():
        if len(column) != len(words):
            raise DataError(
                f"{where}: {plan[name]!r} has {number_of(len(column), 'values')} for "
                f"{number_of(len(words), 'words')}. Give each word a tag."
            )
        refuse_numbers(column, plan[name], where=where)
    rows = TokenRows(tokens=words, sentences=[0] * len(words), **tags)
    text, ranges = place_tokens(rows)
    if isinstance(record.get("text"), str):
        text = record["text"]
        ranges = find_tokens(words, text, places)
    taken = {"id", "text", "meta", "complete", *plan.values()}
    meta = own_meta(record, where=where) | {
        str(k): value for k, value in record.items() if k not in taken and value is not None
    }
    doc_id = record.get("id")
    doc = Document(
        text=text,
        id=None if doc_id is None else str(doc_id),
        meta=meta,
        complete=is_complete(record, where=where),
    )
    doc = document_from_tokens(rows, ranges, doc=doc, scheme=ANY_SCHEME, places=places, names=names)
    return check_document(doc, where=where)


def refuse_numbers(tags: Sequence[Any], column: str, *, where: str) -> None:
    """Refuse tags that are numbers: what they mean is said in another place.

    Raises:
        DataError: A tag is a number; the message says how to put names in.
    """
    for number, tag in enumerate(tags):
        if isinstance(tag, int | float):
            raise DataError(
                f"{where}: {column} {number} is {shown(tag)}, the number of a tag. Put the names "
                f"in its place, which a data set has in its features: frame[{column!r}] = "
                f"[[names[n] for n in tags] for tags in frame[{column!r}]]."
            )
        if tag is not None and not isinstance(tag, str):
            raise DataError(f"{where}: {column} {number} is {shown(tag)}; it must be a string.")
