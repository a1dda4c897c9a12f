"""Where the words of a text are, in any language, in one pass of one compiled pattern.

* Letters, digits and combining marks form words; hyphens, inner apostrophes, `&` between capitals
  and separators between digits join them: `all-rounder`, `O'Neill`, `AT&T`, `1,234.5`, `3-2`.
* English clitics and Romance elisions are words of their own: `Ada 's`, `do n't`, `l' Italie`.
* Acronyms, initials and common abbreviations keep their full stop: `U.S.`, `J. Smith`, `Mr.`.
* URLs, e-mail addresses, `@user` and `#topic` stay whole, as does a run of one sign (`...`, `---`).
* Scripts without spaces (Chinese, kana, Thai, Lao, Khmer, Myanmar) fall into graphemes, and so do
  emoji and every other sign.
"""

# ruff: noqa: RUF001 (signs that look alike are what this file is about)

from typing import Final

import regex

from nerlink.converters.abbreviations import BEFORE_NAME, BEFORE_NUMBER, INSIDE

__all__ = ["SPACE", "word_spans"]

SPACE: Final = r"[\s\x1c-\x1f]"
"""What `str.isspace` calls white space."""

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# The ranges are in the set that follows, too; named first they are found three times faster.
CHAR = rf"[A-Za-z0-9À-ÖØ-öø-ɏΈ-ϵЀ-ҁҊ-ԯ[[\p{{L}}\p{{M}}\p{{N}}_\u00AD\u200C\u200D]--[{UNSPACED}]]]"
CLITIC = rf"(?:[sSdDmM]|[rR][eE]|[vV][eE]|[lL][lL])(?!{CHAR})"
ELISION = (
    r"[cdjlmnstCDJLMNST]|[Qq]u|(?:[Jj]us|[Ll]ors|[Pp]uis)qu"
    r"|(?:[Aa]|[Dd][ae]|[Nn]e|[Ss]u|[Qq]ue)ll|[Qq]uest|[Ss]ant|[Uu]n"
)
NOT = rf"n['’]t(?!{CHAR})"
# Before "n't" the run gives its last letter back: "do n't", not "don 't".
RUN = rf"(?:[A-Za-z0-9]+{CHAR}*|{CHAR}+)(?<!n(?=['’]t(?!{CHAR})))"
ACRONYM = rf"(?:\p{{Lu}}\p{{L}}?\.|\p{{L}}\.)+\p{{L}}{{1,2}}(?!{CHAR})\.?"
INITIAL = r"\p{Lu}\.(?=[ ]?\p{Lu})"
URL = rf"(?:https?://|ftp://|www\.)(?:[!#-;=?-~]|{CHAR})*(?:{CHAR}|[/=\#])"
JOIN = rf"""(?:
    ['’](?=\p{{L}})(?!{CLITIC}) | [-‐‑](?={CHAR}) | (?<=\p{{Nd}})[.,:/](?=\p{{Nd}})
    | \.(?=\p{{Ll}}) | (?<=\p{{Lu}})&(?=\p{{Lu}}) | (?<=\p{{Hebrew}})["״](?=\p{{Hebrew}})
    | @(?={CHAR}+[.-]{CHAR})
)"""
ABBREVIATION = rf"""\.(?:
    (?<=(?<!{CHAR})(?:{"|".join(sorted(BEFORE_NAME | INSIDE))})\.)
    | (?<=(?<!{CHAR})(?:{"|".join(sorted(BEFORE_NUMBER))})\.)(?=[ ]?\p{{Nd}})
)"""
# The first three alternatives change no result: they settle most tokens of most texts at once.
TOKEN = regex.compile(
    rf"""{SPACE}*+(
      [A-Za-z]++(?=[\s,;)])
    | {CHAR}++(?=\s)
    | [\p{{Han}}\p{{Hiragana}}\p{{Katakana}},.()"、。，！？：；（）“”](?=[\s\p{{Han}}])
    | {URL}
    | {NOT}
    | (?<![@#]|{CHAR})[@#](?=[\p{{L}}_]){CHAR}+
    | (?<!{CHAR})(?:{ELISION})['’](?=\p{{L}})(?!{CLITIC})
    | (?:(?<=[.)]|{CHAR})|(?<={SPACE})(?=['’]{CLITIC}(?!\S)))['’]{CLITIC}
    | (?:{ACRONYM}|{INITIAL}|{RUN})(?:{JOIN}{RUN})*(?:{ABBREVIATION})?
    | (?<!\S)\.(?=\p{{Nd}}){RUN}
    | \.{{2,}} | [!?]{{2,}} | ([-=*_~#+…])\2+
    | [!-/:-@\[-`\{{-~](?![\p{{M}}\u200D])
    | (?!{SPACE})\X
    )""",
    regex.VERBOSE | regex.VERSION1,
)


def word_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Character ranges of the words between two characters, in order.

    They do not overlap, and only white space lies between them:

        >>> [text[a:b] for a, b in word_spans(text := "Ada's (U.S.-based) firm")]
        ['Ada', "'s", '(', 'U.S.-based', ')', 'firm']
    """
    return [
        found.span(1) for found in TOKEN.finditer(text, start, len(text) if end is None else end)
    ]
