"""CoNLL columns, written: with the white space and names of documents, or plain for other tools."""

import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TextIO

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources.check import TOKEN_COLUMNS
from nerlink.sources.conll import COLUMNS_MARK, DOCUMENT_MARK
from nerlink.sources.losses import Losses
from nerlink.sources.tokens import TokenRows, place_tokens, rows_from_tokens

__all__ = ["write_conll"]

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
        handle.write(f"{COLUMNS_MARK} {' '.join(names)}\n")
    for doc in documents:
        rows = rows_from_tokens(doc, scheme=scheme, losses=losses, is_line=True)
        _note_losses(doc, rows, names, losses, plain=plain)
        handle.write(_opening_line(doc, len(names), plain=plain))
        cells = [_written(column, losses, plain=plain) for column in _column_values(doc, rows, names)]
        for sentence in _sentences(cells, rows.sentences):
            handle.write(f"{sentence}\n\n")


def _written(column: Sequence[Any], losses: Losses, *, plain: bool) -> list[str]:
    """A column as text that stays in its cell."""
    cells = [_PADDING if value is None else str(value).translate(_ENDS) for value in column]
    losses.add("cells that come back as other text", sum(map(operator.ne, cells, column)))
    if not plain:
        return cells
    bare = [cell.replace(" ", "_") for cell in cells]
    losses.add("cells with blanks", sum(map(operator.ne, bare, cells)))
    return bare


def _opening_line(doc: Document, n_columns: int, *, plain: bool) -> str:
    if plain:
        return "\t".join(["-DOCSTART-"] + ["O"] * (n_columns - 1)) + "\n\n"
    return DOCUMENT_MARK + ("" if doc.id is None else f" id = {doc.id}") + "\n"


def _column_values(doc: Document, rows: TokenRows, names: Sequence[str]) -> list[Sequence[Any]]:
    extra = doc.meta.get(TOKEN_COLUMNS, {})
    known = {"token": rows.tokens, "ner": rows.ner, "nel": rows.nel, "misc": rows.misc}
    columns: list[Sequence[Any]] = []
    for name in names:
        column = known.get(name, extra.get(name))
        if column is None:
            if name not in extra and name != _PADDING and rows.tokens:
                there = ", ".join([*known, *extra])
                raise DataError(f"Document {doc.id!r} has no column {name!r}; it has {there}.")
            column = [_PADDING] * len(rows.tokens)
        if len(column) != len(rows.tokens):
            raise DataError(
                f"Document {doc.id!r}: column {name!r} has {len(column)} values for "
                f"{len(rows.tokens)} tokens. Leave the column out."
            )
        columns.append(column)
    return columns


def _sentences(columns: Sequence[Sequence[str]], numbers: Sequence[int]) -> Iterator[str]:
    lines: list[str] = []
    for i, cells in enumerate(zip(*columns, strict=True)):
        if lines and numbers[i] != numbers[i - 1]:
            yield "\n".join(lines)
            lines = []
        lines.append("\t".join(cells))
    if lines:
        yield "\n".join(lines)


def _note_losses(
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
