"""PubTator: titles and abstracts, each with lines of its mentions."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.files import numbered_lines
from nerlink.rows import attempt
from nerlink.sources.check import Result
from nerlink.sources.found import Found, document_from_found, more_of, whole_surface
from nerlink.sources.ids import ALL_IDS, IdRule, entity_of_ids, ids_of
from nerlink.sources.keys import MENTION_COLUMNS
from nerlink.sources.losses import Losses, left_out
from nerlink.sources.names import Names
from nerlink.words import number_of, shown

__all__ = ["read_pubtator", "write_pubtator"]

_TEXT: Final = re.compile(r"(.*?)\|([ta])\|(.*)", re.DOTALL)


def read_pubtator(
    path: str | Path, *, ids: IdRule = "first", prefix: bool = True, encoding: str = "utf-8"
) -> Iterator[Result]:
    """A document for each title and abstract, between which stands a line feed.

    A document that stands there twice, the same in all, is read once; relations are left out;
    both are counted.

    Args:
        path: The file.
        ids: Of several ids of a mention, parted by `|`, `+` (as in `D001943+D010051`, a mention of
            both) or `;`, the `first` is the entity, and the cell is kept in the mentions' column
            `all_ids`; with `all`, the cell is the entity.
        prefix: Keep what stands before the colon of an id, such as `MESH:`.
        encoding: How characters are stored.
    """
    names, seen = Names(str(path)), set[int]()
    with left_out(path) as losses:
        for block in _blocks(path, encoding):
            if isinstance(block, DataError):
                yield block
                continue
            if (key := hash((block.id, block.title, block.abstract, *block.lines))) in seen:
                losses.add("documents that stand there twice")
                continue
            seen.add(key)
            yield attempt(_document, block, (ids, prefix), names, losses)


@dataclass
class _Block:
    """The lines of a document: annotations and relations with their places."""

    where: str
    id: str
    title: str | None = None
    abstract: str | None = None
    lines: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


def _blocks(path: str | Path, encoding: str) -> Iterator[_Block | DataError]:
    block: _Block | None = None
    for number, line in numbered_lines(path, encoding=encoding):
        where = f"{path}:{number}"
        if isinstance(line, DataError):
            yield line
        elif not line.strip():
            if block is not None:
                yield block
            block = None
        elif match := _TEXT.fullmatch(line):
            is_title = match[2] == "t"
            if block is not None and (is_title or match[1] != block.id):
                yield block  # no blank line between two documents
                block = None
            block = block or _Block(where, match[1])
            if is_title:
                block.title = match[3]
            else:
                block.abstract = match[3]
        elif block is None:
            yield DataError(
                f"{where}: {shown(line)} stands before any text; a document begins with "
                "'PMID|t|title'. Mend the line, or remove it."
            )
        else:
            block.lines.append(line)
            block.places.append(where)
    if block is not None:
        yield block


def _document(block: _Block, rule: tuple[IdRule, bool], names: Names, losses: Losses) -> Document:
    parts = [part for part in (block.title, block.abstract) if part is not None]
    doc = Document(text="\n".join(parts), id=block.id or None)
    found: list[Found | DataError] = []
    for line, where in zip(block.lines, block.places, strict=True):
        cells = line.split("\t")
        if len(cells) > 1 and re.search(r"[^\W\d_]", cells[1]) and len(cells) < 6:
            losses.add("relations")
        else:
            one = attempt(_mention, cells, block.id, rule, names, losses, where=where)
            if isinstance(one, Found):
                places = one.mention.start, one.mention.end
                one = one._replace(surface=whole_surface(doc.text, *places, one.surface))
            found.append(one)
    return document_from_found(doc, found, where=block.where, say=names.say)


def _mention(
    cells: list[str],
    doc_id: str,
    rule: tuple[IdRule, bool],
    names: Names,
    losses: Losses,
    *,
    where: str,
) -> Found:
    if len(cells) < 5 or not all(re.fullmatch(r"\s*\d{1,18}\s*", cell) for cell in cells[1:3]):
        raise DataError(
            f"{where}: {number_of(len(cells), 'columns')}: {shown(cells)}; a mention has the id of "
            "its document, start, end, text, type and ids, with tabs between them. Mend the line.",
            reason="a line that is no annotation",
        )
    if cells[0] != doc_id:
        raise DataError(
            f"{where}: the mention is of {shown(cells[0])}, but stands with {shown(doc_id)}. "
            "Put it behind its own text.",
            reason="a mention of another document",
        )
    entity, more = entity_of_ids(
        cells[5] if len(cells) > 5 else "", rule[0], names, losses, prefix=rule[1]
    )
    mention = Mention(
        start=int(cells[1]), end=int(cells[2]), label=cells[4].strip() or None, entity=entity
    )
    return Found(mention, where, cells[3] or None, more)


_CARRIED: Final = frozenset({"ids", "mentions", "labels", "links", "meta columns"})
_END: Final = re.compile(r"[\r\n]")
_BLANKS: Final = {ord(character): " " for character in "\t\n\r"}


def write_pubtator(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """Each document as a title, its first line, and an abstract, the rest, with its mentions.

    Line ends inside become blanks, so that offsets stay.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what PubTator cannot carry.
    """
    for number, doc in enumerate(documents, 1):
        losses.note(doc, carried=_CARRIED)
        losses.add("meta columns", len(doc.meta.keys() - {MENTION_COLUMNS}))
        name = str(number) if doc.id is None else doc.id
        if re.search(r"\|[ta]\|", name):
            losses.add("ids that hold |t| or |a|")
            name = str(number)
        title, end, abstract = doc.text.partition("\n")
        losses.add("line ends", sum(character in "\r\n" for character in title + abstract))
        handle.write(f"{name}|t|{re.sub(_END, ' ', title)}\n")
        if end:
            handle.write(f"{name}|a|{re.sub(_END, ' ', abstract)}\n")
        for cells in _rows(doc, losses):
            handle.write("\t".join([name, *cells]) + "\n")
        handle.write("\n")


def _rows(doc: Document, losses: Losses) -> Iterator[list[Any]]:
    more = more_of(doc, reserved=frozenset(), losses=losses)
    for mention, others in zip(doc.mentions, more, strict=True):
        losses.add("columns of mentions", len(others.keys() - {ALL_IDS}))
        surface = doc.surface(mention).translate(_BLANKS)
        ids = ids_of(mention.entity, others)
        losses.add(
            "entities that look like several ids",
            ids == mention.entity and bool(re.search(r"[|+;]", ids)),
        )
        # An empty cell at the end of a line is lost by readers that strip lines.
        yield [str(mention.start), str(mention.end), surface, mention.label or "", ids or "-"]
