"""All formats in two tables, and the three functions that use them: read, stream, write."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, get_type_hints

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.files import STANDARD, open_binary, open_output
from nerlink.lookalikes import did_you_mean
from nerlink.sources.check import OnError, Result, accept, check_documents, check_options
from nerlink.sources.folders import files_at, folder_of_one_format, new_folder
from nerlink.sources.formats.aida import read_aida
from nerlink.sources.formats.bioc import read_bioc, write_bioc
from nerlink.sources.formats.brat import read_brat, write_brat
from nerlink.sources.formats.conll import read_conll, write_conll
from nerlink.sources.formats.conllu import read_conllu, write_conllu
from nerlink.sources.formats.delimited import read_csv, read_tsv, write_csv, write_tsv
from nerlink.sources.formats.doccano import read_doccano, write_doccano
from nerlink.sources.formats.elevant import read_elevant, write_elevant
from nerlink.sources.formats.hf import write_hf
from nerlink.sources.formats.hipe import read_hipe, write_hipe
from nerlink.sources.formats.jsonl import read_json, read_jsonl, write_json, write_jsonl
from nerlink.sources.formats.label_studio import read_label_studio, write_label_studio
from nerlink.sources.formats.nif import read_nif, write_nif
from nerlink.sources.formats.parquet import read_parquet, write_parquet
from nerlink.sources.formats.prodigy import read_prodigy, write_prodigy
from nerlink.sources.formats.pubtator import read_pubtator, write_pubtator
from nerlink.sources.formats.spacy import read_spacy, write_spacy
from nerlink.sources.formats.text import read_plain, write_plain
from nerlink.sources.formats.xmi import read_xmi, write_xmi
from nerlink.sources.formats.zelda import read_zelda
from nerlink.sources.losses import Losses, WriteReport
from nerlink.sources.names import plain
from nerlink.sources.sniffing import format_by_content

__all__ = [
    "FORMATS",
    "READERS",
    "WRITERS",
    "format_of",
    "meant_format",
    "read",
    "results_of",
    "stream",
    "write",
]

log = logging.getLogger(__name__)

Reader = Callable[..., Iterator[Result]]
Writer = Callable[..., None]

READERS: Final[Mapping[str, Reader]] = {
    "aida": read_aida,
    "bioc": read_bioc,
    "brat": read_brat,
    "conll": read_conll,
    "conllu": read_conllu,
    "csv": read_csv,
    "doccano": read_doccano,
    "elevant": read_elevant,
    "hipe": read_hipe,
    "json": read_json,
    "jsonl": read_jsonl,
    "label-studio": read_label_studio,
    "nif": read_nif,
    "parquet": read_parquet,
    "prodigy": read_prodigy,
    "pubtator": read_pubtator,
    "spacy": read_spacy,
    "text": read_plain,
    "tsv": read_tsv,
    "xmi": read_xmi,
    "zelda": read_zelda,
}
"""Format name to the function that reads it: `reader(path, **options)`, or `reader(path, form)`
with a config that holds the options."""

WRITERS: Final[Mapping[str, Writer]] = {
    "bioc": write_bioc,
    "brat": write_brat,
    "conll": write_conll,
    "conllu": write_conllu,
    "csv": write_csv,
    "doccano": write_doccano,
    "elevant": write_elevant,
    "hf": write_hf,
    "hipe": write_hipe,
    "json": write_json,
    "jsonl": write_jsonl,
    "label-studio": write_label_studio,
    "nif": write_nif,
    "parquet": write_parquet,
    "prodigy": write_prodigy,
    "pubtator": write_pubtator,
    "spacy": write_spacy,
    "text": write_plain,
    "tsv": write_tsv,
    "xmi": write_xmi,
}
"""Format name to the function that writes it: `writer(documents, handle, losses, **options)`, or
with `form`, a config that holds the options."""

FORMATS: Final[Mapping[str, str]] = {
    ".ann": "brat",
    ".bio": "conll",
    ".bioc": "bioc",
    ".conll": "conll",
    ".conllu": "conllu",
    ".conllup": "conll",
    ".csv": "csv",
    ".iob": "conll",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".nif": "nif",
    ".parquet": "parquet",
    ".pubtator": "pubtator",
    ".spacy": "spacy",
    ".tsv": "tsv",
    ".ttl": "nif",
    ".txt": "text",
    ".xmi": "xmi",
    ".xml": "bioc",
}
"""Ending of a file's name to its format; a further `.gz` is looked through."""

CONTENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "aida": (".jsonl",),
    "bioc": (".json",),
    "brat": (".txt",),
    "doccano": (".jsonl", ".json"),
    "elevant": (".jsonl",),
    "hipe": (".tsv",),
    "label-studio": (".json", ".jsonl"),
    "prodigy": (".jsonl", ".json"),
    "pubtator": (".txt",),
    "zelda": (".jsonl",),
}
"""Formats to further endings that their files have; content, or who reads, tells which it is."""

FOLDERS: Final = frozenset({"brat", "xmi"})
"""Formats that are a folder of files, which a reader and a writer are given as a whole."""


def format_of(path: str | Path) -> str:
    """The format of a file by the ending of its name; standard input and output are JSON lines.

    Raises:
        DataError: The ending is none that nerlink knows.
    """
    if str(path) == STANDARD:
        return "jsonl"
    ending = Path(str(path).lower().removesuffix(".gz")).suffix
    if ending not in FORMATS:
        raise DataError(
            f"{path}: the ending {ending!r} tells no format; known are {', '.join(FORMATS)}, "
            "each also with .gz. Otherwise name the format: "
            f"{', '.join(sorted(READERS))}."
        )
    return FORMATS[ending]


def stream(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    on_error: OnError = "raise",
    skipped: Callable[[DataError], None] | None = None,
    unique_ids: bool = True,
    **options: Any,
) -> Iterator[Document]:
    """The documents of a file, or of all files of a folder or a pattern, one at a time.

    One document is in memory where the format is JSON lines, CoNLL, CSV or Parquet with a row a
    document, or text with `lines`. For the other formats the whole file is in memory.

    Args:
        path: The file, a folder, or a pattern such as `exports/*.json`; `-` is standard input, an
            ending `.gz` is unpacked.
        format: One of `READERS`; by default the format of the ending, or another one that the
            content shows without doubt, which is said.
        on_error: `raise` stops at the first bad document; `skip` leaves bad ones out,
            `skip-mention` their bad mentions alone; both count by reason and log the counts.
        skipped: Called with the error of each document or mention left out.
        unique_ids: Refuse an id that occurred before (costs about 100 bytes a document).
        **options: What the format's reader takes, such as `scheme` and `columns` for `conll`.

    Raises:
        DataError: The file cannot be read, or a document is bad; the message names the place.
    """
    results = results_of(path, format=format, **options)
    return accept(
        results, source=str(path), on_error=on_error, skipped=skipped, unique_ids=unique_ids
    )


def results_of(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    **options: Any,
) -> Iterator[Result]:
    """The documents of a file, and in its place why one could not be read.

    The arguments and errors are those of `stream`, but for documents that are bad.
    """
    if format is not None:
        _entry(READERS, format, "read")
    if format in FOLDERS and Path(path).is_dir():
        return _opened(path, format, options)
    files = files_at(path)
    if len(files) == 1:
        return _opened(files[0] if Path(path) != files[0] else path, format, options)
    named = None if format is None else _endings(format)
    for file in files:
        if format is None and Path(path).is_dir() and FORMATS.get(file.suffix) in FOLDERS:
            return _opened(path, FORMATS[file.suffix], options)
    files, found = folder_of_one_format(path, files, endings=named, format_of=_tells)
    if "brat" in (format, found):  # a text and its annotations are two files of one document
        files = [f for f in files if f.suffix == ".txt" or f.with_suffix(".txt") not in files]
    told = set[str]()
    return chain.from_iterable(_opened(file, format, options, told) for file in files)


def _opened(
    path: str | Path,
    format_: str | None,
    options: Mapping[str, Any],
    told: set[str] | None = None,
) -> Iterator[Result]:
    """The documents of one file, or of a folder of a format that is one."""
    is_folder = format_ is None and Path(path).is_dir()
    name = format_ or ("brat" if is_folder else format_by_content(path, _format_at(path), told))
    reader = _with_options(_entry(READERS, name, "read"), options, f"The reader of {name!r}")
    results: Iterator[Result] = reader(path)
    return results


def _format_at(path: str | Path) -> str:
    """The format of a file that is there, by its ending."""
    try:
        return format_of(path)
    except DataError:
        with open_binary(path):  # if nothing is there, that is the error
            raise


def _endings(name: str) -> set[str]:
    """The endings that files of a format have."""
    own = {ending for ending, format_ in FORMATS.items() if format_ == name}
    return own | set(CONTENTS.get(name, ()))


def _tells(path: Path) -> str | None:
    """The format that the ending of a file in a folder tells."""
    try:
        name = format_of(path)
    except DataError:
        return None
    return "brat" if name == "text" and path.with_suffix(".ann").is_file() else name


def read(path: str | Path, **options: Any) -> list[Document]:
    """All documents of a file; the options are those of `stream`."""
    return list(stream(path, **options))


def write(
    documents: Iterable[Document],
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    **options: Any,
) -> WriteReport:
    """Write documents to a file, which appears whole or not at all.

    Args:
        documents: Any number, also a stream.
        path: The file; `-` is standard output, an ending `.gz` is packed.
        format: One of `WRITERS`; by default the format of the ending.
        **options: What the format's writer takes, such as `shape` for tables.

    Returns:
        How much was written, and what the format could not carry (also logged).

    Raises:
        DataError: A document is not sound, or the file cannot be written.
    """
    name = format or format_of(path)
    writer = _entry(WRITERS, name, "write")
    writer = _with_options(writer, options, f"The writer of {name!r}")
    losses, sizes = Losses(), [0, 0, 0]
    with (new_folder if name in FOLDERS else open_output)(path) as target:
        writer(_tallied(documents, sizes), target, losses)
    report = WriteReport(
        path=str(path),
        n_documents=sizes[0],
        n_mentions=sizes[1],
        lost=dict(losses.counts),
        n_empty=sizes[2],
    )
    if report.lost:
        log.warning("%s", report)
    return report


def _with_options(
    function: Callable[..., Any], options: Mapping[str, Any], what: str
) -> Callable[..., Any]:
    """A reader or a writer with its options, which may be those of a config."""
    if config := get_type_hints(getattr(function, "func", function)).get("form"):
        check_options(config, options, what=what)
        return partial(function, form=config(**options))
    check_options(function, options, what=what)
    return partial(function, **options)


def _tallied(documents: Iterable[Document], sizes: list[int]) -> Iterator[Document]:
    for doc in check_documents(documents):
        yield doc
        sizes[0] += 1
        sizes[1] += len(doc.mentions)
        sizes[2] += not doc.mentions


def meant_format(name: str, known: Collection[str]) -> str:
    """The format that was probably meant, as a question, or nothing."""
    other = _OTHER_NAMES.get(plain(name))
    return f" Did you mean {other!r}?" if other in known else did_you_mean(name, known)


_OTHER_NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("inception", "webanno", "uima", "cas", "uimacas", "casxmi"), "xmi"),
    **dict.fromkeys(("conll2002", "conll2003", "iob", "bio", "flair"), "conll"),
    **dict.fromkeys(("hipe2020", "hipe2022", "impresso"), "hipe"),
    **dict.fromkeys(("gum", "ud", "universaldependencies"), "conllu"),
    **dict.fromkeys(("huggingface", "transformers"), "hf"),
    "docbin": "spacy",
    "standoff": "brat",
    "turtle": "nif",
}
"""What people call a format, without blanks and signs."""


def _entry(table: Mapping[str, Callable[..., Any]], name: str, verb: str) -> Callable[..., Any]:
    if name not in table:
        raise DataError(
            f"nerlink cannot {verb} the format {name!r}; it can {verb} {', '.join(sorted(table))}."
            f"{meant_format(name, table)}"
        )
    return table[name]
