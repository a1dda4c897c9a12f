"""CoNLL columns: a token a line, blank lines between sentences.

They are written with the white space and names of documents, or plain for other tools.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from operator import itemgetter, ne
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.files import choose_encoding, decode, numbered_lines
from nerlink.lookalikes import missing_column
from nerlink.schemes import TAG_SCHEMES
from nerlink.sources.check import Result, check_document
from nerlink.sources.keys import ENTITY_NAME, TOKEN_COLUMNS
from nerlink.sources.losses import Losses
from nerlink.sources.tokens.rows import (
    TokenRows,
    document_from_tokens,
    place_tokens,
    rows_from_tokens,
)
from nerlink.tables import attempt
from nerlink.words import number_of

__all__ = ["ConllFormat", "read_conll", "write_conll"]

_COLUMNS_MARK: Final = "# global.columns ="
_DOCUMENT_MARK: Final = "# newdoc"
_OLD_DOCUMENT_MARK: Final = "-DOCSTART-"
_KNOWN: Final = ("token", "ner", "nel", ENTITY_NAME, "misc")
_BLANK: Final = " \t\r"

Line = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConllFormat:
    """How a CoNLL file is laid out.

    Args:
        columns: Names in order, or names to positions from 0 (or -1 for the last). `token`,
            `ner`, `nel`, `entity_name` (of the entity in `nel`) and `misc` are read, `_`
            is passed over, others are kept in `meta`.
            By default what the file's own `# global.columns` line says, or else the token
            first and its tag last, with as many columns in every line of a document.
        scheme: The tags' scheme: `iob1`, `bio` or `bioes`.
        delimiter: What parts columns; by default tabs in a line that has some, else blanks.
        documents: `marks` begins a document at `-DOCSTART-` and `# newdoc` lines,
            `sentences` makes each sentence one.
        join: What stands between the tokens of a sentence: a blank, or nothing for Chinese.
        remove: A regular expression; what it matches is cut out of every token (`^en:`).
        comments: What opens a line that is passed over, such as `# `.
        encoding: Or several, of which the first that fits the whole file is taken.
    """

    columns: Sequence[str] | Mapping[str, int] | None = None
    scheme: str = "bio"
    delimiter: str | None = None
    documents: Literal["marks", "sentences"] = "marks"
    join: str = " "
    remove: str | None = None
    comments: str | None = None
    encoding: str | Sequence[str] = "utf-8"

    def __post_init__(self) -> None:
        """Refuse a value that no file can have.

        Raises:
            DataError: There is no such scheme, or the regular expression is none.
        """
        if self.scheme not in TAG_SCHEMES:
            raise DataError(f"scheme is {self.scheme!r}; take one of {', '.join(TAG_SCHEMES)}.")
        try:
            re.compile(self.remove or "")
        except re.error as error:
            raise DataError(
                f"remove is {self.remove!r}; no regular expression: {error}."
            ) from error


class _Block(NamedTuple):
    """The lines of a document.

    Args:
        name: The name in the document's mark, empty if there is none; `None` without a mark.
        sentences: The lines of each sentence.
    """

    name: str | None
    sentences: list[list[Line]]


def read_conll(path: str | Path, form: ConllFormat) -> Iterator[Result]:
    """Documents of a CoNLL file, one in memory at a time.

    Args:
        path: The file.
        form: How it is laid out.
    """
    form = dataclasses.replace(form, encoding=choose_encoding(path, form.encoding))
    for block in _blocks(path, form):
        if isinstance(block, str):
            form = dataclasses.replace(
                form, columns=form.columns or block.split(), delimiter=form.delimiter or "\t"
            )
        elif block.name is not None or block.sentences:
            yield attempt(_document_of_block, block, form, path=str(path))


def _blocks(path: str | Path, form: ConllFormat) -> Iterator[str | _Block]:
    """The documents of a file as lines; where the file names its columns, these names."""
    name: str | None = None
    sentences: list[list[Line]] = [[]]
    by_sentence = form.documents == "sentences"
    is_own = False  # whether nerlink wrote the file, which then names its columns
    for number, raw in numbered_lines(path):
        line = decode(raw, encoding=str(form.encoding), where=f"{path}:{number}")
        # A token may look like a comment. The line of a token has tabs, that of a comment none.
        if line.startswith(_COLUMNS_MARK) and "\t" not in line:
            is_own = True
            yield line.removeprefix(_COLUMNS_MARK)
        elif (mark := _document_mark(line, is_own=is_own)) is not None:
            if not by_sentence:
                yield _Block(name, [s for s in sentences if s])
                name, sentences = mark, [[]]
        elif form.comments and line.startswith(form.comments):
            continue
        elif line.strip(_BLANK):
            sentences[-1].append((number, line))
        elif sentences[-1]:  # the first of some blank lines
            if by_sentence:
                yield _Block(None, sentences)
                sentences = []
            sentences.append([])
    yield _Block(name, [s for s in sentences if s])


def _document_mark(line: str, *, is_own: bool) -> str | None:
    """The name in a document mark, empty if it gives none; `None` for any other line.

    Args:
        line: A line.
        is_own: Whether the file names its columns: then its marks are comments, and the old mark
            is a token like any other.
    """
    if line.startswith(_OLD_DOCUMENT_MARK) and not is_own:
        named = re.fullmatch(r"-DOCSTART-\s+\((.+)\)\s*", line)
        return named[1] if named else ""
    if line == _DOCUMENT_MARK or (line.startswith(f"{_DOCUMENT_MARK} id =") and "\t" not in line):
        return line.removeprefix(_DOCUMENT_MARK).removeprefix(" id =").strip(" ")
    return None


def _document_of_block(block: _Block, form: ConllFormat, *, path: str) -> Document:
    """The document of some lines; columns that nerlink does not know are kept in `meta`."""
    lines = [line for sentence in block.sentences for line in sentence]
    columns = _columns_of_lines(lines, form, path=path)
    places = [f"{path}:{number}" for number, _ in lines]
    rows = TokenRows(
        tokens=_without(columns["token"], form.remove, places),
        sentences=[i for i, sentence in enumerate(block.sentences) for _ in sentence],
        ner=columns.get("ner"),
        nel=columns.get("nel"),
        entity_name=columns.get(ENTITY_NAME),
        misc=columns.get("misc"),
    )
    text, ranges = place_tokens(rows, join=form.join)
    extra = {key: values for key, values in columns.items() if key not in _KNOWN}
    doc = Document(text=text, id=block.name or None, meta={TOKEN_COLUMNS: extra} if extra else {})
    doc = document_from_tokens(rows, ranges, doc=doc, scheme=form.scheme, places=places)
    return check_document(doc, where=places[0] if places else path)


def _columns_of_lines(
    lines: Sequence[Line], form: ConllFormat, *, path: str
) -> dict[str, list[str]]:
    """The wanted columns of some lines, each (n_tokens)."""
    given = {"token": 0, "ner": -1} if form.columns is None else form.columns
    positions = given if isinstance(given, Mapping) else {name: i for i, name in enumerate(given)}
    positions = {name: position for name, position in positions.items() if name != "_"}
    if "token" not in positions:
        raise missing_column("token", positions, where=path)
    # A column that is counted from the end is not the first one, which holds the token.
    n_needed = max(p + 1 if p >= 0 else max(-p, 2) for p in positions.values())
    n_exact = None if isinstance(given, Mapping) else len(given)
    rows = [_split_line(line, form.delimiter) for _, line in lines]
    if form.columns is None and rows:
        n_exact = max(len(rows[0]), n_needed)
        _refuse_numbers([row[0] for row in rows], n_exact, where=f"{path}:{lines[0][0]}")
    columns: dict[str, list[str]] = {name: [] for name in positions}
    for (number, line), cells in zip(lines, rows, strict=True):
        if len(cells) < n_needed or (n_exact is not None and len(cells) != n_exact):
            raise DataError(
                f"{path}:{number}: {number_of(len(cells), 'columns')} instead of "
                f"{n_exact or n_needed}, of which {', '.join(positions)} are read: {line!r:.80}. "
                "Name the file's columns and delimiter."
            )
        for name, position in positions.items():
            columns[name].append(cells[position])
    return columns


def _split_line(line: str, delimiter: str | None) -> list[str]:
    if delimiter:
        return line.split(delimiter)
    line = line.strip(_BLANK)
    return re.split(" *\t[ \t]*", line) if "\t" in line else re.split(" +", line)


def _refuse_numbers(first: Sequence[str], n_columns: int, *, where: str) -> None:
    """Refuse a first column that only counts: it holds no tokens."""
    numbers = list(takewhile(lambda pair: pair[1] == str(pair[0]), enumerate(first, 1)))
    if n_columns > 2 and len(numbers) >= 3:
        raise DataError(
            f"{where}: the first column counts; it holds no tokens. Name the file's columns, "
            'such as columns=["_", "token", "ner"].'
        )


def _without(tokens: Sequence[str], remove: str | None, places: Sequence[str]) -> Sequence[str]:
    """The tokens without what a regular expression matches in them."""
    cleaned = tokens if remove is None else [re.sub(remove, "", token) for token in tokens]
    for token, before, place in zip(cleaned, tokens, places, strict=True):
        if not token:
            raise DataError(f"{place}: token {before!r} is empty once {remove!r} is removed.")
    return cleaned


_CARRIED: Final = frozenset({"ids", "mentions", "labels", "links", "sentences", "tokens"})
_PADDING: Final = "_"
_ENDS: Final = {ord(character): " " for character in "\t\n\r"}


def write_conll(
    documents: Iterable[Document],
    handle: TextIO,
    losses: Losses,
    *,
    columns: Sequence[str] | None = None,
    scheme: str = "bio",
    plain: bool = False,
) -> None:
    r"""Tab-separated columns that `read_conll` reads back with exact offsets.

    The first line names the columns, a `# newdoc` line each document, and the column `misc` the
    white space that is not a single blank, all as in CoNLL-U Plus.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what the columns cannot carry.
        columns: Some of `token`, `ner`, `nel`, `misc` and the document's `token_columns`; these
            four by default.
        scheme: The tags' scheme: `iob1`, `bio` or `bioes`.
        plain: No comment lines and no `misc`, but `-DOCSTART-` lines, as older tools read them;
            names of documents and unusual white space are lost, and counted. Blanks inside
            tokens and tags become underscores, as those tools split at blanks.
    """
    names = list(columns or (["token", "ner", "nel"] + ([] if plain else ["misc"])))
    if not plain:
        handle.write(f"{_COLUMNS_MARK} {' '.join(names)}\n")
    for doc in documents:
        rows = rows_from_tokens(doc, scheme=scheme, losses=losses, is_line=True)
        _count_losses(doc, rows, names, losses, plain=plain)
        handle.write(_opening_line(doc, len(names), plain=plain))
        cells = [
            _written(column, losses, plain=plain) for column in _column_values(doc, rows, names)
        ]
        lines = map("\t".join, zip(*cells, strict=True))
        for _, sentence in groupby(zip(rows.sentences, lines, strict=True), key=itemgetter(0)):
            handle.write("\n".join(line for _, line in sentence) + "\n\n")


def _written(column: Sequence[Any], losses: Losses, *, plain: bool) -> list[str]:
    """A column as text that stays in its cell."""
    cells = [_PADDING if value is None else str(value).translate(_ENDS) for value in column]
    losses.add("cells that come back as other text", sum(map(ne, cells, column)))
    if not plain:
        return cells
    bare = [cell.replace(" ", "_") for cell in cells]
    losses.add("cells with blanks", sum(map(ne, bare, cells)))
    return bare


def _opening_line(doc: Document, n_columns: int, *, plain: bool) -> str:
    if plain:
        return "\t".join(["-DOCSTART-"] + ["O"] * (n_columns - 1)) + "\n\n"
    return _DOCUMENT_MARK + ("" if doc.id is None else f" id = {doc.id}") + "\n"


def _column_values(doc: Document, rows: TokenRows, names: Sequence[str]) -> list[Sequence[Any]]:
    """The values of the columns to write, each (n_tokens)."""
    n_tokens, extra = len(rows.tokens), doc.meta.get(TOKEN_COLUMNS, {})
    known = {"token": rows.tokens, "ner": rows.ner, "nel": rows.nel, "misc": rows.misc}
    columns = {_PADDING: [_PADDING] * n_tokens, **extra, **known}
    for name in names:
        if name not in columns and n_tokens:
            there = ", ".join([*known, *extra])
            raise DataError(f"Document {doc.id!r} has no column {name!r}; it has {there}.")
        if len(columns.setdefault(name, ())) != n_tokens:
            raise DataError(
                f"Document {doc.id!r}: column {name!r} has "
                f"{number_of(len(columns[name]), 'values')} for {number_of(n_tokens, 'tokens')}. "
                "Leave the column out."
            )
    return [columns[name] for name in names]


def _count_losses(
    doc: Document, rows: TokenRows, names: Sequence[str], losses: Losses, *, plain: bool
) -> None:
    carried = set(_CARRIED)
    carried -= {"ids"} if plain else set()
    carried -= {"labels"} if "ner" not in names else set()
    carried -= {"links"} if "nel" not in names else set()
    columns = doc.meta.get(TOKEN_COLUMNS, {})
    if set(doc.meta) <= {TOKEN_COLUMNS} and set(columns) <= set(names):
        carried |= {"meta columns"}
    losses.note(doc, carried=frozenset(carried))
    if "misc" not in names and rows.tokens:
        bare = TokenRows(tokens=rows.tokens, sentences=rows.sentences)
        losses.add("texts whose white space changed", place_tokens(bare)[0] != doc.text)
