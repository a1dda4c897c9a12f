"""Offsets in other units than characters, found by the surface that stands beside them.

JavaScript, Java and C# count UTF-16 units, of which an emoji has two; Go and Rust count bytes. Such
offsets look right until the first emoji, and are shifted from there on.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, Final

from nerlink.data import Mention
from nerlink.errors import DataError
from nerlink.words import shown

__all__ = ["converted", "in_characters", "in_utf16", "out_of_utf16", "units_hint"]

_UNITS: Final = (("UTF-16 units", "utf-16-le", 2), ("bytes", "utf-8", 1))


def in_characters(
    text: str,
    mentions: Sequence[Mention],
    surfaces: Sequence[str | None],
    *,
    places: Sequence[str],
    say: Callable[[str], None],
) -> list[Mention]:
    """The same mentions, with offsets in characters.

    Args:
        text: The text.
        mentions: Its mentions, with offsets as they were given.
        surfaces: What stands beside each as its text, (n_mentions); `None` where nothing does.
        places: What errors call each mention, (n_mentions).
        say: Called with what was converted.

    Raises:
        DataError: A surface is not the text at the offsets, in whatever unit they are.
    """
    if all(surface is None for surface in surfaces):
        return list(mentions)
    readings: list[tuple[str, Sequence[Mention] | None]] = [("characters", mentions)]
    for name, encoding, width in () if text.isascii() else _UNITS:
        readings.append((name, converted(text, mentions, encoding, width)))
    # The very surface in any unit comes before a similar one in characters: a shift past a blank
    # or an accent may leave a surface that only looks the same.
    for agrees in (_is_there, _agrees):
        for unit, read in readings:
            if read and all(map(agrees, [text] * len(mentions), read, surfaces)):
                if unit != "characters":
                    say(f"offsets count {unit}, as the text of mentions shows; now in characters")
                return list(read)
    pairs = enumerate(zip(mentions, surfaces, strict=True))
    wrong = next(n for n, (mention, surface) in pairs if not _agrees(text, mention, surface))
    mention, surface = mentions[wrong], surfaces[wrong] or ""
    there = text.find(surface)
    hint = f" It stands at {there}, {there + len(surface)}." if there >= 0 else ""
    raise DataError(
        f"{places[wrong]}: start {shown(mention.start)}, end {shown(mention.end)} is "
        f"{shown(text[max(mention.start, 0) : max(mention.end, 0)])} in the text, but the mention "
        f"says {shown(surface)}.{hint} Offsets count characters from 0; end is one past the last.",
        reason="another text at the offsets",
    )


def converted(
    text: str, mentions: Sequence[Mention], encoding: str, width: int
) -> list[Mention] | None:
    """The mentions with offsets taken for units of an encoding; `None` where one cannot be.

    Args:
        text: The text.
        mentions: Its mentions.
        encoding: The encoding, such as `utf-16-le`.
        width: Bytes of a unit.
    """
    characters: dict[int, int] = {}
    position = 0
    for number, character in enumerate(text):
        characters[position] = number
        position += len(character.encode(encoding, "surrogatepass")) // width
    characters[position] = len(text)
    if not all(m.start in characters and m.end in characters for m in mentions):
        return None
    return [replace(m, start=characters[m.start], end=characters[m.end]) for m in mentions]


def _is_there(text: str, mention: Mention, surface: str | None) -> bool:
    return surface is None or text[max(mention.start, 0) : max(mention.end, 0)] == surface


def _agrees(text: str, mention: Mention, surface: str | None) -> bool:
    if surface is None:
        return True
    found = text[max(mention.start, 0) : max(mention.end, 0)]
    if len(found) > 20 * len(surface) + 100:  # blanks and accents do not make so much of a name
        return False
    return found == surface or _bare(found) == _bare(surface)


def _bare(surface: str) -> str:
    """A surface as tokenisers may change it: no case, no accents, no blanks, no marks of pieces."""
    parts = unicodedata.normalize("NFKD", surface.casefold().replace("##", ""))
    return "".join(c for c in parts if not unicodedata.combining(c) and not c.isspace())


def units_hint(text: str) -> str:
    """The end of an error about offsets beyond a text: nothing, or which unit they may be in."""
    if all(character <= "\uffff" for character in text):
        return ""
    return (
        " The text has characters that are two UTF-16 units, as emoji are: if the offsets "
        "count units, as JavaScript does, give each mention its text as 'surface': then they are "
        "converted."
    )


def in_utf16(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a document with offsets in UTF-16 units, in place of characters.

    >>> in_utf16({"text": "\N{FLAG IN HOLE} Ada", "mentions": [{"start": 2, "end": 5}]})["mentions"]
    [{'start': 3, 'end': 6}]
    """
    text = record["text"]
    if _is_basic(text):
        return dict(record)
    units = _units_before(text)
    return _moved(record, lambda offset, _: units[offset])


def out_of_utf16(record: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The record of a document with offsets in characters, in place of UTF-16 units.

    Offsets beyond the text stay what they are, and are beyond it in characters, too.

    Args:
        record: The record, with nerlink's own names; anything may stand under them.
        where: The place that errors name.

    Raises:
        DataError: An offset lies inside a character of two units.
    """
    text = record.get("text")
    if not isinstance(text, str) or _is_basic(text):
        return dict(record)
    units = _units_before(text)
    characters = {unit: number for number, unit in enumerate(units)}

    def character_at(offset: Any, place: str) -> Any:
        if type(offset) is not int or not 0 <= offset <= units[-1]:
            return offset
        if offset not in characters:
            raise DataError(
                f"{where}: {place}: UTF-16 unit {offset} is inside a character of two units. "
                "Count units from 0, two for each emoji."
            )
        return characters[offset]

    return _moved(record, character_at)


def _is_basic(text: str) -> bool:
    """Whether each character is one UTF-16 unit."""
    return text.isascii() or max(text) <= "\uffff"


def _units_before(text: str) -> list[int]:
    """The UTF-16 units before each character, and those of the whole text, (1 + n_characters)."""
    return list(accumulate((1 + (one > "\uffff") for one in text), initial=0))


def _moved(record: Mapping[str, Any], move: Callable[[Any, str], Any]) -> dict[str, Any]:
    """The record with each offset as `move` gives it; what looks like none stays as it is."""
    moved = dict(record)
    if isinstance(mentions := record.get("mentions"), list):
        moved["mentions"] = [
            one | {key: move(one[key], f"mention {n}") for key in ("start", "end") if key in one}
            if isinstance(one, dict)
            else one
            for n, one in enumerate(mentions)
        ]
    for name in ("sentences", "tokens"):
        if isinstance(pairs := record.get(name), list):
            moved[name] = [
                [move(offset, f"{name}: {n}") for offset in pair]
                if isinstance(pair, list) and len(pair) == 2
                else pair
                for n, pair in enumerate(pairs)
            ]
    return moved
