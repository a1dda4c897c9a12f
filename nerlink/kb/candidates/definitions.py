"""Short forms that a text explains: "World Health Organization (WHO)"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

__all__ = ["find_definitions", "spell_out"]

_BRACKET: Final = re.compile(r"[()\[\]]")
_MOST_INSIDE: Final = 100
"""Characters in a parenthesis that may be one of the two forms."""

_FIRST_PART: Final = re.compile(r"[;,]\s.*")
_LAST_WORD: Final = re.compile(r"\S+\s*$")
_WORD: Final = re.compile(r"[\w'’]+")  # noqa: RUF001
_MOST_LETTERS: Final = 10
_LONGEST: Final = 120
"""Characters before a parenthesis that may belong to a long form."""

_SENTENCE_END: Final = re.compile(r"[a-z]{4}[.?!;:]\s")
_SMALL: Final = frozenset(
    """a an and at by de del der des di du et for from in la le of on or the to und von with
    y""".split()  # noqa: SIM905
)
"""Words that a short form may pass over."""


def find_definitions(text: str) -> dict[str, str]:
    """Short forms and the long forms beside them, either of which may be the one in parentheses.

    After Schwartz and Hearst (2003), "A simple algorithm for identifying abbreviation definitions
    in biomedical text": the letters of the short form come in the long one in their order, the
    first of them at the start of a word. Of several long forms, the one counts whose words begin
    with most of the letters and have fewest words besides. A short form has two capitals at least.
    """
    found: dict[str, str] = {}
    for start, _, content in _parentheses(text):
        whole = content.strip("\"'“”‘’")  # noqa: RUF001
        inside = _FIRST_PART.sub("", whole)  # "(FAP; MIM 175100)"
        before = text[max(0, start - _LONGEST) : start].rstrip()
        # As many words as the long form of a short one can have, by the rule of the paper.
        n_words = min(len(inside) + 5, 2 * len(inside))
        words = _SENTENCE_END.split(before)[-1].split()[-n_words:]
        short, long = inside, _long_form(inside, " ".join(words))
        if not long and (word := _LAST_WORD.search(before)):
            short = word[0].strip()
            long = whole if _long_form(short, whole) == whole else None
        if long:
            found.setdefault(short, long)
    return found


def spell_out(surface: str, definitions: Mapping[str, str]) -> list[str]:
    """What a surface with short forms in it stands for, likeliest first; empty without any.

    With VHL defined, "VHL disease" and "von Hippel-Lindau (VHL) disease" are both "von
    Hippel-Lindau disease". Where a long form may be a plural, its singular follows.

    Args:
        surface: A name in the text.
        definitions: What `find_definitions` gives of the text.
    """
    plain = definitions.get(surface) or surface
    if plain == surface:
        kept, last = [], 0
        for start, end, content in _parentheses(surface):
            if content in definitions:
                kept.append(surface[last:start])
                last = end
        plain = " ".join("".join([*kept, surface[last:]]).split())
    if plain == surface:
        plain = re.sub(r"\w[\w-]*", lambda word: _defined(word[0], definitions), surface)
    if plain == surface:
        return []
    return list(dict.fromkeys([plain, _singular(plain)]))


def _parentheses(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and content of the parentheses without others in them, on one line.

    Brackets are looked for one by one, since a pattern with blanks at both edges of the content
    would try each of many blanks as the one or the other edge.
    """
    opened = None
    for bracket in _BRACKET.finditer(text):
        if bracket[0] in "([":
            opened = bracket.start()
        elif opened is not None:
            content = text[opened + 1 : bracket.start()].strip()
            if 2 <= len(content) <= _MOST_INSIDE and "\n" not in content:
                yield opened, bracket.end(), content
            opened = None


def _defined(word: str, definitions: Mapping[str, str]) -> str:
    """The long form of a word, which may be a plural of the short form, or the other way round."""
    known = (definitions.get(one) for one in (word, word.removesuffix("s"), f"{word}s"))
    return next(filter(None, known), word)


def _singular(text: str) -> str:
    for plural, singular in (("ies", "y"), ("oses", "osis"), ("s", "")):
        if text.endswith(plural):
            is_singular = text.endswith(("ss", "is", "us"))
            return text if is_singular else text.removesuffix(plural) + singular
    return text


def _fold(text: str) -> str:
    """A text in lower case, letter for letter: `İ`, which would become two, stays."""
    return "".join(low if len(low := one.lower()) == 1 else one for one in text)


def _is_short_form(text: str) -> bool:
    """Whether a text may be short for another: one or two words with two capitals at least."""
    return (
        2 <= len(text) <= _MOST_LETTERS
        and text[0].isalnum()
        and sum(letter.isupper() for letter in text) >= 2
        and len(text.split()) <= 2
    )


def _long_form(short: str, text: str) -> str | None:
    """The end of a text that a short form stands for, if there is one."""
    if not _is_short_form(short):
        return None
    letters = "".join(filter(str.isalnum, _fold(short)))
    words = list(_WORD.finditer(_fold(text)))
    best, start = len(letters) + 1, None
    for i, word in enumerate(words):
        is_whole = word.start() == 0 or text[word.start() - 1] in " ([\"'“‘"  # noqa: RUF001
        if not is_whole or word[0][0] != letters[0]:
            continue
        # A small word may open a name ("von Hippel-Lindau"), but seldom does.
        cost = (word[0] in _SMALL) + _cost(tuple(one[0] for one in words[i:]), letters)
        if cost <= best and cost <= len(letters):  # of equal ones, the last is the shortest
            best, start = cost, word.start()
    if start is None:
        return None
    long = text[start:]
    is_long = len(long) > len(short) and not re.search(r"[()\[\]]", long)
    return long if is_long and not any(w.startswith(short) for w in long.split()) else None


@lru_cache(maxsize=4096)
def _cost(words: Sequence[str], letters: str) -> int:
    """How badly letters stand for words, all letters in their order; large if they cannot.

    A letter inside a word costs 1, and so does a word without a letter, small ones apart.
    """
    if not words:
        return len(letters) * 100
    word, others = words[0], words[1:]
    costs = [(word not in _SMALL) + _cost(others, letters)]
    opens, at = word.startswith(letters[:1]), -1
    for n in range(1, len(letters) + 1):
        # Letters are taken as early as they come, the first at the start of the word if it can.
        at = 0 if n == 1 and opens else word.find(letters[n - 1], at + 1)
        if at < 0:
            break
        costs.append(n - opens + _cost(others, letters[n:]))
    return min(costs)
