"""Large and small letters: whether a surface is written as an alias is."""

from collections.abc import Iterable

from nerlink.kb.normalise import folded_character

__all__ = ["has_capitals", "letters_of", "written_alike"]


def letters_of(surface: str) -> str:
    """The letters and digits of a surface as its key has them, but large where they are large."""
    if surface.isascii():
        return "".join(filter(str.isalnum, surface))
    folded = ((one, "".join(filter(str.isalnum, folded_character(one)))) for one in surface)
    return "".join(plain.upper() if one.isupper() else plain for one, plain in folded)


def has_capitals(surface: str) -> bool:
    """Whether any letter is large."""
    return any(map(str.isupper, surface))


def written_alike(surface: str, aliases: Iterable[str]) -> bool:
    """Whether a surface has the large letters of an alias; the first may be large anyway."""
    letters = letters_of(surface)
    for alias in aliases:
        other = letters_of(alias)
        if letters == other or (alias.islower() and letters == other[:1].upper() + other[1:]):
            return True
    return False
