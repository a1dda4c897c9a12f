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

from nerlink.converters.abbreviations import ABBREVIATIONS, BEFORE_NUMBER

__all__ = ["WHITE_SPACE", "word_ranges"]

WHITE_SPACE: Final = r"[\s\x1c-\x1f]"
"""What `str.isspace` calls white space."""

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# A character of a word; soft hyphens and joiners are inside words. The ranges in front are in the
# set that follows, too; named first they are found three times faster.
CHAR = rf"[A-Za-z0-9À-ÖØ-öø-ɏΈ-ϵЀ-ҁҊ-ԯ[[\p{{L}}\p{{M}}\p{{N}}_\u00AD\u200C\u200D]--[{UNSPACED}]]]"
# What follows an apostrophe, or stands before one, as a word of its own.
CLITIC = rf"(?:[sSdDmM]|[rR][eE]|[vV][eE]|[lL][lL])(?!{CHAR})"
ELISION = (
    r"[cdjlmnstCDJLMNST]|[Qq]u|(?:[Jj]us|[Ll]ors|[Pp]uis)qu"
    r"|(?:[Aa]|[Dd][ae]|[Nn]e|[Ss]u|[Qq]ue)ll|[Qq]uest|[Ss]ant|[Uu]n"
)
NOT = rf"n['’]t(?!{CHAR})"
# Before "n't" the run gives its last letter back: "do n't", not "don 't".
RUN = rf"(?:[A-Za-z0-9]+{CHAR}*|{CHAR}+)(?<!n(?=['’]t(?!{CHAR})))"
# "U.S.", "Ph.D", "e.g."; a single letter keeps its full stop only before a capital, as in "J. Doe".
ACRONYM = rf"(?:\p{{Lu}}\p{{L}}?\.|\p{{L}}\.)+\p{{L}}{{1,2}}(?!{CHAR})\.?"
INITIAL = r"\p{Lu}\.(?=[ ]?\p{Lu})"
# The last character is one of a word, so that the full stop of a sentence stays outside.
URL = rf"(?:https?://|ftp://|www\.)(?:[!#-;=?-~]|{CHAR})*(?:{CHAR}|[/=\#])"
JOIN = rf"""(?:
    ['’](?=\p{{L}})(?!{CLITIC}) | [-‐‑](?={CHAR}) | (?<=\p{{Nd}})[.,:/](?=\p{{Nd}})
    | \.(?=\p{{Ll}}) | (?<=\p{{Lu}})&(?=\p{{Lu}}) | (?<=\p{{Hebrew}})["״](?=\p{{Hebrew}})
    | @(?={CHAR}+[.-]{CHAR})
)"""
# A full stop, if the whole word before it is in a list.
ABBREVIATION = rf"""\.(?:
    (?<=(?<!{CHAR})(?:{"|".join(sorted(ABBREVIATIONS))})\.)
    | (?<=(?<!{CHAR})(?:{"|".join(sorted(BEFORE_NUMBER))})\.)(?=[ ]?\p{{Nd}})
)"""
# Two letters of a flag: "\X" would count those before it, in quadratic time in a run of flags.
FLAG = r"[\U0001F1E6-\U0001F1FF]{2}(?![\p{M}\u200D])"
# The alternatives are tried in their order: special words before runs, runs before signs. The
# first three change no result, but settle most tokens of most texts at once.
TOKEN = regex.compile(
    rf"""{WHITE_SPACE}*+(
      [A-Za-z]++(?=[\s,;)])
    | {CHAR}++(?=\s)
    | [\p{{Han}}\p{{Hiragana}}\p{{Katakana}},.()"、。，！？：；（）“”](?=[\s\p{{Han}}])
    | {URL}
    | {NOT}
    | (?<![@#]|{CHAR})[@#](?=[\p{{L}}_]){CHAR}+                     # @user, but not ada@user
    | (?<!{CHAR})(?:{ELISION})['’](?=\p{{L}})(?!{CLITIC})
    | (?:(?<=[.)]|{CHAR})|(?<={WHITE_SPACE})(?=['’]{CLITIC}(?!\S)))['’]{CLITIC}
    | (?:{ACRONYM}|{INITIAL}|{RUN})(?:{JOIN}{RUN})*(?:{ABBREVIATION})?
    | (?<!\S)\.(?=\p{{Nd}}){RUN}                                  # .5
    | \.{{2,}} | [!?]{{2,}} | ([-=*_~#+…])\2+
    | [!-/:-@\[-`\{{-~](?![\p{{M}}\u200D])                        # ASCII signs, faster than \X
    | {FLAG} | (?!{WHITE_SPACE})\X
    )""",
    regex.VERBOSE | regex.VERSION1,
)


def word_ranges(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Character ranges of the words between two characters of a text, in order.

    Words do not overlap, and only white space lies between them:

        >>> [text[a:b] for a, b in word_ranges(text := "Ada's (U.S.-based) firm")]
        ['Ada', "'s", '(', 'U.S.-based', ')', 'firm']
    """
    # White space without a word behind it takes quadratic time: one character of it is kept.
    part = text[start:end]
    end = min(start + len(part.rstrip()) + 1, start + len(part))
    return [found.span(1) for found in TOKEN.finditer(text, start, end)]
