"""A look at the first lines of a file, whose ending may be that of another format."""

import logging
import re
from itertools import islice
from pathlib import Path
from typing import Final

from nerlink.errors import DataError
from nerlink.files import STANDARD, sound_lines

__all__ = ["ELSEWHERE", "refuse_other_content"]

log = logging.getLogger(__name__)

ELSEWHERE: Final = {
    ".conllu": "CoNLL-U: --from conll reads it, with the columns named, such as "
    '--read \'columns=["_", "token", "lemma", "ner", "_", "_", "_", "_", "_", '
    '"misc"]\'',
    ".ann": "annotations of brat",
    ".pubtator": "PubTator",
    ".spacy": "a DocBin of spaCy",
    ".xmi": "UIMA CAS",
    ".xml": "XML",
}
"""Endings of formats that nerlink does not find by itself, and what is to say of them."""

_TAGGED: Final = re.compile(r"\S.*[ \t](O|[BIESLUMW]-\S+)[ \t]*")
_N_LINES: Final = 50
_OURS: Final = "nerlink does not read it: make JSON lines of it"


def refuse_other_content(path: str | Path, name: str) -> None:
    """Refuse a file whose first lines are of another format than its ending says.

    Args:
        path: The file; standard input is not looked at.
        name: The format that its ending names.

    Raises:
        DataError: The content is of another format; the message says which, and what reads it.
    """
    if name not in ("text", "csv", "tsv") or str(path) == STANDARD or not Path(path).is_file():
        return
    try:
        lines = [line for _, line in islice(sound_lines(path), _N_LINES) if line.strip()]
    except DataError:
        return  # the reader has an encoding of its own, or says what is wrong
    if found := _other_format(lines, name):
        what, advice = found
        raise DataError(
            f"{path}: looks like {what}: {advice}. If it is not, name the format: --from {name}."
        )
    if name == "text" and Path(path).with_suffix(".ann").is_file():
        beside = Path(path).with_suffix(".ann").name
        log.warning("%s: the annotations beside it, in %s, are not read.", path, beside)


def _other_format(lines: list[str], name: str) -> tuple[str, str] | None:
    """What some lines look like and how that is read; `None` where they are what they should be."""
    if not lines:
        return None
    if lines[0].startswith("#FORMAT=WebAnno TSV"):
        return "WebAnno TSV", _OURS
    if re.match(r"\d+\|[ta]\|", lines[0]):
        return "PubTator", _OURS
    if len(lines) > 1 and re.match(r"-DOCSTART-[ \t]", lines[0]):
        return "columns of tokens", "--from conll reads it, with its columns named"
    if lines[0].split("\t")[0] == "TOKEN" and any(line.startswith("#") for line in lines):
        return "columns of tokens", "--from conll reads it"
    n_tagged = sum(_TAGGED.fullmatch(line) is not None for line in lines)
    if n_tagged > len(lines) * 0.8 and (name == "text" or _TAGGED.fullmatch(lines[0])):
        return "columns of tokens", "--from conll reads it"
    if name == "text" and len(lines) > 1 and all(re.match(r'\{".*\}', line) for line in lines):
        return "JSON lines", "--from jsonl reads it"
    return None
