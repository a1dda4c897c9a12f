"""What reviewers have saved of a document, which of it counts, and whether they agree."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources.check import check_document
from nerlink.sources.keys import MENTION_COLUMNS
from nerlink.sources.names import Names
from nerlink.sources.records import document_from_record, record_from_document
from nerlink.tables import mapping

__all__ = [
    "DISPUTED",
    "REVIEWED",
    "REVIEWER",
    "Save",
    "counted",
    "independent",
    "is_disputed",
    "key_of",
    "marks_of",
    "reviewed",
    "save_from_record",
    "sound_document",
]

REVIEWER: Final = "reviewer"
"""The key of `meta` that says who made the version that counts."""

REVIEWED: Final = "reviewed"
"""The key of `meta` that says when, in UTC."""

DISPUTED: Final = "disputed"
"""The key of `meta` that says that two reviewers saw it in two ways, and nobody has decided."""

Mark = tuple[int, int, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One reviewer's version of a document, as it was saved.

    Args:
        key: What the document is known by.
        doc: The document; complete.
        reviewer: Who saved it; empty where that is not known.
        time: When, in UTC, in ISO form.
        is_informed: Whether the reviewer had another's version before their eyes: a decision
            between versions, and no second opinion.
    """

    key: str
    doc: Document
    reviewer: str
    time: str
    is_informed: bool = False

    def record(self) -> dict[str, Any]:
        """A line of the log."""
        record = {"key": self.key, "reviewer": self.reviewer, "time": self.time}
        informed = {"informed": True} if self.is_informed else {}
        return record | informed | {"document": record_from_document(self.doc)}


def key_of(doc: Document) -> str:
    """What a document is known by, in every file that has it: its id, or else its text."""
    if doc.id is not None:
        return f"id:{doc.id}"
    return f"text:{hashlib.sha256(doc.text.encode(errors='surrogatepass')).hexdigest()[:16]}"


def sound_document(record: Any, *, where: str) -> Document:
    """The document in a record of ours.

    Raises:
        DataError: It is none, or a mention is outside its text.
    """
    doc = document_from_record(record, where=where, names=Names(where, guess=False))
    return check_document(doc, where=where)


def save_from_record(record: Any, *, where: str) -> Save:
    """The save in a line of the log.

    Raises:
        DataError: It is none.
    """
    record = mapping(record, where=where)
    if not all(isinstance(record.get(name), str) for name in ("key", "reviewer", "time")):
        raise DataError(
            f"{where}: this is no save of a document: key, reviewer or time is missing."
        )
    return Save(
        key=record["key"],
        doc=sound_document(record.get("document"), where=where),
        reviewer=record["reviewer"],
        time=record["time"],
        is_informed=record.get("informed") is True,
    )


def reviewed(doc: Document, mentions: Sequence[Mention]) -> Document:
    """The document with the mentions that a person has left in it, none of them missing.

    Columns of mentions go along with those whose borders are the same.
    """
    ordered = tuple(sorted(mentions, key=lambda mention: (mention.start, mention.end)))
    meta = {key: value for key, value in doc.meta.items() if key != DISPUTED}
    if columns := meta.pop(MENTION_COLUMNS, None):
        place = {(m.start, m.end): number for number, m in enumerate(doc.mentions)}
        meta[MENTION_COLUMNS] = {
            name: [
                None if (at := place.get((m.start, m.end))) is None else values[at] for m in ordered
            ]
            for name, values in columns.items()
        }
    return replace(doc, mentions=ordered, meta=meta, complete=True)


def marks_of(doc: Document) -> frozenset[Mark]:
    """What is said in a document, without how it was found."""
    return frozenset((m.start, m.end, m.label, m.entity) for m in doc.mentions)


def independent(saves: Sequence[Save]) -> dict[str, Save]:
    """The last version of each reviewer who had seen no other's."""
    found: dict[str, Save] = {}
    for save in saves:
        if save.is_informed:
            break  # from here on, everybody may have seen the decision
        found[save.reviewer] = save
    return found


def is_disputed(saves: Sequence[Save]) -> bool:
    """Whether reviewers differ, and nobody who saw their versions has decided."""
    if any(save.is_informed for save in saves):
        return False
    versions = independent(saves)
    return len(versions) > 1 and len({marks_of(save.doc) for save in versions.values()}) > 1


def counted(saves: Sequence[Save]) -> Document:
    """The document as it goes to the output: the latest version, with who, when and a dispute."""
    last = saves[-1]
    said: dict[str, Any] = {REVIEWER: last.reviewer, REVIEWED: last.time}
    if is_disputed(saves):
        said[DISPUTED] = True
    return replace(last.doc, meta={**last.doc.meta, **said})
