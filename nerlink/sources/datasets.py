"""Data sets of Hugging Face, in and out, told by what they can do: no package is needed to read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.rows import Row, attempt
from nerlink.sources.check import OnError, accept, check_documents, documents_from
from nerlink.sources.losses import Losses
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import Names
from nerlink.sources.records import document_from_record, record_from_document
from nerlink.sources.tokens.rows import NO_TAG, rows_from_tokens
from nerlink.words import number_of, shown

__all__ = ["from_dataset", "to_dataset"]


def from_dataset(
    dataset: Any,
    *,
    columns: Mapping[str, str] | None = None,
    guess: bool = True,
    on_error: OnError = "raise",
    skipped: Callable[[DataError], None] | None = None,
) -> list[Document]:
    """The documents of one split: `tokens` with `ner_tags`, or texts with spans.

    Numbers of classes become the names that `dataset.features` gives them.

        from_dataset(load_dataset("conll2003", split="train"))

    Args:
        dataset: One split, of `datasets` or of anything else that gives rows as mappings and has
            `features`; a stream will do.
        columns: nerlink's names of columns to the data set's, such as `{"mentions": "spans"}`.
        guess: Understand names that other programs use.
        on_error: As `read` takes it.
        skipped: Called with the error of each document or mention left out.

    Raises:
        DataError: It is something else, has several splits, or a row cannot be read.
    """
    if isinstance(dataset, Mapping):
        splits = ", ".join(map(repr, dataset))
        raise DataError(f"the data set has splits: {splits}. Pass one of them: dataset['train'].")
    features = getattr(dataset, "features", None)
    if not hasattr(dataset, "__iter__") or not isinstance(features, Mapping | None):
        raise DataError(
            f"dataset is a {type(dataset).__name__}; pass one split of a data set, such as "
            "load_dataset(name, split='train')."
        )
    names = Names("dataset", columns, guess=guess)
    rows = _rows(dataset, features or {})
    results = documents_from(rows, _document, names)
    return list(accept(results, source="dataset", on_error=on_error, skipped=skipped))


def _document(record: Any, names: Names, *, where: str) -> Document:
    return document_from_record(record, where=where, names=names)


def _rows(dataset: Iterable[Any], features: Mapping[str, Any]) -> Iterator[Row | DataError]:
    classes = {name: found for name, feature in features.items() if (found := _classes(feature))}
    for number, row in enumerate(dataset):
        where = f"dataset row {number}"
        if not isinstance(row, Mapping):
            yield DataError(f"{where} is {shown(row)}; it must be a mapping of columns to values.")
        else:
            yield attempt(_row, row, classes, where)


def _row(row: Mapping[str, Any], classes: Mapping[str, Any], where: str) -> Row:
    named = {
        key: _named(value, classes[key], where=f"{where}: {key}") if key in classes else value
        for key, value in row.items()
    }
    return Row(where, {key: _each(one) for key, one in named.items() if one is not None})


def _each(value: Any) -> Any:
    """Spans as objects, where a data set gives one object of lists: a list for each key."""
    if not isinstance(value, Mapping) or not {"start", "end"} <= value.keys():
        return value
    lists = {key: list(one) for key, one in value.items() if isinstance(one, list | tuple)}
    if len(lists) < len(value) or len({len(one) for one in lists.values()}) != 1:
        return value
    return [dict(zip(lists, ones, strict=True)) for ones in zip(*lists.values(), strict=True)]


def _classes(feature: Any) -> Any:
    """The names of classes in a feature, in the shape of its values; `None` where it has none.

    A class feature has `names`; a list of it has `feature`, or is a list with one feature; an
    object has a feature for each key.
    """
    if isinstance(names := getattr(feature, "names", None), list | tuple):
        return tuple(names)
    if isinstance(feature, list | tuple) and len(feature) == 1:
        return _classes(feature[0])
    if isinstance(feature, Mapping):
        found = {key: known for key, one in feature.items() if (known := _classes(one))}
        return found or None
    inner = getattr(feature, "feature", None)
    return None if inner is None else _classes(inner)


def _named(value: Any, names: Any, *, where: str) -> Any:
    """A value with names of classes in the place of their numbers."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(names, Mapping):
        if isinstance(value, list | tuple):
            return [_named(one, names, where=f"{where} {n}") for n, one in enumerate(value)]
        if not isinstance(value, Mapping):
            return value
        return {
            key: _named(one, names[key], where=f"{where}: {key}") if key in names else one
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_named(one, names, where=f"{where} {n}") for n, one in enumerate(value)]
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if not 0 <= value < len(names):
        raise DataError(
            f"{where} is {value}, but there are {number_of(len(names), 'classes')}: "
            f"{', '.join(map(repr, names))}. Mend the number.",
            reason="an unknown class",
        )
    return names[value]


Shape = Literal["tokens", "spans"]

_SPAN_KEYS: Final = ("start", "end", "label", "entity")


def to_dataset(
    documents: Iterable[Document], *, shape: Shape = "tokens", losses: Losses | None = None
) -> Any:
    """A `datasets.Dataset`: a row a document.

    Args:
        documents: What to write.
        shape: `tokens` has columns `id`, `text`, `tokens`, `ner_tags` (classes in BIO) and
            `nel_tags` (ids in BIO); `spans` has `id`, `text` and `mentions`, with start, end,
            label and entity.
        losses: Counts what the rows cannot carry.

    Raises:
        DataError: The package `datasets` is not installed.
    """
    losses = Losses() if losses is None else losses
    if shape not in ("tokens", "spans"):
        raise DataError(f"shape is {shape!r}; it must be 'tokens' or 'spans'.")
    docs = with_plain_meta(check_documents(documents), losses)
    make = _as_tokens if shape == "tokens" else _as_spans
    rows = [make(doc, losses) for doc in docs]
    try:
        import datasets
    except ImportError as error:
        raise DataError("datasets is not installed: pip install datasets.") from error
    text = datasets.Value("string")
    if shape == "spans":
        number = datasets.Value("int64")
        kinds = dict(zip(_SPAN_KEYS, (number, number, text, text), strict=True))
        features = {"id": text, "text": text, "mentions": [kinds]}
    else:
        labels = sorted({tag[2:] for row in rows for tag in row["ner_tags"] if tag != NO_TAG})
        tags = [NO_TAG, *(f"{mark}-{label}" for label in labels for mark in "BI")]
        classes = [datasets.ClassLabel(names=tags)]
        features = {"id": text, "text": text, "tokens": [text]}
        features |= {"ner_tags": classes, "nel_tags": [text]}
        at = {tag: number for number, tag in enumerate(tags)}
        for row in rows:
            row["ner_tags"] = [at[tag] for tag in row["ner_tags"]]
    columns = {key: [row[key] for row in rows] for key in features}
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


_OF_TOKENS: Final = frozenset({"ids", "mentions", "labels", "links", "tokens"})
_OF_SPANS: Final = frozenset({"ids", "mentions", "labels", "links"})


def _as_tokens(doc: Document, losses: Losses) -> dict[str, Any]:
    losses.note(doc, carried=_OF_TOKENS)
    rows = rows_from_tokens(doc, scheme="bio", losses=losses)
    tags = {"ner_tags": list(rows.ner or ()), "nel_tags": list(rows.nel or ())}
    return {"id": doc.id, "text": doc.text, "tokens": list(rows.tokens), **tags}


def _as_spans(doc: Document, losses: Losses) -> dict[str, Any]:
    losses.note(doc, carried=_OF_SPANS)
    record = record_from_document(doc)
    spans = [{key: one.get(key) for key in _SPAN_KEYS} for one in record["mentions"]]
    return {"id": doc.id, "text": doc.text, "mentions": spans}
