"""Files as tools and people write them, what is right for each, and ways to write them again."""

import codecs
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from nerlink import Document

__all__ = ["INPUTS", "VARIANTS", "Input", "right_values"]

Right = list[list[tuple[str, str | None, str | None]]]
"""Surface, label and entity of each mention of each document."""

ADA: Final = ("Ada Byron", "PER", "Q7259")
OSLO: Final = ("Oslo", "LOC", None)


@dataclass(frozen=True, slots=True)
class Input:
    """A file of somebody.

    Args:
        ending: Of the file's name.
        text: What is in the file.
        right: What is right.
        options: Of the reader.
    """

    ending: str
    text: str
    right: Right
    options: Mapping[str, Any] = field(default_factory=dict)


def _lines(*records: Mapping[str, Any]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _rows(*rows: str) -> str:
    return "\n".join(rows) + "\n"


TEXT: Final = "Ada Byron saw Oslo."
INPUTS: Final[Mapping[str, Input]] = {
    "entities with label": Input(
        ".jsonl",
        _lines({"text": TEXT, "entities": [{"start": 0, "end": 9, "label": "PER"}]}),
        [[("Ada Byron", "PER", None)]],
    ),
    "start_offset and type": Input(
        ".jsonl",
        _lines(
            {"text": TEXT, "spans": [{"start_offset": 14, "end_offset": 18, "type": "LOC"}]},
            {"text": "Nobody came.", "spans": []},
        ),
        [[OSLO], []],
    ),
    "lists of three": Input(
        ".jsonl",
        _lines({"text": TEXT, "label": [[0, 9, "PER"], [14, 18, "LOC"]]}),
        [[("Ada Byron", "PER", None), OSLO]],
    ),
    "pairs of a text and entities": Input(
        ".json",
        json.dumps([[TEXT, {"entities": [[0, 9, "PER"], [14, 18, "LOC"]]}]]),
        [[("Ada Byron", "PER", None), OSLO]],
    ),
    "kb_id beside label": Input(
        ".jsonl",
        _lines(
            {"text": TEXT, "mentions": [{"start": 0, "end": 9, "label": "PER", "kb_id": "Q7259"}]}
        ),
        [[ADA]],
    ),
    "UTF-16 units": Input(
        ".jsonl",
        _lines(
            {
                "text": "🎉 Ada Byron saw Oslo.",
                "mentions": [{"start": 3, "end": 12, "label": "PER", "text": "Ada Byron"}],
            }
        ),
        [[("Ada Byron", "PER", None)]],
    ),
    "JSON in a cell": Input(
        ".csv",
        _rows(
            "text,entities",
            f'"{TEXT}","[{{""start"": 0, ""end"": 9, ""label"": ""PER""}}]"',
        ),
        [[("Ada Byron", "PER", None)]],
    ),
    "Start, End and Label": Input(
        ".csv",
        _rows("doc_id,text,Start,End,Label", f'a,"{TEXT}",0,9,PER', f'a,"{TEXT}",14,18,LOC'),
        [[("Ada Byron", "PER", None), OSLO]],
    ),
    "a text in quotes in a TSV": Input(
        ".tsv",
        _rows("id\ttext", '1\t"Ada" she said', "2\tOslo waits"),
        [[], []],
    ),
    "semicolons": Input(
        ".csv",
        _rows("id;text", "1;Ada, Byron", "2;Oslo"),
        [[], []],
    ),
    "IOB1": Input(
        ".conll",
        _rows("Ada I-PER", "Byron I-PER", "saw O", "Oslo I-LOC", ". O"),
        [[("Ada Byron", "PER", None), OSLO]],
    ),
    "BILOU": Input(
        ".conll",
        _rows("Ada B-PER", "Byron L-PER", "saw O", "Oslo U-LOC", ". O"),
        [[("Ada Byron", "PER", None), OSLO]],
    ),
    "BMES": Input(
        ".conll",
        _rows("A B-PER", "d M-PER", "a E-PER", "in O", "Oslo S-LOC"),
        [[("A d a", "PER", None), OSLO]],
    ),
    "an index from 0": Input(
        ".conll",
        _rows("0\tAda\tB-PER", "1\tByron\tI-PER", "", "0\tOslo\tB-LOC", "1\twaits\tO"),
        [[("Ada Byron", "PER", None), OSLO]],
        {"columns": ["_", "token", "ner"]},
    ),
    "document marks": Input(
        ".conll",
        _rows("-DOCSTART- -X- -X- O", "", "Ada NNP B-NP B-PER", "", "-DOCSTART- -X- -X- O", "")
        + _rows("Oslo NNP B-NP B-LOC"),
        [[("Ada", "PER", None)], [OSLO]],
    ),
    "comments": Input(
        ".conll",
        _rows("# newdoc id = a", "# text = Oslo waits", "Oslo\tB-LOC", "waits\tO"),
        [[OSLO]],
    ),
    "NIL in words": Input(
        ".jsonl",
        _lines(
            {"text": TEXT, "mentions": [{"start": 0, "end": 9, "label": "PER", "entity": "NIL"}]}
        ),
        [[("Ada Byron", "PER", "NIL")]],
    ),
    "words and tags": Input(
        ".jsonl",
        _lines(
            {"tokens": ["Ada", "Byron", "saw", "Oslo"], "tags": ["B-PER", "I-PER", "O", "B-LOC"]}
        ),
        [[("Ada Byron", "PER", None), OSLO]],
    ),
}


def right_values(documents: Sequence[Document]) -> Right:
    """What came out, as `Input.right` has it."""
    return [[(d.surface(m), m.label, m.entity) for m in d.mentions] for d in documents]


def _write(one: Input, folder: Path, data: bytes | None = None, more: str = "") -> Path:
    path = folder / f"in{one.ending}{more}"
    path.write_bytes(one.text.encode() if data is None else data)
    return path


def _keys_turned(one: Input, rng: Random, folder: Path) -> Path:
    """The keys of each record in another order; other formats as they are."""
    if one.ending != ".jsonl":
        return _write(one, folder)
    lines = []
    for line in one.text.splitlines():
        items = list(json.loads(line).items())
        rng.shuffle(items)
        lines.append(json.dumps(dict(items)))
    return _write(one, folder, "\n".join(lines).encode())


VARIANTS: Final[Mapping[str, Callable[[Input, Random, Path], Path]]] = {
    "as it is": lambda one, _, folder: _write(one, folder),
    "with a byte order mark": lambda one, _, folder: _write(
        one, folder, codecs.BOM_UTF8 + one.text.encode()
    ),
    "in UTF-16": lambda one, _, folder: _write(one, folder, one.text.encode("utf-16")),
    "with CR LF": lambda one, _, folder: _write(
        one, folder, one.text.replace("\n", "\r\n").encode()
    ),
    "with CR": lambda one, _, folder: _write(one, folder, one.text.replace("\n", "\r").encode()),
    "without the last line end": lambda one, _, folder: _write(
        one, folder, one.text.rstrip("\n").encode()
    ),
    "with blank lines at the end": lambda one, _, folder: _write(
        one, folder, (one.text + "\n\n").encode()
    ),
    "packed": lambda one, _, folder: _write(one, folder, gzip.compress(one.text.encode()), ".gz"),
    "keys in another order": _keys_turned,
}
"""Ways to write the same file again, so that the same documents must come out."""
