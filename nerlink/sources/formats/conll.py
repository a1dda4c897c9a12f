"""CoNLL columns: a token a line, blank lines between sentences.

They are written with the white space and names of documents, or plain for other tools.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import itemgetter, ne
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.files import choose_encoding, sound_lines
from nerlink.lookalikes import missing_column
from nerlink.rows import attempt
from nerlink.schemes import ANY_SCHEME, READABLE_SCHEMES
from nerlink.sources.check import Result, check_document
from nerlink.sources.keys import ENTITY_NAME, TOKEN_COLUMNS
from nerlink.sources.losses import Losses
from nerlink.sources.names import TOKEN_NAMES, Names
from nerlink.sources.tokens.rows import (
    TokenRows,
    document_from_tokens,
    place_tokens,
    rows_from_tokens,
)
from nerlink.words import number_of, shown

__all__ = ["ConllFormat", "read_conll", "write_conll"]

_COLUMNS_MARK: Final = "# global.columns ="
_DOCUMENT_MARK: Final = "# newdoc"
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
            By default what the file's own `# global.columns` line or a first line of names says, or
            else the token first and its tag last, with as many columns in every line of a document.
        scheme: The tags' scheme, such as `iob1`, `bilou` or `io`; by default it is found.
        delimiter: What parts columns; by default tabs in a line that has some, else blanks.
        documents: `marks` begins a document at `-DOCSTART-` and `# newdoc` lines,
            `sentences` makes each sentence one.
        join: What stands between the tokens of a sentence: a blank, or nothing for Chinese.
        remove: A regular expression; what it matches is cut out of every token (`^en:`).
        comments: What opens a line that is passed over, such as `# `; by default, in a file with
            tabs, a `#` in a line that has none.
        encoding: Or several, of which the first that fits the whole file is taken.
    """

    columns: Sequence[str] | Mapping[str, int] | None = None
    scheme: str = ANY_SCHEME
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
        if self.scheme not in READABLE_SCHEMES:
            raise DataError(
                f"scheme is {self.scheme!r}; take one of {', '.join(READABLE_SCHEMES)}."
            )
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
    names = Names(str(path))
    for block in _blocks(path, form, names):
        if isinstance(block, ConllFormat):
            form = block
        elif block.name is not None or block.sentences:
            document = attempt(_document_of_block, block, form, names, path=str(path))
            if block.name is None and len(block.sentences) > _MANY:
                names.say(
                    f"no line begins a document, so {len(block.sentences):,} sentences are one; "
                    "documents='sentences' makes each one (--read documents=sentences)"
                )
            yield document


_MANY: Final = 100
"""Sentences of a document without a mark that make one ask whether it is one."""


def _blocks(path: str | Path, form: ConllFormat, names: Names) -> Iterator[ConllFormat | _Block]:
    """The documents of a file as lines; where the file names its columns, the layout with them."""
    name: str | None = None
    sentences: list[list[Line]] = [[]]
    by_sentence = form.documents == "sentences"
    is_own = False  # whether nerlink wrote the file, which then names its columns
    lines = sound_lines(path, encoding=str(form.encoding))
    head = list(islice(lines, _HEAD))
    has_tabs = form.delimiter == "\t" or _has_tabs(head)
    if form.columns is None:
        _refuse_index(head, form, path=str(path))
    for number, line in chain(head, lines):
        # A token may look like a comment. The line of a token has tabs, that of a comment none.
        if line.startswith(_COLUMNS_MARK) and "\t" not in line:
            is_own = True
            yield _with_columns(form, line.removeprefix(_COLUMNS_MARK).split(), "\t")
        elif number == 1 and (header := _header(line, names)):
            yield _with_columns(form, header, "\t" if "\t" in line else None)
        elif (mark := _document_mark(line, is_own=is_own)) is not None:
            if not by_sentence:
                yield _Block(name, [s for s in sentences if s])
                name, sentences = mark, [[]]
        elif form.comments and line.startswith(form.comments):
            continue
        elif has_tabs and not form.comments and line.startswith("#") and "\t" not in line:
            names.say("lines without tabs that begin with '#' are comments")
        elif line.strip(_BLANK):
            sentences[-1].append((number, line))
        elif sentences[-1]:  # the first of some blank lines
            if by_sentence:
                yield _Block(None, sentences)
                sentences = []
            sentences.append([])
    yield _Block(name, [s for s in sentences if s])


_HEAD: Final = 500
"""Lines at the start of a file that are looked at before it is read."""


def _has_tabs(head: Sequence[Line]) -> bool:
    full = [line for _, line in head if line.strip(_BLANK) and not line.startswith("#")]
    return bool(full) and sum("\t" in line.strip() for line in full) > len(full) / 2


def _with_columns(form: ConllFormat, columns: list[str], delimiter: str | None) -> ConllFormat:
    return dataclasses.replace(
        form, columns=form.columns or columns, delimiter=form.delimiter or delimiter
    )


def _header(line: str, names: Names) -> list[str] | None:
    """The names of the columns, if the first line of a file has them: a token and its tags."""
    cells = _split_line(line, None)
    plan = names.peek(cells, TOKEN_NAMES)
    if "token" not in plan or not {"ner", "nel"} & plan.keys():
        return None
    names.say(f"the first line names the columns: {', '.join(cells)}")
    return [cell or _PADDING for cell in cells]


def _document_mark(line: str, *, is_own: bool) -> str | None:
    """The name in a document mark, empty if it gives none; `None` for any other line.

    Args:
        line: A line.
        is_own: Whether the file names its columns: then its marks are comments, and the old mark
            is a token like any other.
    """
    if not is_own and re.match(r"-+DOCSTART-", line, re.IGNORECASE):
        if named := re.fullmatch(r"-+DOCSTART-\s+\((.+)\)\s*", line, re.IGNORECASE):
            return named[1]
        # -DOCSTART- -X- -12- O: the one with a digit is the name.
        cells = [cell for cell in line.split()[1:] if re.search(r"\d", cell)]
        return cells[0].strip("-") if len(cells) == 1 else ""
    if not is_own and (named := re.fullmatch(r"#\s*\S*document_id\s*=\s*(\S+)\s*", line)):
        return named[1]  # HIPE
    if line == _DOCUMENT_MARK or (line.startswith(f"{_DOCUMENT_MARK} id =") and "\t" not in line):
        return line.removeprefix(_DOCUMENT_MARK).removeprefix(" id =").strip(" ")
    return None


def _document_of_block(block: _Block, form: ConllFormat, names: Names, *, path: str) -> Document:
    """The document of some lines; columns that nerlink does not know are kept in `meta`."""
    lines = [line for sentence in block.sentences for line in sentence]
    columns = _columns_of_lines(lines, form, names, path=path)
    sentences = [i for i, sentence in enumerate(block.sentences) for _ in sentence]
    places = [f"{path}:{number}" for number, _ in lines]
    if _ROW_IDS in columns:
        kept = _surface_rows(columns)
        sentences, places = [sentences[i] for i in kept], [places[i] for i in kept]
        columns = {name: [values[i] for i in kept] for name, values in columns.items()}
        del columns[_ROW_IDS]
    rows = TokenRows(
        tokens=_without(columns["token"], form.remove, places),
        sentences=sentences,
        ner=columns.get("ner"),
        nel=columns.get("nel"),
        entity_name=columns.get(ENTITY_NAME),
        misc=columns.get("misc"),
    )
    text, ranges = place_tokens(rows, join=form.join)
    extra = {key: values for key, values in columns.items() if key not in _KNOWN}
    doc = Document(text=text, id=block.name or None, meta={TOKEN_COLUMNS: extra} if extra else {})
    doc = document_from_tokens(
        rows, ranges, doc=doc, scheme=form.scheme, places=places, names=names
    )
    return check_document(doc, where=places[0] if places else path)


_ROW_IDS: Final = "\0ids"
"""The first column of CoNLL-U, while it is needed: it counts, and no file can name a column so."""


_MOST_PARTS: Final = 20
"""Rows of CoNLL-U that analyse one word."""


def _surface_rows(columns: dict[str, list[str]]) -> list[int]:
    """The rows of CoNLL-U that the text is made of, whose tags and spaces are put in order.

    A row `2-3` is a word of the text, such as the Spanish `al`, and stands for the rows 2 and 3
    that analyse it: it gets the first of their tags. A row `4.1` is not in the text.
    """
    ids, kept, last = columns[_ROW_IDS], [], -1.0
    for number, name in enumerate(ids):
        first, dash, end = name.partition("-")
        if dash and end.isdecimal() and first.isdecimal():
            last = float(end)
            n_inside = int(min(last - float(first) + 1, _MOST_PARTS))
            for column in ("ner", "nel"):
                inside = columns.get(column, [])[number + 1 : number + 1 + n_inside]
                tagged = [tag for tag in inside if tag not in ("O", "_", "")]
                if tagged and column in columns:
                    columns[column][number] = tagged[0]
        elif "." in name or (name.isdecimal() and 1 < float(name) <= last):
            continue
        else:
            last = -1.0
        kept.append(number)
    return kept


def _columns_of_lines(
    lines: Sequence[Line], form: ConllFormat, names: Names, *, path: str
) -> dict[str, list[str]]:
    """The wanted columns of some lines, each (n_tokens)."""
    given = {"token": 0, "ner": -1} if form.columns is None else form.columns
    if twice := [c for c, n in Counter(list(given)).items() if n > 1 and c != _PADDING]:
        raise DataError(f"{path}: column {twice[0]!r} occurs twice. Call one of them '_'.")
    positions = dict(
        given if isinstance(given, Mapping) else {name: i for i, name in enumerate(given)}
    )
    plan = names.find(positions, TOKEN_NAMES, where=path)
    own = {column: name for name, column in plan.items() if name in _KNOWN}
    positions = {own.get(name, name): at for name, at in positions.items() if name != "_"}
    if "token" not in positions:
        raise missing_column("token", positions, where=path)
    # A column that is counted from the end is not the first one, which holds the token.
    n_needed = max(p + 1 if p >= 0 else max(-p, 2) for p in positions.values())
    n_exact = None if isinstance(given, Mapping) else len(given)
    rows = [_split_line(line, form.delimiter) for _, line in lines]
    if form.columns is None and rows:
        n_exact = max(Counter(len(_trimmed(row)) for row in rows).most_common(1)[0][0], n_needed)
    columns: dict[str, list[str]] = {name: [] for name in positions}
    is_counted = 0 not in positions.values() and any(_is_range(row[0]) for row in rows if row)
    for (number, line), cells in zip(lines, rows, strict=True):
        n_wanted = n_exact or max(len(_trimmed(cells)), n_needed)
        cells = cells[:n_wanted] if not any(cells[n_wanted:]) else cells
        if len(cells) < n_needed or (n_exact is not None and len(cells) != n_exact):
            raise DataError(
                f"{path}:{number}: {number_of(len(cells), 'columns')} instead of "
                f"{n_exact or n_needed}, of which {', '.join(positions)} are read: {shown(line)}. "
                "Name the file's columns and delimiter; where such lines are comments, say what "
                "they begin with, such as comments='# '."
            )
        if not cells[positions["token"]]:
            raise DataError(f"{path}:{number}: the token is empty: {shown(line)}. Fill it in.")
        for name, position in positions.items():
            columns[name].append(cells[position])
        if is_counted:
            columns.setdefault(_ROW_IDS, []).append(cells[0])
    return columns


def _is_range(cell: str) -> bool:
    return re.fullmatch(r"\d+[-.]\d+", cell) is not None


def _split_line(line: str, delimiter: str | None) -> list[str]:
    """The cells of a line; an empty one keeps its place, also at the end."""
    if delimiter:
        return line.split(delimiter)
    if "\t" in line.rstrip(_BLANK):
        return [cell.strip(" \r") for cell in line.split("\t")]
    return re.split(" +", line.strip(_BLANK))


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    n_cells = len(cells)
    while n_cells and not cells[n_cells - 1]:
        n_cells -= 1
    return cells[:n_cells]


def _refuse_index(head: Sequence[Line], form: ConllFormat, *, path: str) -> None:
    """Refuse a first column that only counts, in each sentence from 0 or 1: it holds no tokens."""
    n_rows, expected, first = 0, None, None
    for number, line in head:
        if not line.strip(_BLANK):
            expected = None
            continue
        if line.startswith("#") or re.match(r"-+DOCSTART-", line, re.IGNORECASE):
            continue
        cells = _split_line(line, form.delimiter)
        if len(_trimmed(cells)) < 3 or not cells[0].isdecimal() or len(cells[0]) > 9:
            if _is_range(cells[0]):
                continue
            return
        if int(cells[0]) not in ((0, 1) if expected is None else (expected,)):
            return
        expected, n_rows, first = int(cells[0]) + 1, n_rows + 1, first or number
    if n_rows > 1:
        raise DataError(
            f"{path}:{first}: the first column counts; it holds no tokens. Name the file's "
            'columns, such as columns=["_", "token", "ner"] '
            '(--read \'columns=["_", "token", "ner"]\').'
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
