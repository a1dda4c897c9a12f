"""What an attack is, what it may find, and bytes and texts that break programs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

__all__ = ["Attack", "Broken", "World", "chance", "mutated", "one_of", "strange_text"]


class Broken(Exception):  # noqa: N818
    """A promise was broken: something came out wrong or was lost, and nothing was said.

    Args:
        words: What is wrong.
        verdict: `silent` for a wrong result, `code` where the input's own code ran.
    """

    def __init__(self, words: str, *, verdict: str = "silent") -> None:
        super().__init__(words)
        self.verdict = verdict


class World:
    """What all attacks start from, made once.

    Args:
        folder: Holds `model`, a saved model, `kb.sqlite`, and `encoder`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = folder / "model"
        self.base = folder / "kb.sqlite"
        self.encoder = folder / "encoder"


Attack = Callable[[World, Random, Path], None]
"""Tries one input in an empty folder. A `NerlinkError` is a refusal; a return is an acceptance;
`Broken` is a finding, and so is every other exception."""

TOKENS: Final = tuple(
    token if isinstance(token, bytes) else token.encode()
    for token in (
        *(
            b"\x00",
            b"\xff\xfe",
            b"\xc3\x28",
            b"\xed\xa0\x80",
            "\ufeff",
            "\u2028",
            "\x85",
            "\x1b[2J",
        ),
        *("\r", "\n", "\t\t\t", '"', "'", "\\", '\\"', "\\ud800", "\\u0000", ",", ";", "|", "#"),
        *("null", "NaN", "-Infinity", "1e999", "-1", "0.5", "true", "{}", "[]", '""', "9" * 5000),
        *("[" * 3000, '{"a":' * 3000, "(" * 3000, " " * 5000, "-DOCSTART-", "B-", "I-PER", "<>"),
        *("=1+1", "../../x", "http://a/b c", "%00", "\u202e", "🎉", "e\u0301"),
    )
)
"""What is put into the middle of a file."""

PIECES: Final = (
    *("Ada", "Byron", "Oslo", "ﬁn", "e\u0301cole", "नमस्ते", "👩🏽‍🚀", "🇫🇷", "שלום", "東京都", "ไทย"),
    *(" ", "  ", "\n", "\t", "\r\n", "\r", "\u2028", "\u00a0", "\u200b", "\x0b", "\x85", "\ufeff"),
    *(".", ",", '"', "'", "\\", "#", "=", "+1", "@x", "<b>", "|", ";", "{}", "%20", "\x1b[31m"),
)


def chance(seed: int, area: str, number: int) -> Random:
    """What decides how an input looks: the same for the same number."""
    return Random(f"{seed} {area} {number}")


def one_of(rng: Random, *choices: object) -> object:
    """One of some things."""
    return choices[rng.randrange(len(choices))]


def strange_text(rng: Random, most: int = 12) -> str:
    """Pieces of many scripts, white space and signs, at least one."""
    return "".join(rng.choices(PIECES, k=rng.randint(1, most)))


def mutated(data: bytes, rng: Random) -> bytes:
    """The bytes, changed in one to three places."""
    for _ in range(rng.randint(1, 3)):
        data = rng.choice(MUTATIONS)(data, rng)
    return data


def _spot(data: bytes, rng: Random, most: int = 200) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.randint(1, most))


def _flip(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8) if data else 0):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(data: bytes, rng: Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _drop(data: bytes, rng: Random) -> bytes:
    start, end = _spot(data, rng)
    return data[:start] + data[end:]


def _repeat(data: bytes, rng: Random) -> bytes:
    start, end = _spot(data, rng)
    return data[:start] + data[start:end] * rng.choice((2, 3, 500)) + data[end:]


def _insert(data: bytes, rng: Random) -> bytes:
    start, _ = _spot(data, rng)
    return data[:start] + rng.choice(TOKENS) + data[start:]


def _replace_word(data: bytes, rng: Random) -> bytes:
    """A token in the place of a word or a number."""
    words = data.split(b" ")
    words[rng.randrange(len(words))] = rng.choice(TOKENS)
    return b" ".join(words)


def _shuffle_lines(data: bytes, rng: Random) -> bytes:
    lines = data.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


MUTATIONS: Final[Sequence[Callable[[bytes, Random], bytes]]] = (
    *(_flip, _cut, _drop, _repeat, _insert, _insert, _replace_word, _shuffle_lines),
)
