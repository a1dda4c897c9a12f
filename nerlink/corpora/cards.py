"""Corpora by name: their cards, and where they are found."""

import hashlib
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from nerlink.config import Section
from nerlink.data import Document
from nerlink.errors import ConfigError, DataError
from nerlink.lookalikes import did_you_mean
from nerlink.sources.reading import read
from nerlink.toml import check_table, read_table

__all__ = [
    "CARD",
    "Card",
    "File",
    "KnowledgeBaseFile",
    "SplitFile",
    "SplitName",
    "data_folder",
    "find_card_folder",
    "find_corpus",
    "list_cards",
    "load_split",
    "read_card",
    "sha256_of",
    "with_ids",
]

log = logging.getLogger(__name__)

CARD: Final = "card.toml"
_VARIABLE: Final = "NERLINK_CORPORA"

SplitName = Literal["train", "dev", "test"]
Count = Annotated[int, Field(ge=0)]


class File(Section):
    """A file of a corpus.

    Args:
        file: Its name, or its path below the corpus's folder.
        sha256: Of its bytes, in hexadecimal; not checked where it is empty.
        url: Where it may be fetched: the file itself, or an archive (`.tar.gz`, `.tgz`, `.zip`)
            that holds it.
    """

    file: str
    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    url: str | None = None


class SplitFile(File):
    """The documents of a split, and how many there must be."""

    documents: Count | None = None
    sentences: Count | None = None
    tokens: Count | None = None
    mentions: Count | None = None
    linked: Count | None = None
    nil: Count | None = None


class KnowledgeBaseFile(File):
    """A table of entities or aliases.

    Args:
        count: How many rows it must have.
        columns: nerlink's names to the file's, such as `popularity = "in_links"`.
    """

    count: Count | None = None
    columns: dict[str, str] = Field(default_factory=dict)


class Card(Section):
    """What a corpus is, where it comes from and how its files are read.

    Args:
        name: The folder's name; not in the file.
        title: In one line.
        language: As a tag, such as `en`.
        licence: The terms as their owners state them.
        source: Who made it and where it may be had.
        labels: All labels its mentions may have.
        format: A name in `READERS`.
        options: Options of that reader: columns, scheme, rules for cleaning tokens.
        splits: The files of train, dev and test.
        kb: Tables of entities and aliases, where it has links.
    """

    name: str = Field(exclude=True)
    title: str
    language: str
    licence: str
    source: str
    labels: tuple[str, ...]
    format: str
    options: dict[str, Any] = Field(default_factory=dict)
    splits: dict[SplitName, SplitFile]
    kb: dict[Literal["entities", "aliases"], KnowledgeBaseFile] = Field(default_factory=dict)

    @property
    def files(self) -> list[File]:
        """All files that the card names."""
        return [*self.splits.values(), *self.kb.values()]


def read_card(folder: str | Path) -> Card:
    """The card in a folder.

    Raises:
        ConfigError: It is missing, or a key or value in it is wrong.
    """
    path = Path(folder) / CARD
    table = read_table(path)
    return check_table(Card, table | {"name": Path(folder).resolve().name}, where=str(path))


def data_folder() -> Path:
    """Where built corpora go: `$NERLINK_CORPORA`, or the user's folder for programs' data."""
    if given := os.environ.get(_VARIABLE):
        return Path(given)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "nerlink" / "corpora"


def _bundled() -> tuple[Path, Path]:
    """Where the cards of a checkout and of an installed package are."""
    package = Path(__file__).parents[1]
    return package.parent / "corpora", package / "_corpora"


def list_cards() -> list[Card]:
    """The cards of all corpora that can be found by name, in order of name."""
    places = (data_folder(), *reversed(_bundled()))  # of one name, the last one found counts
    found = {path.parent.name: path.parent for place in places for path in place.glob(f"*/{CARD}")}
    cards: list[Card] = []
    for name in sorted(found):
        try:
            cards.append(read_card(found[name]))
        except ConfigError as error:
            log.warning("Left out: %s", error)
    return cards


def find_card_folder(name: str | Path) -> Path:
    """The folder of a corpus's card, which need not hold the files; the name may be a folder.

    Raises:
        DataError: There is no corpus of that name; the message names the nearest.
    """
    for folder in (Path(name), *(place / name for place in (*_bundled(), data_folder()))):
        if (folder / CARD).is_file():
            return folder
    names = [card.name for card in list_cards()]
    hint = did_you_mean(str(name), names)
    raise DataError(
        f"There is no corpus {str(name)!r}; there are {', '.join(names)}.{hint} "
        f"A folder with a {CARD} will do, too."
    )


def find_corpus(name: str | Path) -> Path:
    """The folder of a corpus that is ready for use: a card and all the files it names.

    It may be given as a folder, or is looked for by name in `$NERLINK_CORPORA` or the user's
    data folder, where built ones are, and among the bundled ones.

    Raises:
        DataError: It is unknown, or its files are not there; the message says how to get them.
    """
    places = (Path(), data_folder(), *_bundled())
    for folder in (place / name for place in places if (place / name / CARD).is_file()):
        if all((folder / file.file).is_file() for file in read_card(folder).files):
            return folder
    card = read_card(find_card_folder(name))
    if all(file.url for file in card.files):
        raise DataError(
            f"The corpus {card.name!r} is not built. Fetch its files and build it with: "
            f"nerlink corpus build {card.name}"
        )
    raise DataError(
        f"The corpus {card.name!r} is not built: nerlink may not pass its texts on. Get its files "
        f"({card.source}), then run: nerlink corpus build {card.name} --files FOLDER "
        f"--output {data_folder() / card.name}"
    )


def load_split(name: str | Path, split: SplitName) -> list[Document]:
    """The documents of a split of a corpus that is ready for use, each with an id.

    Raises:
        DataError: The corpus is unknown or not built, or has no such split.
    """
    folder = find_corpus(name)
    card = read_card(folder)
    if split not in card.splits:
        raise DataError(f"{folder} has no split {split!r}; it has {', '.join(card.splits)}.")
    documents = read(folder / card.splits[split].file, format=card.format, **card.options)
    return list(with_ids(documents, split))


def with_ids(documents: Iterable[Document], split: SplitName) -> Iterator[Document]:
    """The same documents; a document without an id is named after its place in the split."""
    for number, doc in enumerate(documents, start=1):
        yield replace(doc, id=f"{split}-{number}") if doc.id is None else doc


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        DataError: The file is missing.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file. Name the folder that has the corpus's files.")
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
