"""Short names in a document: `Lovelace`, where the document also has `Ada Lovelace`.

A base has people by their full names, and so have texts, but once. What follows is the last name,
which the base seldom has, or has for a town. The document itself says whom it means.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from nerlink.data import Mention
from nerlink.kb.candidates.in_document import widen
from nerlink.kb.normalise import normalise

__all__ = ["with_lent_candidates", "with_short_names"]

_LEAST: Final = 3
"""Letters of a short name: fewer are initials or an abbreviation."""

_MOST: Final = 5
"""Words of a full name: longer ones are titles, whose last word stands for nothing."""

_Lenders: TypeAlias = Mapping[tuple[str | None, str], Sequence[Mention]]
"""Label and key of a short name, to the full names that end in it."""


def with_short_names(
    text: str,
    mentions: Sequence[Mention],
    places: Iterable[tuple[int, int]],
    is_word: Callable[[str], bool],
) -> list[Mention]:
    """Mentions of a text, and the last words of full names where they stand alone.

    A short name means what the full names mean that end in it. Of `Aung San Suu Kyi` it has as many
    words as the text has: `Suu Kyi`.

    Args:
        text: The text.
        mentions: What was found in it, in order.
        places: Start and end of all that was found, also of what is no mention; none overlap.
        is_word: Whether a last word is a common word: the Bank of `Deutsche Bank`.

    Returns:
        The mentions in order, with the new ones.
    """
    full = dict[str, list[Mention]]()
    for mention in mentions:
        words = text[mention.start : mention.end].split()
        words = words[words[0].lower() == "the" :]
        if 2 <= len(words) <= _MOST and mention.candidates and _is_name(words[-1]):
            full.setdefault(words[-1], []).append(mention)
    if not full:
        return list(mentions)
    taken, found = sorted(places), list(mentions)
    for word, lenders in full.items():
        # Most full names of a document stand nowhere in it without their first words.
        if text.count(word) == len(lenders) or is_word(word):
            continue
        free = list(_free(text, word, taken))
        if not free:
            continue
        one, lent = lenders[0], [lender.candidates for lender in _distinct(lenders)]
        candidates = widen((), lent, share=1.0)
        entity = candidates[0].entity if len(candidates) == 1 else None
        for least, start, end in free:
            begins = _beginning(text, start, text[one.start : one.end], least=least)
            short = replace(one, start=begins, end=end, entity=entity, candidates=candidates)
            found.append(short)
    return sorted(found, key=lambda mention: mention.start)


def with_lent_candidates(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Mentions of a text, where a name also may mean what a full name means that ends in it.

    `Lebed` is a river in the base; beside `Alexander Lebed` it has two candidates and no link.

    Args:
        text: The text.
        mentions: What was found in it.
    """
    keys = [normalise(text[one.start : one.end]) for one in mentions]
    n_keys = Counter(map(_last_word, set(keys)))
    lenders = dict[tuple[str | None, str], list[Mention]]()
    for mention, key in zip(mentions, keys, strict=True):
        # Few names end like another one. One with a hyphen is one word: Neo-Nazism is no Nazism.
        surface = text[mention.start : mention.end]
        if n_keys[_last_word(key)] > 1 and len(surface.split(maxsplit=1)) > 1:
            words = key.split()
            for n in range(1, min(len(words), _MOST)):
                lenders.setdefault((mention.label, " ".join(words[n:])), []).append(mention)
    if not lenders:
        return list(mentions)
    return [_lent(mention, key, lenders) for mention, key in zip(mentions, keys, strict=True)]


def _last_word(key: str) -> str:
    return key.rpartition(" ")[2]


def _lent(mention: Mention, key: str, lenders: _Lenders) -> Mention:
    # The label is part of the key: a person lends nothing to a place of the same name.
    longer = lenders.get((mention.label, key))
    if not longer:
        return mention
    known = {one.entity for one in mention.candidates}
    more = [one for one in _distinct(longer) if {c.entity for c in one.candidates} - known]
    if not more:
        return mention
    candidates = widen(mention.candidates, [one.candidates for one in more])
    return replace(mention, entity=None, candidates=candidates)


def _distinct(mentions: Sequence[Mention]) -> list[Mention]:
    """The first of the mentions that have the same candidates."""
    first = dict[tuple[str, ...], Mention]()
    for mention in mentions:
        first.setdefault(tuple(one.entity for one in mention.candidates), mention)
    return list(first.values())


def _is_name(word: str) -> bool:
    return len(word) >= _LEAST and word[0].isupper() and word[-1].isalnum()


def _free(text: str, word: str, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """End of what was found before, start and end of each place where a word is free of it."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        place = bisect(taken, (end,)) - 1  # the last that begins before the end of the word
        least = taken[place][1] if place >= 0 else 0
        has_borders = not (_in_word(text[start - 1 : start]) or _in_word(text[end : end + 1]))
        if least <= start and has_borders:
            yield least, start, end
        start = text.find(word, end)


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _beginning(text: str, start: int, full: str, *, least: int) -> int:
    """Where a short name begins: as many words before its last one as the full name has there.

    Args:
        text: The text.
        start: Start of the last word.
        full: The full name.
        least: Where it may begin at the earliest.
    """
    for word in full.split()[-2:0:-1]:
        end = start
        while end > least and text[end - 1] == " ":
            end -= 1
        begins = end - len(word)
        if end == start or begins < least or text[begins:end] != word:
            break
        if _in_word(text[begins - 1 : begins]):
            break
        start = begins
    return start
