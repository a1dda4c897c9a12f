"""Documents and options checked at the door, so that everything behind it can trust them."""

import inspect
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal, cast, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nerlink.data import Document, Mention, is_one_line
from nerlink.errors import DataError
from nerlink.rows import Row, attempt
from nerlink.sources.keys import MENTION_COLUMNS, TOKEN_COLUMNS
from nerlink.sources.plain import check_encodable, plain_document
from nerlink.words import number_of, shown

__all__ = [
    "OnError",
    "Result",
    "accept",
    "check_document",
    "check_documents",
    "check_options",
    "documents_from",
]

log = logging.getLogger(__name__)

OnError = Literal["raise", "skip", "skip-mention"]
"""What becomes of what cannot be read: an error, a document less, or a mention less."""
Result = Document | DataError
"""What a reader yields: a document, or why one could not be read."""


def documents_from(
    rows: Iterable[Row | DataError], make: Callable[..., Document], *args: Any
) -> Iterator[Result]:
    """A document of each row, or why there is none: one bad row does not end a file.

    Args:
        rows: The rows of a file.
        make: Called as `make(values, *args, where=place)`.
        *args: What `make` needs to know beside.
    """
    for row in rows:
        if isinstance(row, DataError):
            yield row
        else:
            result = attempt(make, row.values, *args, where=row.where)
            if isinstance(result, DataError):
                name = row.values.get("id", row.values.get("doc_id"))
                result.doc_id = name if isinstance(name, str) and is_one_line(name) else None
            yield result


def accept(
    results: Iterable[Result],
    *,
    source: str,
    on_error: OnError = "raise",
    skipped: Callable[[DataError], None] | None = None,
    unique_ids: bool = True,
) -> Iterator[Document]:
    """The good documents of a reader; bad ones are raised, or skipped, counted and logged.

    Args:
        results: What a reader yields.
        source: The place that messages name.
        on_error: `raise` stops at the first bad document, `skip` leaves it out; `skip-mention`
            leaves out the mentions that are at fault, and a document where none can be blamed.
        skipped: Called with the error of each document or mention left out.
        unique_ids: Refuse an id that occurred before (costs about 100 bytes a document).

    Raises:
        DataError: A document is bad and `on_error` is `raise`.
    """
    if on_error not in (known := get_args(OnError)):
        raise DataError(f"on_error is {on_error!r}; it must be {' or '.join(map(repr, known))}.")
    n_documents, seen, skips = 0, set[int](), _Skips(skipped or (lambda _: None))
    for result in results:
        n_documents += 1
        if isinstance(result, DataError) and on_error == "skip-mention":
            result = skips.without_bad_mentions(result)
        if unique_ids and isinstance(result, Document):
            result = _unless_seen(result, seen, source)
        if isinstance(result, Document):
            yield result
        elif on_error == "raise":
            raise result
        else:
            skips.add(skips.documents, result)
    skips.log(source, n_documents)


class _Skips:
    """What was left out, counted by reason."""

    def __init__(self, skipped: Callable[[DataError], None]) -> None:
        self.skipped = skipped
        self.documents: Counter[str] = Counter()
        self.mentions: Counter[str] = Counter()

    def add(self, counts: Counter[str], error: DataError) -> None:
        if not self.documents and not self.mentions:
            log.warning("Skipping what cannot be read; the first: %s", error)
        counts[error.reason] += 1
        self.skipped(error)

    def without_bad_mentions(self, error: DataError) -> Result:
        """The document without the mentions that are at fault; the error where none is."""
        if error.rest is None:
            return error
        try:
            doc, faults = error.rest()
        except DataError as other:
            return other
        if not faults:
            return error  # what is wrong is not wrong with one of them alone
        for fault in faults:
            self.add(self.mentions, fault)
        return cast(Document, doc)

    def log(self, source: str, n_documents: int) -> None:
        if self.documents:
            n_all = number_of(n_documents, "documents")
            counts = _by_reason(self.documents)
            log.warning("%s: skipped %d of %s: %s.", source, self.documents.total(), n_all, counts)
        if self.mentions:
            n_mentions = number_of(self.mentions.total(), "mentions")
            log.warning("%s: skipped %s: %s.", source, n_mentions, _by_reason(self.mentions))


def _by_reason(counts: Counter[str]) -> str:
    return ", ".join(f"{reason} ({n:,})" for reason, n in counts.most_common())


def _unless_seen(doc: Document, seen: set[int], source: str) -> Result:
    if doc.id is None:
        return doc
    key = hash(doc.id)
    if key in seen:
        return DataError(
            f"{source}: id {doc.id!r} occurs twice; ids must be unique. "
            "Rename one of the documents, or leave ids out.",
            reason="an id that occurs twice",
        )
    seen.add(key)
    return doc


def check_documents(
    documents: Iterable[str | Document], *, what: str = "documents", texts: bool = False
) -> Iterator[Document]:
    """Documents, one by one, each found to be sound.

    Args:
        documents: Any number, also a stream.
        what: What messages call all of them.
        texts: Take a text for a document without mentions.

    Raises:
        DataError: They are a table or a single document, or one of them is none or not sound.
    """
    if hasattr(documents, "columns"):
        raise DataError(
            f"{what} is a {type(documents).__name__}, not documents. "
            "nerlink.from_frame(frame) makes documents of a table."
        )
    if isinstance(documents, str | bytes | Mapping | Document) or not hasattr(
        documents, "__iter__"
    ):
        raise DataError(f"{what} is a {type(documents).__name__}; pass a list of documents.")
    return (_check_item(number, one, texts) for number, one in enumerate(documents, 1))


def _check_item(number: int, one: Any, texts: bool) -> Document:
    doc = Document(text=one) if texts and isinstance(one, str) else one
    if not isinstance(doc, Document):
        raise _no_document(
            doc, f"document {number}", "texts or Documents" if texts else "Documents"
        )
    return check_document(doc, where=f"document {number if doc.id is None else shown(doc.id)}")


def _no_document(value: Any, where: str, wanted: str) -> DataError:
    return DataError(
        f"{where} is a {type(value).__name__}; pass {wanted}. "
        "nerlink.from_frame(pandas.DataFrame(records)) makes Documents of records."
    )


def check_document(
    doc: Document, *, where: str, places: Sequence[str] | None = None, is_plain: bool = False
) -> Document:
    """The document, found to be sound, its values made plain: the same object where they are.

    Overlapping and duplicate mentions are sound, and so is an empty text. Numbers of numpy become
    Python's, lists become tuples.

    Args:
        doc: The document.
        where: The place that errors name, such as `train.jsonl:17`.
        places: The place of each mention, (n_mentions), where it is not that of the document.
        is_plain: Whether a reader of nerlink made it, of values whose kinds it has checked.

    Raises:
        DataError: Offsets lie outside the text, are reversed or empty; tokens or sentences are
            out of order; a string holds characters that no file or model can carry; columns of
            mentions or tokens are no lists; a value is of another kind than its field; or it is
            something else than a document.
    """
    if not isinstance(doc, Document):
        raise _no_document(doc, where, "a Document")
    if not is_plain:
        doc = plain_document(doc, where=where, places=places)
    _check_characters(doc.text, where=f"{where}: text")
    if doc.id is not None:
        _check_name(doc.id, where=f"{where}: id")
    for number, mention in enumerate(doc.mentions):
        place = places[number] if places else f"{where}: mention {number}"
        _check_mention(mention, len(doc.text), where=place)
    _check_ranges(doc.tokens, len(doc.text), where=f"{where}: token")
    _check_ranges(doc.sentences, len(doc.text), where=f"{where}: sentence")
    for key in (MENTION_COLUMNS, TOKEN_COLUMNS):
        _check_columns(doc.meta.get(key, {}), where=f"{where}: {key}")
    return doc


_LARGEST: Final = sys.float_info.max


def _check_mention(mention: Mention, length: int, *, where: str) -> None:
    """Refuse a mention that does not fit a text of `length` characters."""
    _check_range(mention.start, mention.end, length, where=where)
    if mention.label is not None:
        _check_name(mention.label, where=f"{where}: label")
    if mention.entity is not None:
        _check_name(mention.entity, where=f"{where}: entity")
    for column, score in (("score", mention.score), ("link_score", mention.link_score)):
        if score is not None and not -1e-6 <= score <= 1 + 1e-6:
            raise DataError(f"{where}: {column} is {shown(score)}; it must lie between 0 and 1.")
    for number, candidate in enumerate(mention.candidates):
        _check_characters(candidate.entity, where=f"{where}: candidate {number}: entity")
        for column, score in (("score", candidate.score), ("prior", candidate.prior)):
            if score is not None and not -_LARGEST <= score <= _LARGEST:  # NaN is not, either
                raise DataError(
                    f"{where}: candidate {number}: {column} is {shown(score)}; it must be a number."
                )


def _check_range(start: int, end: int, length: int, *, where: str) -> None:
    if 0 <= start < end <= length:
        return
    if start >= end:
        reason = "reversed offsets" if start > end else "no character"
        fault = "is reversed" if start > end else "is empty"
    else:
        reason = "offsets outside the text"
        fault = f"reaches outside the text of {number_of(length, 'characters')}"
    raise DataError(
        f"{where}: start {shown(start)}, end {shown(end)} {fault}. "
        "Offsets count characters from 0; end is one past the last.",
        reason=reason,
    )


def _check_ranges(ranges: tuple[tuple[int, int], ...] | None, length: int, *, where: str) -> None:
    last = 0
    for number, (start, end) in enumerate(ranges or ()):
        _check_range(start, end, length, where=f"{where} {number}")
        if start < last:
            raise DataError(
                f"{where} {number}: it starts at {start}, before the one in front of it ends "
                f"({last}). Give them in order and without overlap."
            )
        last = end


def _check_columns(columns: Any, *, where: str) -> None:
    is_object = isinstance(columns, Mapping)
    lists = columns.values() if is_object else ()
    if not is_object or any(isinstance(c, str) or not isinstance(c, Sequence) for c in lists):
        raise DataError(f"{where} is {shown(columns)}; it must be an object of lists.")


def _check_characters(text: str, *, where: str) -> None:
    if not isinstance(text, str):
        raise DataError(f"{where} is {shown(text)}; it must be a string.")
    if (position := text.find("\0")) >= 0:
        raise DataError(f"{where}: character {position} is NUL (U+0000). Remove it.")
    check_encodable(text, where=where)


def _check_name(name: str, *, where: str) -> None:
    _check_characters(name, where=where)
    if not name or name != name.strip(" ") or not is_one_line(name):
        raise DataError(
            f"{where} is {name!r}; it must not be empty, hold tabs or line ends, "
            "or begin or end with a blank."
        )


def check_options(owner: Callable[..., Any], options: Mapping[str, Any], *, what: str) -> None:
    """Refuse options that a function or a config does not have, or of another type.

    Args:
        owner: A function with keyword-only parameters, or a dataclass with keyword-only fields.
        options: Names to values.
        what: What the message calls the owner.

    Raises:
        DataError: With the name, the value and what it should be.
    """
    hints = get_type_hints(owner.func if isinstance(owner, partial) else owner)
    parameters = inspect.signature(owner).parameters.values()
    known = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for name, value in options.items():
        if name not in known:
            raise DataError(f"{what} has no option {name!r}; it has {', '.join(known) or 'none'}.")
        try:
            TypeAdapter(hints[name], config=_ANYTHING).validate_python(value, strict=True)
        except ValidationError as error:
            raise DataError(f"{what}: {name} is {shown(value)}; it {_reason(error)}.") from error


_ANYTHING = ConfigDict(arbitrary_types_allowed=True)


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] in ("sequence_str", "is_instance_of"):
        return 'should be a list such as ["token", "ner"]'
    return first["msg"].removeprefix("Input ")
