"""A corpus built from its public files: checked against its card, written as JSON lines."""

import logging
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from nerlink.corpora.cards import (
    CARD,
    Card,
    File,
    KnowledgeBaseFile,
    SplitFile,
    SplitName,
    data_folder,
    find_card_folder,
    read_card,
    sha256_of,
    with_ids,
)
from nerlink.corpora.downloads import fetch
from nerlink.data import NIL, Document
from nerlink.errors import DataError
from nerlink.files import open_output
from nerlink.kb.entities import EntityTables, Kind
from nerlink.rows import Row
from nerlink.sources.reading import stream, write
from nerlink.sources.records import json_from_record
from nerlink.toml import dump_table
from nerlink.words import number_of

__all__ = ["build_corpus", "tally"]

log = logging.getLogger(__name__)

_COUNTED: Final = ("documents", "sentences", "tokens", "mentions", "linked", "nil")


def build_corpus(
    name: str | Path,
    *,
    source: str | Path | None = None,
    output: str | Path | None = None,
    verify: bool = True,
) -> Path:
    """Turn a corpus's public files into a folder that is ready for use, whole or not at all.

    The folder holds `train.jsonl`, `dev.jsonl`, `test.jsonl` (the splits that the corpus has), the
    tables `entities.jsonl` and `aliases.jsonl` where there are links, and a card with counts.

    Args:
        name: Name of a corpus, or a folder with its card.
        source: The folder with its files; by default the card's own if they are all there, else
            they are fetched from where the card says.
        output: The folder to make; by default the name in `data_folder()`, where it is found
            by its name. An earlier build there is replaced.
        verify: Refuse files whose SHA-256 or counts are not the card's; otherwise only log it.

    Returns:
        The folder.

    Raises:
        DataError: A file is missing, is not the one the card means, or cannot be read.
    """
    card, folder = _card_and_files(name, source)
    for file in card.files:
        _check_file(folder / file.file, file, verify=verify)
    target = Path(os.path.realpath(data_folder() / card.name if output is None else output))
    for kept in (folder, Path(name)):
        if kept.is_dir() and kept.resolve().is_relative_to(target):
            raise DataError(
                f"{kept} would be replaced by what is made of it; name another folder to build in."
            )
    with _replacing(target) as partial:
        splits = {
            split: _build_split(card, split, folder, partial, verify=verify)
            for split in card.splits
        }
        tables = {
            kind: _build_table(table, kind, folder, partial, verify=verify)
            for kind, table in card.kb.items()
        }
        built = {"format": "jsonl", "options": {}, "splits": splits, "kb": tables}
        content = dump_table(card.model_copy(update=built))
        (partial / CARD).write_text(content, encoding="utf-8")
    return target


def _card_and_files(name: str | Path, source: str | Path | None) -> tuple[Card, Path]:
    """A corpus's card, and the folder of its files."""
    folder = find_card_folder(name)
    card = read_card(folder)
    if source is not None:
        return card, Path(source)
    is_beside = all((folder / file.file).is_file() for file in card.files)
    return card, folder if is_beside else fetch(card)


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `target` only when all went well."""
    if target.is_file():
        raise DataError(f"{target} is a file; name a folder.")
    if target.exists() and any(target.iterdir()) and not (target / CARD).is_file():
        raise DataError(f"{target} is not empty and holds no corpus; name another folder.")
    mark = secrets.token_hex(4)
    partial, old = (target.with_name(f".{target.name}.{mark}.{end}") for end in ("partial", "old"))
    partial.mkdir(parents=True)
    try:
        yield partial
        if target.exists():
            target.rename(old)
        partial.rename(target)
    finally:
        for folder in (partial, old):
            shutil.rmtree(folder, ignore_errors=True)


def _check_file(path: Path, file: File, *, verify: bool) -> None:
    found = sha256_of(path)
    if file.sha256 and found != file.sha256:
        _refuse(
            f"{path} is not the file that the card means: its SHA-256 is {found} instead of "
            f"{file.sha256}. Get the file again, or build without verifying.",
            verify=verify,
        )


def _refuse(message: str, *, verify: bool) -> None:
    if verify:
        raise DataError(message)
    log.warning("%s", message)


def _build_split(
    card: Card, split: SplitName, source: Path, target: Path, *, verify: bool
) -> SplitFile:
    expected = card.splits[split]
    path, counts, labels = source / expected.file, Counter[str](), Counter[str]()
    documents = stream(path, format=card.format, **card.options)
    name = f"{split}.jsonl"
    write(tally(with_ids(documents, split), counts, labels), target / name)
    for kind, number in counts.items():
        if getattr(expected, kind) not in (None, number):
            found = f"the number of {kind} is {number:,}"
            _refuse(f"{path}: {found}, not {getattr(expected, kind):,}.", verify=verify)
    if unknown := sorted(labels.keys() - set(card.labels)):
        _refuse(f"{path} has labels the card does not name: {', '.join(unknown)}.", verify=verify)
    built = {"file": name, "sha256": sha256_of(target / name), **counts}
    return SplitFile.model_validate(built)


def tally(
    documents: Iterable[Document], counts: Counter[str], labels: Counter[str]
) -> Iterator[Document]:
    """The same documents; what they hold is counted on the way.

    Args:
        documents: Any number of them.
        counts: Gets their counts by the names of `SplitFile`.
        labels: Gets the mentions of each label.
    """
    counts.update(dict.fromkeys(_COUNTED, 0))
    for doc in documents:
        links = [mention.entity for mention in doc.mentions]
        counts["documents"] += 1
        counts["sentences"] += len(doc.sentences or ())
        counts["tokens"] += len(doc.tokens or ())
        counts["mentions"] += len(doc.mentions)
        counts["linked"] += sum(link not in (None, NIL) for link in links)
        counts["nil"] += links.count(NIL)
        labels.update(mention.label for mention in doc.mentions if mention.label)
        yield doc


def _build_table(
    expected: KnowledgeBaseFile, kind: Kind, source: Path, target: Path, *, verify: bool
) -> KnowledgeBaseFile:
    name, n_rows = f"{kind}.jsonl", 0
    tables = EntityTables(expected.columns)
    with open_output(target / name) as handle:
        for row in tables.rows(source / expected.file, kind):
            n_rows += 1
            for record in _table_records(tables, row, kind):
                handle.write(json_from_record(record) + "\n")
    if expected.count is not None and n_rows != expected.count:
        found = f"{source / expected.file} has {number_of(n_rows, 'rows')}"
        _refuse(f"{found}, not {expected.count:,}.", verify=verify)
    return KnowledgeBaseFile(file=name, sha256=sha256_of(target / name))


def _table_records(tables: EntityTables, row: Row, kind: Kind) -> Iterator[dict[str, Any]]:
    """A row in nerlink's own columns; what an entity has beside them is kept."""
    if kind == "aliases":
        yield from map(asdict, tables.alias_counts(row))
        return
    own = asdict(tables.entity(row))
    others = {key: v for key, v in row.values.items() if key not in {*own, "alias"}}
    yield {key: value for key, value in own.items() if value} | others
