"""Vectors of words whatever the context: read from files, appended to the encoder's vectors."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from flair.data import Sentence
from flair.embeddings import TokenEmbeddings
from numpy.typing import NDArray
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn

from nerlink.errors import ConfigError, DataError
from nerlink.files import sound_lines
from nerlink.models.encoder.subtokens import Subtokenizer

__all__ = ["InputEmbeddings", "StaticEmbeddings", "WordVectors", "read_vectors", "write_vectors"]


VECTORS: Final = "vectors.safetensors"
WORDS: Final = "words.json"
_WORDS: Final = TypeAdapter(tuple[str, ...])


@dataclass(frozen=True, slots=True)
class WordVectors:
    """Words and their vectors.

    Args:
        words: The words; of equal words the first counts.
        rows: The vector of each word, (n_words, width).
    """

    words: tuple[str, ...]
    rows: NDArray[np.float32]


def read_vectors(path: str | Path) -> WordVectors:
    """The word vectors in a file or a folder.

    Text has a word and its numbers a line, and may open with a line of two counts (word2vec, GloVe,
    fastText; `.txt` or `.vec`, also with `.gz`). A folder holds one `.npy` array and a `.parquet`
    table of its words, or what `write_vectors` wrote.

    Raises:
        ConfigError: There is nothing to read at this path.
        DataError: The file or folder is damaged, or words and rows do not match.
    """
    path = Path(path).expanduser()
    if path.is_file():
        return _with_fitting_rows(path, _read_text(path))
    if path.is_dir():
        for pattern, read in FOLDERS.items():
            if found := sorted(path.glob(pattern)):
                return _with_fitting_rows(path, read(found[0]))
    raise ConfigError(
        f"encoder.static = {str(path)!r} holds no word vectors. Name a text file of words and "
        'numbers, a folder with an .npy array and a .parquet table of its words, or "encoder" for '
        "the encoder's own input embeddings."
    )


def write_vectors(vectors: WordVectors, folder: Path) -> None:
    """Write word vectors to a folder that `read_vectors` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"vectors": vectors.rows}, folder / VECTORS)
    (folder / WORDS).write_text(json.dumps(vectors.words, ensure_ascii=False), "utf-8")


def _read_text(path: Path) -> WordVectors:
    """The words and vectors of a text file, a word and its numbers a line."""
    words: list[str] = []
    rows: list[NDArray[np.float32]] = []
    width = 0
    for number, line in sound_lines(path):
        where = f"{path}:{number}"
        fields = line.rstrip().split(" ")
        if number == 1 and len(fields) == 2 and all(map(str.isdecimal, fields)):
            continue
        width = width or len(fields) - 1
        if not width:
            raise DataError(f"{where}: there are no numbers after the word {fields[0]!r}.")
        # A word may have spaces in it (fastText, GloVe 840B), a number never.
        words.append(" ".join(fields[:-width]))
        rows.append(_vector(fields[-width:], width, where))
    return WordVectors(tuple(words), np.stack(rows) if rows else np.zeros((0, 0), np.float32))


def _vector(fields: list[str], width: int, where: str) -> NDArray[np.float32]:
    try:
        numbers = np.array(fields, dtype=np.float32)
    except ValueError as error:
        raise DataError(f"{where}: {error}. A line is a word and {width} numbers.") from error
    if len(numbers) != width:
        raise DataError(
            f"{where}: {len(numbers)} numbers, where the first line has {width}. "
            "Mend the line; a word may hold no blanks."
        )
    return numbers


def _read_array(path: Path) -> WordVectors:
    """The vectors of an array, and the words of the first table beside the array."""
    from pyarrow import ArrowException, parquet

    tables = sorted(path.parent.glob("*.parquet"))
    if not tables:
        raise DataError(
            f"{path} has no .parquet table of its words beside it. Put one there, its first "
            "column the words in the order of the rows."
        )
    try:
        words = parquet.read_table(tables[0]).column(0).to_pylist()
        rows = np.load(path, allow_pickle=False).astype(np.float32)
    except (ArrowException, ValueError) as error:
        raise DataError(f"{path.parent} holds no readable word vectors: {error}.") from error
    return WordVectors(tuple(map(str, words)), rows)


def _read_saved(path: Path) -> WordVectors:
    try:
        rows = load_file(path)["vectors"]
        words = _WORDS.validate_json((path.parent / WORDS).read_bytes())
    except (SafetensorError, OSError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"{path.parent} holds no readable word vectors: {error!r}.") from error
    return WordVectors(words, rows)


FOLDERS: Final[Mapping[str, Callable[[Path], WordVectors]]] = {
    VECTORS: _read_saved,
    "*.npy": _read_array,
}
"""Readers by the file that a folder has."""


def _with_fitting_rows(path: Path, vectors: WordVectors) -> WordVectors:
    if vectors.rows.ndim != 2 or not vectors.rows.size or len(vectors.words) != len(vectors.rows):
        raise DataError(
            f"{path}: {len(vectors.words)} words, but vectors of the shape {vectors.rows.shape}. "
            "There must be a row a word."
        )
    if not np.issubdtype(vectors.rows.dtype, np.floating) or not np.isfinite(vectors.rows).all():
        raise DataError(f"{path}: a vector has values that are infinite or no numbers. Mend it.")
    return vectors


class _WordEmbeddings(TokenEmbeddings):
    """Flair's embeddings of tokens, each by its text alone."""

    name = "static"

    def _add_embeddings_internal(self, sentences: list[Sentence]) -> None:
        tokens = [token for sentence in sentences for token in sentence]
        for token, vector in zip(tokens, self([t.text for t in tokens]), strict=True):
            token.set_embedding(self.name, vector)


class StaticEmbeddings(_WordEmbeddings):
    """Word vectors that were learnt elsewhere and stay as they are.

    A word without a vector gets the vector of its lower-case form, or zeros.

    Args:
        vectors: Words and their vectors.
    """

    table: Tensor

    def __init__(self, vectors: WordVectors) -> None:
        super().__init__()
        self.words = vectors.words
        numbered = list(enumerate(vectors.words, start=1))
        self.row_of = {word: row for row, word in reversed(numbered)}
        rows = torch.from_numpy(np.pad(vectors.rows, ((1, 0), (0, 0))))
        # The vectors are saved in separate files, not among the weights of every checkpoint.
        self.register_buffer("table", rows, persistent=False)

    @property
    def vectors(self) -> WordVectors:
        """The words and their vectors, as the constructor got them."""
        return WordVectors(self.words, self.table[1:].cpu().numpy())

    @property
    def embedding_length(self) -> int:
        """Width of a token's vector."""
        return int(self.table.shape[1])

    def forward(self, words: Sequence[str]) -> Tensor:
        """Vectors of words, (n_words, embedding_length)."""
        rows = [self.row_of.get(word) or self.row_of.get(word.lower(), 0) for word in words]
        return self.table[torch.tensor(rows, dtype=torch.long, device=self.table.device)]


class InputEmbeddings(_WordEmbeddings):
    """The input embeddings of a transformer: the mean over the subtokens of each word.

    Args:
        table: The transformer's input embeddings; no gradient reaches them from here.
        subtokenizer: Gives the subtokens of words.
    """

    def __init__(self, table: nn.Embedding, subtokenizer: Subtokenizer) -> None:
        super().__init__()
        self.table = table
        self.subtokenizer = subtokenizer

    @property
    def embedding_length(self) -> int:
        """Width of a token's vector."""
        return int(self.table.embedding_dim)

    def forward(self, words: Sequence[str]) -> Tensor:
        """Vectors of words, (n_words, embedding_length)."""
        pieces = self.subtokenizer.pieces(words)
        device = self.table.weight.device
        sizes = torch.tensor([len(ids) for ids in pieces], dtype=torch.long, device=device)
        flat = torch.tensor([i for ids in pieces for i in ids], dtype=torch.long, device=device)
        vectors: Tensor = self.table(flat).detach().float()
        owners = torch.arange(len(pieces), device=device).repeat_interleave(sizes)
        sums = vectors.new_zeros(len(pieces), self.embedding_length)
        return sums.index_add(0, owners, vectors) / sizes.unsqueeze(1)
