"""CoNLL-U with `Entity=` in its last column, as GUM and CorefUD write mentions and their links."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import unquote

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.files import sound_lines
from nerlink.rows import attempt
from nerlink.sources.check import Result
from nerlink.sources.foreign import own_entity
from nerlink.sources.found import Found, document_from_found
from nerlink.sources.keys import TOKEN_COLUMNS
from nerlink.sources.losses import Losses, left_out
from nerlink.sources.names import Names
from nerlink.sources.tokens.cover import cover, opens_sentence
from nerlink.sources.tokens.spacing import notes_from_text, white_space
from nerlink.words import number_of, shown

__all__ = ["read_conllu", "write_conllu"]

_COLUMNS: Final = ("lemma", "upos", "xpos", "feats")
_FIELDS: Final = ("eid", "etype", "head", "other")
"""The parts of an opening bracket where a file does not say them in `# global.Entity`."""

_LABELS: Final = ("etype", "entity", "type")
_IDENTITIES: Final = ("identity", "wiki", "entity_id")


def read_conllu(path: str | Path, *, encoding: str = "utf-8") -> Iterator[Result]:
    """A document for each `# newdoc`, or the whole file; mentions may be nested.

    What a bracket says stands in `# global.Entity`: `etype` is the label, `identity` the entity,
    with `%28` for a parenthesis. A word that was written together with another, as `'s`, is found
    in what was written. Dependencies and other entries of the last column are left out.

    Args:
        path: The file.
        encoding: How characters are stored.
    """
    names = Names(str(path))
    with left_out(path) as losses:
        for block in _blocks(path, encoding):
            yield attempt(_document, block, names, losses, path=str(path))


@dataclass
class _Block:
    """The lines of a document, sentence by sentence."""

    fields: Sequence[str] = _FIELDS
    id: str | None = None
    is_marked: bool = False
    meta: dict[str, str] = field(default_factory=dict)
    sentences: list[list[tuple[int, str]]] = field(default_factory=lambda: [[]])
    paragraphs: set[int] = field(default_factory=set)
    texts: dict[int, str] = field(default_factory=dict)


_COMMENT: Final = re.compile(r"# *([^\s=]+(?: id)?) *(?:= *(.*))?")


def _blocks(path: str | Path, encoding: str) -> Iterator[_Block]:
    block, fields = _Block(), _FIELDS
    for number, line in sound_lines(path, encoding=encoding):
        match = _COMMENT.fullmatch(line) if line.startswith("#") else None
        here = len(block.sentences) - 1
        if match and match[1] in ("newdoc", "newdoc id"):
            if any(block.sentences) or block.is_marked:
                yield block
            block = _Block(fields, (match[2] or "").strip(" ") or None, is_marked=True)
        elif match and match[1] == "global.Entity":
            fields = tuple((match[2] or "").strip().split("-"))
            block.fields = fields
        elif match and match[1] in ("newpar", "newpar id"):
            block.paragraphs.add(here)
        elif match and match[1] == "text":
            block.texts[here] = match[2] or ""
        elif match and match[1].startswith("meta::"):
            block.meta[match[1].removeprefix("meta::")] = match[2] or ""
        elif line.strip() and not line.startswith("#"):
            block.sentences[-1].append((number, line))
        elif not line.strip() and block.sentences[-1]:
            block.sentences.append([])
    if any(block.sentences) or block.is_marked:
        yield block


@dataclass
class _Word:
    """A token of the text: a word, or one that stands for several in the lines below it."""

    form: str
    cells: list[list[str]]
    places: list[str]
    misc: str


def _document(block: _Block, names: Names, losses: Losses, *, path: str) -> Document:
    sentences = [_words(lines, path) for lines in block.sentences if lines]
    parts: list[str] = []
    ranges: list[tuple[int, int]] = []
    rows: list[tuple[list[str], str]] = []
    borders: list[tuple[int, int]] = []
    position = 0
    for number, words in enumerate(sentences):
        is_last = number + 1 == len(sentences)
        in_paragraph = bool(block.paragraphs) and number + 1 not in block.paragraphs
        end_of_sentence = "" if is_last else " " if in_paragraph else "\n"
        first, n_parts = len(ranges), len(parts)
        for place, word in enumerate(words):
            is_inside = place + 1 < len(words)
            before, after = white_space(word.misc, " " if is_inside else end_of_sentence)
            position += len(before)
            parts += (before, word.form, after)
            inner = _inside(word)
            ranges += [(position + start, position + end) for start, end in inner]
            rows += list(zip(word.cells, word.places, strict=True))[: len(inner)]
            if len(inner) < len(word.cells):
                _hand_on_brackets(rows[-1][0], word.cells[1:])
            position += len(word.form) + len(after)
        if len(ranges) > first:
            borders.append((ranges[first][0], ranges[-1][1]))
        said = block.texts.get(number)
        if said is not None and said.split() != "".join(parts[n_parts:]).split():
            names.say("the text of a comment is not that of the words, which is read")
    losses.add("heads and relations of words", sum(cells[6] not in ("_", "") for cells, _ in rows))
    columns = {name: [cells[2 + n] for cells, _ in rows] for n, name in enumerate(_COLUMNS)}
    columns = {k: v for k, v in columns.items() if any(value != "_" for value in v)}
    doc = Document(
        text="".join(parts),
        id=block.id,
        sentences=tuple(borders),
        tokens=tuple(ranges),
        meta={**block.meta, **({TOKEN_COLUMNS: columns} if columns else {})},
    )
    found = list(_mentions(rows, ranges, block.fields, names, losses))
    return document_from_found(doc, found, where=rows[0][1] if rows else path, say=names.say)


def _words(lines: Sequence[tuple[int, str]], path: str) -> list[_Word]:
    words: list[_Word] = []
    last = 0  # of the words that a token of several stands for
    for number, line in lines:
        place, cells = f"{path}:{number}", line.split("\t")
        if len(cells) != 10 or not re.fullmatch(r"\d{1,9}([-.]\d{1,9})?", cells[0]):
            raise DataError(
                f"{place}: {shown(line)} is no line of CoNLL-U, which has ten columns with tabs "
                f"between them and a number first; it has {number_of(len(cells), 'columns')}. "
                "Mend it, or read the file with --from conll, with its columns named."
            )
        if not cells[1]:
            raise DataError(f"{place}: the word is empty. Fill it in.")
        if "." in cells[0]:
            continue  # a word that was left out in the text
        if "-" in cells[0]:
            last = int(cells[0].partition("-")[2])
            words.append(_Word(cells[1], [], [], cells[9]))
        elif int(cells[0]) <= last and words:
            words[-1].cells.append(cells)
            words[-1].places.append(place)
        else:
            words.append(_Word(cells[1], [cells], [place], cells[9]))
    for word in words:
        if not word.cells:
            raise DataError(
                f"{path}:{lines[0][0]}: the token {shown(word.form)} stands for words that do not "
                "follow. Add their lines."
            )
    return words


def _inside(word: _Word) -> list[tuple[int, int]]:
    """Where the words of a token stand in it; the whole for all where they do not make it up."""
    forms = [cells[1] for cells in word.cells]
    if "".join(forms) != word.form:
        return [(0, len(word.form))]
    ends = list(accumulate(map(len, forms)))
    return [(end - len(form), end) for form, end in zip(forms, ends, strict=True)]


def _hand_on_brackets(cells: list[str], others: Sequence[Sequence[str]]) -> None:
    """Give the one row of a token the brackets of all its words."""
    values = [_entity_in(one[9]) for one in (cells, *others)]
    cells[9] = f"Entity={''.join(values)}"


def _entity_in(misc: str) -> str:
    entries = (entry for entry in misc.split("|") if entry.startswith("Entity="))
    return next(entries, "Entity=").removeprefix("Entity=")


_BRACKET: Final = re.compile(r"\(([^()]+)(\)?)|([^()]+)\)")


def _mentions(
    rows: Sequence[tuple[Sequence[str], str]],
    ranges: Sequence[tuple[int, int]],
    fields: Sequence[str],
    names: Names,
    losses: Losses,
) -> Iterator[Found | DataError]:
    """The mentions that brackets open and close; those of one name close last opened first."""
    opened: dict[str, list[tuple[int, str, str]]] = {}
    for (cells, place), (start, end) in zip(rows, ranges, strict=True):
        value, at = _entity_in(cells[9]), 0
        for match in _BRACKET.finditer(value):
            if match.start() != at:
                break
            at = match.end()
            name = (match[1] or match[3]).split("-")[0]
            if "[" in name:
                losses.add("pieces of mentions of several pieces")
            elif match[1] is not None and not match[2]:
                opened.setdefault(name, []).append((start, match[1], place))
            elif match[1] is not None:
                yield attempt(_mention, match[1], (start, end), fields, names, where=place)
            elif not opened.get(name):
                yield DataError(
                    f"{place}: the bracket {match[0]!r} closes what none opens. Mend it.",
                    reason="a bracket without its other half",
                )
            else:
                first, said, where = opened[name].pop()
                yield attempt(_mention, said, (first, end), fields, names, where=where)
        if at != len(value):
            yield DataError(
                f"{place}: Entity={shown(value)} is not understood from {value[at:]!r} on; it has "
                "brackets such as '(1-person-Ada_Lovelace' and '1)'. Mend it.",
                reason="brackets that are none",
            )
    for left in opened.values():
        for _, said, where in left:
            yield DataError(
                f"{where}: the bracket '({said}' is never closed. Close it, or remove it.",
                reason="a bracket without its other half",
            )


def _mention(
    said: str, place: tuple[int, int], fields: Sequence[str], names: Names, *, where: str
) -> Found:
    values = dict(zip(fields, said.split("-", len(fields) - 1), strict=False))
    label = next((values[name] for name in _LABELS if values.get(name)), None)
    entity = next((values[name] for name in _IDENTITIES if values.get(name)), None)
    mention = Mention(
        start=place[0],
        end=place[1],
        label=None if label is None else unquote(label),
        entity=None if entity is None else own_entity(unquote(entity), names),
    )
    return Found(mention, where)


_CARRIED: Final = frozenset(
    {"ids", "mentions", "labels", "links", "sentences", "tokens", "meta columns"}
)
_BLANKS: Final = {ord(character): " " for character in "\t\n\r"}


def write_conllu(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """Ten columns with brackets of mentions, nested ones too, and white space in the last.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what CoNLL-U cannot carry.
    """
    for doc in documents:
        losses.note(doc, carried=_CARRIED)
        handle.write("# newdoc" + ("" if doc.id is None else f" id = {doc.id}") + "\n")
        handle.write("# global.Entity = eid-etype-head-identity\n")
        for key, value in doc.meta.items():
            if key == TOKEN_COLUMNS:
                continue
            is_text = isinstance(value, str) and value == value.strip() and value.isprintable()
            if is_text and value and re.fullmatch(r"[^\s=]+", key):
                handle.write(f"# meta::{key} = {value}\n")
            else:
                losses.add("meta columns")
        _write_sentences(doc, handle, losses)


def _write_sentences(doc: Document, handle: TextIO, losses: Losses) -> None:
    ranges = cover(doc, losses)
    losses.add("texts of white space only", bool(doc.text) and not ranges)
    opens = opens_sentence(doc, ranges)
    reach, mentions = 0, iter([*doc.mentions, None])
    coming = next(mentions)
    for n, (start, _) in enumerate(ranges):  # a mention does not go beyond its sentence
        while coming is not None and coming.start < start:
            reach, coming = max(reach, coming.end), next(mentions)
        if opens[n] and start < reach:
            losses.add("sentence borders inside a mention")
            opens[n] = False
    numbers = list(accumulate(map(int, opens)))
    notes = notes_from_text(doc.text, ranges, numbers)
    brackets = _brackets(doc, ranges)
    columns = _token_columns(doc, len(ranges), losses)
    ends = {number: end for number, (_, end) in zip(numbers, ranges, strict=True)}
    last, word = -1, 0
    for n, (start, end) in enumerate(ranges):
        if numbers[n] != last:
            text = " ".join(doc.text[start : ends[numbers[n]]].split())
            handle.write(("\n" if last >= 0 else "") + f"# text = {text}\n")
            last, word = numbers[n], 0
        word += 1
        form = doc.text[start:end].translate(_BLANKS)
        losses.add("tabs and line ends in tokens", form != doc.text[start:end])
        entries = ([f"Entity={brackets[n]}"] if brackets[n] else []) + [notes[n]]
        misc = "|".join(entry for entry in entries if entry != "_") or "_"
        cells = [str(word), form, *(column[n] for column in columns), "_", "_", "_", misc]
        handle.write("\t".join(cells) + "\n")
    handle.write("\n")


def _brackets(doc: Document, ranges: Sequence[tuple[int, int]]) -> list[str]:
    """The brackets that each token opens and closes: outer ones open first and close last."""
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    ends = dict(ranges)
    outer_first = sorted(enumerate(doc.mentions, 1), key=lambda one: (one[1].start, -one[1].end))
    for number, mention in outer_first:
        parts = [str(number), _quoted(mention.label or ""), "1"]
        if mention.entity is not None:
            parts.append(_quoted(mention.entity, is_last=True))
        opening.setdefault(mention.start, []).append(f"({'-'.join(parts)}")
        if mention.end == ends.get(mention.start):
            opening[mention.start][-1] += ")"
        else:
            closing.setdefault(mention.end, []).insert(0, f"{number})")
    # What closes stands first: the number behind an opening bracket would be part of it.
    return ["".join([*closing.get(end, ()), *opening.get(start, ())]) for start, end in ranges]


def _quoted(name: str, *, is_last: bool = False) -> str:
    """A name without what parts a bracket and the entries of the last column."""
    pattern = r"[%()|\[\]\s]" if is_last else r"[%()|\[\]\s-]"
    return re.sub(pattern, lambda found: "".join(f"%{b:02X}" for b in found[0].encode()), name)


def _token_columns(doc: Document, n_tokens: int, losses: Losses) -> list[Sequence[str]]:
    given: dict[str, Any] = dict(doc.meta.get(TOKEN_COLUMNS, {}))
    columns: list[Sequence[str]] = []
    for name in _COLUMNS:
        values = [str(value).translate(_BLANKS) or "_" for value in given.pop(name, ())]
        losses.add("columns of tokens", bool(values) and len(values) != n_tokens)
        columns.append(values if len(values) == n_tokens else ["_"] * n_tokens)
    losses.add("columns of tokens", len(given))
    return columns
