"""The matcher written the plain way: every stretch of a text is tried, one after another."""

import unicodedata

from nerlink.kb.normalise import folded_character, normalise

DROPPED = set("'.’‘ʼ`´·")  # noqa: RUF001
HARD = set(";!?()[]{}。\f\v\u2029")
FREE = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
FIRST_VOWELS = set("เแโใไ")


def is_seen(character):
    return bool(folded_character(character).strip())


def is_word(character):
    return unicodedata.category(character)[0] in "LM" or unicodedata.category(character) == "Nd"


def is_mark(character):
    is_combining = unicodedata.combining(folded_character(character)[:1] or "a")
    return bool(is_combining) or unicodedata.category(character)[0] == "M" or character in "ะาำๅ"


def is_free(character):
    return unicodedata.name(character, "").removeprefix("HALFWIDTH ").startswith(FREE)


def is_hangul(character):
    return unicodedata.name(character, "").startswith("HANGUL")


def is_small(character):
    return character.islower() or unicodedata.category(character) == "Nd"


def gap_of(between):
    """What stands between two visible characters: nothing, '.', "'", ' ' or '‖'."""
    lines = between.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    folded = [folded_character(one) for one in between]
    if lines > 1 or any(unicodedata.normalize("NFKC", one) in HARD for one in between):
        return "‖"
    if any(one.isspace() for one in folded):
        return " "
    if any(is_apostrophe(one) for one in between):
        return "'"
    return "." if "." in between else ""


def is_apostrophe(one):
    is_dropped = not folded_character(one) and one != "."
    return is_dropped and (one in DROPPED or unicodedata.category(one)[0] == "P")


def pieces(text):
    """The visible characters of a text: offset, character, and the gap behind it."""
    places = [i for i, one in enumerate(text) if is_seen(one)]
    ends = [*places[1:], len(text)][: len(places)]
    return [(i, text[i], gap_of(text[i + 1 : end])) for i, end in zip(places, ends, strict=True)]


def borders(text):
    """For each visible character but the first: whether a mention may begin, and end, before it."""
    seen = pieces(text)
    return [None] + [_border(seen, n) for n in range(1, len(seen))]


def _border(seen, n):
    (_, left, gap), (_, right, _) = seen[n - 1], seen[n]
    if gap in (" ", "‖"):
        return True, True
    for joiner in (n - 1, n):
        if _is_joined(seen, joiner):
            return False, False
    if gap == "'":
        return True, True
    if gap == ".":
        small = is_small(left) and is_small(right)
        single = _is_open(seen, n - 1, -1) and _is_open(seen, n, 1)
        is_inside = is_word(left) and is_word(right) and (small or single)
        return not is_inside, not is_inside
    if is_mark(right) or left in FIRST_VOWELS:
        return False, False
    if not is_word(left) or not is_word(right) or is_free(left) or is_free(right):
        return True, True
    if is_hangul(left) and is_hangul(right):
        return False, True
    return is_hangul(left) != is_hangul(right), is_hangul(left) != is_hangul(right)


def _is_joined(seen, n):
    """Whether `&` stands between two letters."""
    if not 0 < n < len(seen) - 1 or seen[n][1] not in "&#@%":
        return False
    near = {seen[n - 1][2], seen[n][2]} <= {"", ".", "'"}
    return near and is_word(seen[n - 1][1]) and is_word(seen[n + 1][1])


def _is_open(seen, n, step):
    """Whether no letter stands directly before (-1) or behind (1) a visible character."""
    m = n if step == -1 else n + 1
    if not 0 < m < len(seen):
        return True
    if seen[m - 1][2]:
        return True
    begins, ends = _border(seen, m)
    return begins if step == -1 else ends


def spelled(text):
    """What two stretches must share to mean one alias: letters, and every kind of gap."""
    seen, at = pieces(text), borders(text)
    parts = []
    for n, (_, one, _) in enumerate(seen):
        if n:
            gap = seen[n - 1][2]
            is_joined = _is_joined(seen, n - 1) or _is_joined(seen, n)
            inside = "" if is_joined and gap in ("'", ".") else "'" if gap in ("'", ".") else gap
            parts.append(inside + "|" * at[n][0] + "|" * at[n][1])
        parts.append(folded_character(one) if not is_hangul(one) else one)
    return "".join(parts)


def find(text, ways):
    """The leftmost, then longest stretches that are spelled as one of some aliases."""
    wanted = {spelled(way) for way in ways}
    seen, at = pieces(text), borders(text)
    found, last = [], 0
    for n, (start, _, _) in enumerate(seen):
        if start < last or (n and not at[n][0]):
            continue
        for m in range(len(seen) - 1, n - 1, -1):
            end = seen[m][0] + 1
            may_end = m == len(seen) - 1 or at[m + 1][1]
            if may_end and spelled(text[start:end]) in wanted:
                found.append((start, end))
                last = end
                break
    return found


def keys(surfaces):
    return {normalise(surface) for surface in surfaces}
