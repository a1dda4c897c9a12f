"""brat: a folder of texts, each with its annotations in a file beside it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.files import decode, open_binary, read_whole, sound_lines
from nerlink.rows import attempt
from nerlink.sources.check import Result
from nerlink.sources.folders import file_name, files_at
from nerlink.sources.foreign import own_entity
from nerlink.sources.found import Found, column_name, document_from_found, more_of, whole_surface
from nerlink.sources.fragments import (
    FRAGMENTS,
    Rule,
    check_surface,
    chosen_stretch,
    fragments_of,
)
from nerlink.sources.keys import ENTITY_NAME, MENTION_COLUMNS
from nerlink.sources.losses import Losses, left_out
from nerlink.sources.names import Names
from nerlink.words import shown

__all__ = ["read_brat", "write_brat"]

_KB: Final = "kb"
"""The mention column that has the knowledge base of an entity, as brat's configuration calls it."""


def read_brat(
    path: str | Path, *, fragments: Rule = "cover", encoding: str = "utf-8"
) -> Iterator[Result]:
    """The texts of a folder with the annotations beside them, named after the files.

    The entity of a mention is the id in its `N` line; the knowledge base and the name that stand
    there are kept in columns of the mentions, as are attributes and notes. Relations and events
    are left out and counted.

    Args:
        path: The folder, or a `.txt` or `.ann` file of it.
        fragments: What becomes of a mention of several pieces: `cover` reads it from its first
            character to its last, `longest` its longest piece, `leave-out` nothing; counted.
        encoding: How characters are stored.
    """
    root = Path(path)
    files = files_at(path) if root.is_dir() else [root.with_suffix(".txt")]
    texts = [file for file in files if file.suffix == ".txt"]
    if not texts:
        raise DataError(f"{path}: no text there ends in .txt, as brat has them beside .ann files.")
    names = Names(str(path))
    with left_out(path) as losses:
        lonely = {f.with_suffix(".txt") for f in files if f.suffix == ".ann"} - set(texts)
        losses.add("annotations without a text beside them", len(lonely))
        for text in texts:
            name = text.relative_to(root) if root.is_dir() else Path(text.name)
            doc_id = name.with_suffix("").as_posix()
            yield attempt(_document, text, doc_id, encoding, fragments, names, losses)


@dataclass
class _Annotation:
    """What the lines of a file say of a text-bound annotation."""

    label: str
    fragments: list[tuple[int, int]]
    surface: str | None
    where: str
    entity: str | None = None
    more: dict[str, Any] = field(default_factory=dict)


def _document(
    path: Path,
    doc_id: str,
    encoding: str,
    rule: Rule,
    names: Names,
    losses: Losses,
) -> Document:
    with open_binary(path) as handle:  # offsets count a byte order mark
        text = decode(read_whole(handle), encoding=encoding, where=str(path))
    doc = Document(text=text, id=doc_id)
    beside = path.with_suffix(".ann")
    if not beside.is_file():
        losses.add("texts without annotations beside them, which are documents without mentions")
        return document_from_found(doc, [], where=str(path), say=names.say)
    bound: dict[str, _Annotation | DataError] = {}
    further = []
    for number, line in sound_lines(beside, encoding=encoding):
        where = f"{beside}:{number}"
        if line.startswith("T"):
            name = line.split("\t")[0]
            if name in bound:
                bound[where] = DataError(
                    f"{where}: {name!r} is the name of an annotation above. Give it another.",
                    reason="a name that occurs twice",
                )
            else:
                bound[name] = attempt(_bound, line, where=where)
        elif line.strip():
            further.append((line, where))
    for line, where in further:
        try:
            _add(line, bound, names, losses, where=where)
        except DataError as error:
            bound[where] = error
    read = [attempt(_found, one, text, rule, losses) for one in bound.values()]
    found = [one for one in read if one is not None]
    return document_from_found(doc, found, where=str(beside), say=names.say)


_BOUND: Final = re.compile(r"(T\S*)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)(?:\t(.*))?", re.DOTALL)


def _bound(line: str, *, where: str) -> _Annotation:
    match = _BOUND.fullmatch(line)
    if match is None:
        raise DataError(
            f"{where}: {shown(line)} is no text-bound annotation, which looks like "
            "'T1<TAB>PER 0 3<TAB>Ada'. Mend the line.",
            reason="a line that is no annotation",
        )
    pieces = [piece.split(" ") for piece in match[3].split(";")]
    fragments = [(int(start[:18]), int(end[:18])) for start, end in pieces]
    return _Annotation(match[2], fragments, match[4] or None, where)


_REFERENCE: Final = re.compile(r"N\S*\tReference (\S+) ([^\s:]+):(\S+)(?:\t(.*))?")
_ATTRIBUTE: Final = re.compile(r"[AM]\S*\t(\S+) (\S+)(?: (.+))?")
_NOTE: Final = re.compile(r"#\S*\t(\S+) (\S+)(?:\t(.*))?")
_OTHERS: Final = {"R": "relations", "E": "events", "*": "equivalences", "#": "notes"}
_OTHERS_OF: Final = {"A": "attributes of events and relations", "M": "attributes of events"}


def _add(
    line: str,
    bound: Mapping[str, _Annotation | DataError],
    names: Names,
    losses: Losses,
    *,
    where: str,
) -> None:
    """Add what a line says of an annotation: its entity, an attribute, a note."""
    if line.startswith("N"):
        match = _REFERENCE.fullmatch(line)
        if match is None:
            raise DataError(
                f"{where}: {shown(line)} is no reference, which looks like "
                "'N1<TAB>Reference T1 Wikidata:Q7259<TAB>Ada Lovelace'. Mend the line.",
                reason="a line that is no reference",
            )
        one = bound.get(match[1])
        if one is None:
            raise DataError(
                f"{where}: there is no annotation {match[1]!r} to which {match[3]!r} could belong. "
                "Mend the name, or remove the line.",
                reason="a reference of an unknown mention",
            )
        if isinstance(one, DataError):
            return
        if one.entity is not None:
            losses.add("further references of a mention")
            return
        one.entity = own_entity(match[3], names)
        if one.entity != NIL:
            one.more[_KB] = match[2]
        is_named = match[4] is not None and match[4].split() != (one.surface or "").split()
        if is_named and one.entity != NIL:  # the surface says nothing of the entity
            one.more[ENTITY_NAME] = match[4]
        return
    for pattern, of in ((_ATTRIBUTE, 2), (_NOTE, 2)):
        match = pattern.fullmatch(line)
        one = bound.get(match[of]) if match else None
        if match and isinstance(one, _Annotation):
            one.more[column_name(match[1], "attribute")] = match[3] or True
            return
    losses.add(_OTHERS.get(line[0]) or _OTHERS_OF.get(line[0], "lines of another kind"))


def _found(
    one: _Annotation | DataError, text: str, rule: Rule, losses: Losses
) -> Found | DataError | None:
    if isinstance(one, DataError):
        return one
    pieces = _joined(one.fragments, text)
    stretch = chosen_stretch(pieces, rule, losses)
    if stretch is None:
        return None
    surface, more = one.surface, dict(one.more)
    if len(one.fragments) > 1:
        check_surface(text, one.fragments, surface, where=one.where)
        surface = None
        if rule == "cover" and len(pieces) > 1:
            more[FRAGMENTS] = [list(piece) for piece in pieces]
    surface = whole_surface(text, *stretch, surface)
    mention = Mention(start=stretch[0], end=stretch[1], label=one.label, entity=one.entity)
    return Found(mention, one.where, surface, more)


def _joined(fragments: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """The pieces, one where brat has several only because a line ends inside a mention."""
    pieces = fragments[:1]
    for start, end in fragments[1:]:
        last = pieces[-1]
        if last[1] <= start and re.fullmatch(r"\s*[\n\r]\s*", text[last[1] : start]):
            pieces[-1] = (last[0], end)
        else:
            pieces.append((start, end))
    return pieces


_ENDS: Final = {ord(character): " " for character in "\t\n\r"}


def write_brat(
    documents: Iterable[Document], folder: Path, losses: Losses, *, kb: str = "KB"
) -> None:
    """A text and its annotations for each document, and an `annotation.conf` with the labels.

    Args:
        documents: What to write.
        folder: Where to write.
        losses: Counts what brat cannot carry.
        kb: How brat's configuration calls the knowledge base, where a mention does not say it.
    """
    labels: dict[str, None] = {}
    taken: set[str] = set()
    for number, doc in enumerate(documents, 1):
        losses.note(doc, carried=frozenset({"ids", "mentions", "labels", "links", "meta columns"}))
        losses.add("meta columns", len(doc.meta.keys() - {MENTION_COLUMNS}))
        name = file_name(doc.id, number, taken, losses)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.txt").write_bytes(doc.text.encode("utf-8"))
        lines = list(_lines(doc, kb, labels, losses))
        path.with_name(f"{path.name}.ann").write_bytes("".join(lines).encode("utf-8"))
    config = ["[entities]", *sorted(labels), "", "[relations]", "", "[events]", "", "[attributes]"]
    (folder / "annotation.conf").write_text("\n".join(config) + "\n", encoding="utf-8")


def _lines(doc: Document, kb: str, labels: dict[str, None], losses: Losses) -> Iterator[str]:
    n_links = n_attributes = 0
    all_more = more_of(doc, reserved=frozenset({"Reference"}), losses=losses)
    for number, (mention, more) in enumerate(zip(doc.mentions, all_more, strict=True)):
        if mention.label is None:
            losses.add("mentions without label")
            continue
        label = re.sub(r"[\s;|]", "_", mention.label)
        losses.add("labels with blanks and the like", label != mention.label)
        labels[label] = None
        pieces = [
            p for piece in fragments_of(doc, number, more) for p in _lines_of(piece, doc.text)
        ]
        surface = " ".join(doc.text[start:end].translate(_ENDS) for start, end in pieces)
        places = ";".join(f"{start} {end}" for start, end in pieces)
        yield f"T{number + 1}\t{label} {places}\t{surface}\n"
        if mention.entity is not None:
            n_links += 1
            entity = re.sub(r"\s", "_", mention.entity)
            losses.add("entities with blanks", entity != mention.entity)
            base = str(more.get(_KB) or kb)
            name = str(more.get(ENTITY_NAME) or surface)
            yield f"N{n_links}\tReference T{number + 1} {base}:{entity}\t{' '.join(name.split())}\n"
        for key, value in more.items():
            if key in (_KB, ENTITY_NAME, FRAGMENTS):
                continue
            n_attributes += 1
            if not re.fullmatch(r"\S+", key) or not re.fullmatch(r".+", str(value)):
                losses.add("values of columns of mentions")
            elif key == "AnnotatorNotes":
                yield f"#{n_attributes}\t{key} T{number + 1}\t{value}\n"
            else:
                said = "" if value is True else f" {value}"
                is_other = value is not True and not isinstance(value, str)
                losses.add("values of columns of mentions turned into text", is_other)
                yield f"A{n_attributes}\t{key} T{number + 1}{said}\n"


def _lines_of(piece: tuple[int, int], text: str) -> list[tuple[int, int]]:
    """The pieces of a piece that are on one line each, which is all that brat can show."""
    start, end = piece
    surface = text[start:end]
    if "\n" not in surface.strip("\n") or surface != surface.strip("\n"):
        return [piece]
    return [(start + m.start(), start + m.end()) for m in re.finditer(r"[^\n]+", surface)]
