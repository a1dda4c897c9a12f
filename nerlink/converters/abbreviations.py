"""Words that are written with a full stop, and words that open a sentence after a full stop.

Only what is frequent in running text of several European languages; a language without an entry
loses nothing but a few sentence borders.
"""

from typing import Final

__all__ = ["ABBREVIATIONS", "BEFORE_NUMBER", "OPENERS"]


def _set_of(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _with_capitals(listed: str) -> frozenset[str]:
    """The words, and in capitals too if their first letter is one: `Mr` also as `MR`."""
    words = _set_of(listed)
    return words | {word.upper() for word in words if word[0].isupper()}


ABBREVIATIONS: Final = _with_capitals(
    "Mr Mrs Ms Dr Prof Gen Sen Rep Gov Col Lt Sgt Capt Cmdr Adm Maj Pres Rev Hon St Ste Mt Ft "
    "Messrs Hr Fr Dipl Ing Mme Mlle MM Mgr Sra Srta Dra Dña Sig Dott Avv Dhr Mevr Drs "
    "vs approx cf ca bzw bijv incl excl resp vgl sog zzgl "
    "Inc Corp Ltd Co Cos Bros Cie plc Jr Sr Esq etc al usw Univ Dept Assn Intl Natl Ave Blvd Rd "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thurs Fri Sat "
    "Ala Ariz Ark Calif Colo Conn Fla Ga Ill Ind Kan Ky La Mass Md Mich Minn Mo Mont Neb Nev "
    "Okla Ore Penn Tenn Tex Va Vt Wash Wis Wyo"
)
"""Their full stop ends a sentence only where an opener follows: `Mr. Lee`, `Foo Inc. The firm`."""

BEFORE_NUMBER: Final = _with_capitals(
    "No no Nos nos Nr nr Fig fig Art art Vol vol Sec sec Ch ch pp p Bd Kap Abs Ziff núm num pág"
)
"""Abbreviations only where a number follows: `No. 5`, but `No.` is an answer."""

OPENERS: Final = _set_of(
    "The A An He She It They We I You This That These Those There But And Or So If In On At By "
    "For From As After Before When While Although However Some Many His Her Its Their Our My What "
    "Who Why How Yes Not Der Die Das Ein Eine Er Sie Es Wir Ich Im Am Aber Und Le La Les Un Une "
    "Il Elle Ils Elles Nous Je Mais Et El Los Las Una Lo Pero En Y De Het Een Hij Zij Maar Gli O Os"
)
"""First words of sentences that hardly ever belong to a name."""
