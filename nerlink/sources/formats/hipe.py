"""HIPE-2022: a token a line, with layers of tags and of links, as HIPE's scorer reads them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from nerlink.data import Document, is_one_line
from nerlink.errors import DataError
from nerlink.files import sound_lines
from nerlink.rows import attempt
from nerlink.sources.check import Result, check_document
from nerlink.sources.keys import TOKEN_COLUMNS
from nerlink.sources.losses import Losses, left_out
from nerlink.sources.names import Names
from nerlink.sources.nil import is_no_link_spelling
from nerlink.sources.tokens.rows import (
    NO_TAG,
    TokenRows,
    document_from_tokens,
    place_tokens,
    rows_from_tokens,
)
from nerlink.words import number_of, shown

__all__ = ["read_hipe", "write_hipe"]

Layer = Literal["coarse", "coarse-meto", "fine", "fine-meto", "fine-comp", "nested"]

_LAYERS: Final[Mapping[str, str]] = {
    "coarse": "NE-COARSE-LIT",
    "coarse-meto": "NE-COARSE-METO",
    "fine": "NE-FINE-LIT",
    "fine-meto": "NE-FINE-METO",
    "fine-comp": "NE-FINE-COMP",
    "nested": "NE-NESTED",
}
_LINKS: Final = {"coarse-meto": "NEL-METO", "fine-meto": "NEL-METO"}
_LITERAL: Final = "NEL-LIT"
_HEADER: Final = ("TOKEN", *_LAYERS.values(), _LITERAL, "NEL-METO", "MISC")
_EMPTY: Final = "_"


def read_hipe(
    path: str | Path, *, layer: Layer = "coarse", encoding: str = "utf-8"
) -> Iterator[Result]:
    """A document for each `document_id`; other comments are kept in `meta`.

    `NoSpaceAfter` puts tokens together, a line feed follows `EndOfSentence`. Layers that are not
    read are kept as columns of tokens.

    Args:
        path: The file.
        layer: Which tags become mentions; the links are those of the same reading, literal or
            metonymic.
        encoding: How characters are stored.
    """
    names = Names(str(path))
    with left_out(path) as losses:
        for block in _blocks(path, encoding, losses):
            yield attempt(_document, block, layer, names, path=str(path))


@dataclass
class _Block:
    """The lines of a document and the names of their columns."""

    header: Sequence[str]
    id: str | None = None
    meta: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[int, str]] = field(default_factory=list)


_COMMENT: Final = re.compile(r"# *(\S+) *= *(.*)")


def _blocks(path: str | Path, encoding: str, losses: Losses) -> Iterator[_Block]:
    header: Sequence[str] = ()
    block: _Block | None = None
    for number, line in sound_lines(path, encoding=encoding):
        if not header:
            header = line.split("\t")
            _check_header(header, where=f"{path}:{number}")
        elif line.startswith("#") and "\t" not in line:
            match = _COMMENT.fullmatch(line)
            if match and match[1].rpartition(":")[2] == "document_id":
                if block is not None:
                    yield block
                block = _Block(header, match[2].strip(" ") or None)
            elif match and block is not None and not block.lines and match[1] not in block.meta:
                block.meta[match[1]] = match[2]
            else:
                losses.add("comments outside the head of a document")
        elif line.strip():
            block = block or _Block(header)
            block.lines.append((number, line))
    if not header:
        raise DataError(f"{path} is empty; its first row must name the columns: TOKEN and so on.")
    if block is not None:
        yield block


def _check_header(header: Sequence[str], *, where: str) -> None:
    if "TOKEN" not in header or len(set(header)) < len(header):
        raise DataError(
            f"{where}: the first line is {shown(header)}; it must name the columns, each once: "
            f"{' '.join(_HEADER)}. Write them there, or read the file with --from conll."
        )


def _document(block: _Block, layer: Layer, names: Names, *, path: str) -> Document:
    rows = [line.split("\t") for _, line in block.lines]
    places = [f"{path}:{number}" for number, _ in block.lines]
    for cells, place in zip(rows, places, strict=True):
        if len(cells) != len(block.header) or not cells[0]:
            raise DataError(
                f"{place}: {number_of(len(cells), 'columns')} instead of {len(block.header)}: "
                f"{shown(cells)}. Mend the line: there is a tab between two columns, and `_` where "
                "there is nothing."
            )
    columns = {name: [cells[n] for cells in rows] for n, name in enumerate(block.header)}
    if _LAYERS[layer] not in columns:
        there = ", ".join(name for name, column in _LAYERS.items() if column in columns)
        raise DataError(f"{path}: there is no column {_LAYERS[layer]}; layers there are: {there}.")
    flags = [note.split("|") for note in columns.get("MISC", [_EMPTY] * len(rows))]
    ends = ["EndOfSentence" in one for one in flags]
    tags = [NO_TAG if tag in (_EMPTY, "") else tag for tag in columns[_LAYERS[layer]]]
    # Sentences were found by a program, mentions by people.
    ends = [
        end and not tag.startswith("I-")
        for end, tag in zip(ends, [*tags[1:], NO_TAG], strict=False)
    ]
    links = columns.get(_LINKS.get(layer, _LITERAL))
    has_links = links is not None and not all(not one or is_no_link_spelling(one) for one in links)
    token_rows = TokenRows(
        tokens=columns["TOKEN"],
        sentences=_numbers(ends),
        ner=tags,
        nel=links if has_links else None,
        has_ids=True,
        misc=["|".join(one) or _EMPTY for one in flags],
    )
    text, ranges = place_tokens(token_rows)
    used = {"TOKEN", _LAYERS[layer], _LINKS.get(layer, _LITERAL), "MISC"}
    kept = {
        name: values
        for name, values in columns.items()
        if name not in used and any(value not in (_EMPTY, "", NO_TAG) for value in values)
    }
    if any(_is_other(entry) for one in flags for entry in one):
        kept["MISC"] = ["|".join(filter(_is_other, one)) or _EMPTY for one in flags]
    meta: dict[str, Any] = {**block.meta, **({TOKEN_COLUMNS: kept} if kept else {})}
    doc = Document(text=text, id=block.id, meta=meta)
    doc = document_from_tokens(
        token_rows, ranges, doc=doc, scheme="auto", places=places, names=names
    )
    return check_document(doc, where=places[0] if places else path)


_FLAGS: Final = frozenset({"NoSpaceAfter", "EndOfSentence", _EMPTY, ""})


def _is_other(flag: str) -> bool:
    """Whether an entry of `MISC` says something else than where white space and sentences are."""
    return flag not in _FLAGS and not flag.startswith("Space")


def _numbers(ends: Sequence[bool]) -> list[int]:
    """The number of the sentence of each token."""
    numbers, current = [], 0
    for is_last in ends:
        numbers.append(current)
        current += is_last
    return numbers


_CARRIED: Final = frozenset(
    {"ids", "mentions", "labels", "links", "sentences", "tokens", "meta columns"}
)


def write_hipe(
    documents: Iterable[Document], handle: TextIO, losses: Losses, *, layer: Layer = "coarse"
) -> None:
    r"""Ten columns, with a blank line after each document.

    White space that is more than a blank stands in `MISC` as `SpacesAfter=\s\n`, as in CoNLL-U:
    HIPE's tools pass over it, and offsets stay.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what the columns cannot carry.
        layer: Which tags the mentions become.
    """
    handle.write("\t".join(_HEADER) + "\n")
    for number, doc in enumerate(documents, 1):
        losses.note(doc, carried=_CARRIED)
        losses.add("mentions without label", sum(m.label is None for m in doc.mentions))
        named = replace(doc, mentions=tuple(m for m in doc.mentions if m.label is not None))
        rows = rows_from_tokens(named, scheme="bio", losses=losses, is_line=True)
        name = f"document-{number}" if doc.id is None else doc.id
        handle.write(f"# hipe2022:document_id = {name}\n")
        for key, value in doc.meta.items():
            if key == TOKEN_COLUMNS:
                continue
            if isinstance(value, str) and _is_comment(key, value):
                handle.write(f"# {key} = {value}\n")
            else:
                losses.add("meta columns")
        columns = _columns(doc, rows, layer, losses)
        for cells in zip(*(columns[name] for name in _HEADER), strict=True):
            handle.write("\t".join(cells) + "\n")
        handle.write("\n")


def _is_comment(key: str, value: str) -> bool:
    return (
        re.fullmatch(r"[^\s=]+", key) is not None
        and key.rpartition(":")[2] != "document_id"
        and is_one_line(value)
        and value == value.strip()
    )


def _columns(
    doc: Document, rows: TokenRows, layer: Layer, losses: Losses
) -> dict[str, Sequence[str]]:
    n_tokens = len(rows.tokens)
    given: Mapping[str, Sequence[Any]] = doc.meta.get(TOKEN_COLUMNS, {})
    kept = {k: list(map(str, v)) for k, v in given.items() if len(v) == n_tokens and k in _HEADER}
    losses.add("columns of tokens", len(given.keys() - kept.keys()))
    columns: dict[str, Sequence[str]] = {name: [_EMPTY] * n_tokens for name in _HEADER}
    columns |= {k: v for k, v in kept.items() if k != "MISC"}
    columns["TOKEN"] = rows.tokens
    columns[_LAYERS[layer]] = rows.ner or []
    links = [_EMPTY if tag == NO_TAG else tag[2:] for tag in rows.nel or []]
    columns[_LINKS.get(layer, _LITERAL)] = links
    columns["MISC"] = _misc(rows, kept.get("MISC"))
    return columns


def _misc(rows: TokenRows, given: Sequence[str] | None) -> list[str]:
    """White space, ends of sentences, and what else stood there."""
    notes = []
    for n, note in enumerate(rows.misc or []):
        is_last = n + 1 < len(rows.tokens) and rows.sentences[n + 1] != rows.sentences[n]
        flags = ["NoSpaceAfter" if one == "SpaceAfter=No" else one for one in note.split("|")]
        flags = [one for one in flags if one != _EMPTY] + ["EndOfSentence"] * is_last
        others = given[n].split("|") if given else []
        flags += filter(_is_other, others)
        notes.append("|".join(flags) or _EMPTY)
    return notes
