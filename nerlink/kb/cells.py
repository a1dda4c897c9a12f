"""Values in the cells of a base's tables: texts, numbers, lists of aliases."""

import ast
import html
import io
import math
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from nerlink.data import is_one_line
from nerlink.errors import DataError
from nerlink.strict_json import RepeatedKeyError, parse_json
from nerlink.words import number_of, shown

__all__ = ["Cells", "check_storable", "cleaned", "escaped", "number", "whole_number"]

SEPARATOR: Final = "|"
"""What stands between two aliases in a cell of text."""

_OTHER_SEPARATORS: Final = ("|", ";", ",")
"""What may stand between two aliases where nobody says so."""

_OFTEN: Final = 0.1
"""Share of the cells from which on a character may be meant as a separator."""

_TOO_MANY: Final = 2**53
"""From here on a float cannot tell each whole number from the next."""

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_REFERENCE: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_OPENS_LIST: Final = re.compile(r"""[\[{(]\s*['"]""")
_BRACKETS: Final = {("[", "]"), ("{", "}")}


class Cells:
    """Reads cells, and counts what it converts and what may be meant otherwise.

    Args:
        separator: What stands between two aliases in a cell of text.

    Raises:
        DataError: The separator is empty.
    """

    def __init__(self, separator: str | None = None) -> None:
        if separator == "":
            raise DataError("alias_separator is empty. Name a character, such as '|' or ';'.")
        self.separator = separator or SEPARATOR
        self._n_unescaped = 0
        self._unescaped = ("", "")
        self._n_cells: Counter[str] = Counter()
        self._n_with: Counter[tuple[str, str]] = Counter()

    def text(self, value: object, name: str, *, where: str) -> str:
        """A value as `cleaned` gives it, with the characters that HTML references stand for.

        Raises:
            DataError: As `cleaned`.
        """
        text = cleaned(value, name, where=where)
        if "&" not in text:
            return text
        plain = _REFERENCE.sub(lambda found: html.unescape(found[0]), text)
        if plain != text:
            plain = cleaned(plain, name, where=where)
            self._n_unescaped += 1
            self._unescaped = self._unescaped if self._unescaped[0] else (text, plain)
        return plain

    def alias_counts(self, value: Any, name: str, *, where: str) -> dict[str, int]:
        """Aliases with their counts: a list, a mapping to counts, or either of them as text.

        Args:
            value: The cell; text that is neither JSON nor a Python list is split.
            name: `aliases`, or `alias` for a cell of one alias, which is not split.
            where: The place that errors name.

        Raises:
            DataError: A list that is broken, or a value that cannot be used.
        """
        value = _parsed(value, name, where=where)
        if isinstance(value, Mapping):
            pairs: Iterable[tuple[object, object]] = value.items()
        else:
            pairs = ((alias, 0) for alias in self._items(value, name, where=where))
        counts: dict[str, int] = {}
        for alias, count in pairs:
            if surface := self.text(alias, name, where=where):
                counts[surface] = counts.get(surface, 0) + whole_number(count, where=where)
        return counts

    def items(self, value: Any, name: str, *, where: str) -> Iterable[object]:
        """A list as it is or as text, text split at the separator, nothing as no items.

        Raises:
            DataError: It is none of these.
        """
        return self._items(_parsed(value, name, where=where), name, where=where)

    def notes(self) -> Iterator[str]:
        """What a person should know of the cells that were read."""
        if self._n_unescaped:
            before, after = self._unescaped
            yield (
                f"{number_of(self._n_unescaped, 'texts')} with HTML references are read as what "
                f"they stand for, such as {before!r:.80} as {after!r:.80}."
            )
        for (name, mark), n in self._n_with.items():
            if n < _OFTEN * self._n_cells[name]:
                continue
            option = f"alias_separator={mark!r} (nerlink kb build --alias-separator {mark!r})"
            if name == "alias":
                column = "columns={'aliases': ...} (--column aliases=...)"
                option = column if mark == self.separator else f"{column} and {option}"
            yield (
                f"{n:,} of {number_of(self._n_cells[name], 'cells')} of {name} hold {mark!r} and "
                f"are one alias each. If it stands between aliases, say {option}."
            )

    def _items(self, value: Any, name: str, *, where: str) -> Iterable[object]:
        if _is_missing(value):
            return ()
        if isinstance(value, str):
            return self._split(value, name)
        if isinstance(value, list | tuple | set | frozenset):
            return value
        raise DataError(
            f"{where}: column {name!r} is {shown(value)}, which is no list. "
            "Write ['a', 'b'], or 'a|b' in a text file."
        )

    def _split(self, value: str, name: str) -> list[str]:
        """Aliases in a cell of text; counts which other separators the cell may have."""
        is_one = name == "alias"
        self._n_cells[name] += 1
        if is_one or self.separator not in value:
            # A comma within one alias is common: "Lovelace, Ada".
            for mark in _OTHER_SEPARATORS[: 2 if is_one else None]:
                self._n_with[name, mark] += mark in value
        return [value] if is_one else value.split(self.separator)


def escaped(text: str) -> str:
    """A text that `Cells.text` reads as the one given: what looks like a reference is one."""
    return _REFERENCE.sub(lambda found: f"&amp;{found[0][1:]}", text)


def cleaned(value: object, name: str, *, where: str) -> str:
    """A value as text without white space around it, empty where it is missing.

    Raises:
        DataError: It holds a NUL or half a surrogate pair, or is a list or a mapping; or it is no
            description and has a tab or a line end.
    """
    if not isinstance(value, str):  # asked first, since nearly all are texts
        if _is_missing(value):
            return ""
        if isinstance(value, list | tuple | set | frozenset | Mapping | bytes):
            raise DataError(
                f"{where}: column {name!r} holds {shown(value)}, where one text belongs. "
                "Take the text out of it first."
            )
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # pandas turns integer ids into floats where some are missing
        try:
            value = str(value)
        except ValueError as error:
            raise DataError(f"{where}: column {name!r} is {shown(value)}. Shorten it.") from error
    text = check_storable(value.strip(), name, where=where)
    if text and name != "description" and not is_one_line(text):
        raise DataError(
            f"{where}: column {name!r} is {text!r:.80}, with a tab or a line end in it, which no "
            "id, name or alias may have. Put blanks in their place."
        )
    return text


def check_storable(text: str, name: str, *, where: str) -> str:
    """The same text, which a base can hold.

    Raises:
        DataError: It holds a NUL or half a surrogate pair.
    """
    if _UNSTORABLE.search(text):
        raise DataError(
            f"{where}: column {name!r} is {text!r:.80}, with a NUL or half a surrogate pair. "
            "Clean the text first."
        )
    return text


def number(value: Any, name: str, *, where: str) -> float:
    """A number, 0 where it is missing.

    Raises:
        DataError: It is no number, negative, not finite, or larger than any count.
    """
    if _is_missing(value) or value == "":
        return 0.0
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not 0 <= found < _TOO_MANY:
        raise DataError(
            f"{where}: column {name!r} is {shown(value)}. It must be a number from 0 to 2**53."
        )
    return found


def whole_number(value: Any, *, where: str) -> int:
    """A count, 0 where it is missing.

    Raises:
        DataError: It is no whole number from 0 on.
    """
    found = number(value, "count", where=where)
    if not found.is_integer():
        raise DataError(f"{where}: column 'count' is {shown(value)}. It must be a whole number.")
    return int(found)


def _is_missing(value: object) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)  # NaN, as Python writes it in JSON lines
    except TypeError:  # pandas.NA
        return True
    except ValueError:  # an array
        return False


def _parsed(value: Any, name: str, *, where: str) -> Any:
    """The list or mapping that a text writes out in JSON or as Python does; else the value."""
    text = value.strip() if isinstance(value, str) else ""
    in_brackets = name != "alias" and (text[:1], text[-1:]) in _BRACKETS  # one may be "[sic]"
    if not in_brackets and not _OPENS_LIST.match(text):
        return value
    try:
        return parse_json(text, where=f"{where}: column {name!r}")
    except RepeatedKeyError:
        raise
    except DataError:
        pass
    try:
        # A numpy array as text has no commas, so Python would join its texts to one.
        found = _items_of_array(text) or ast.literal_eval(_WithoutNan().visit(_expression(text)))
    except (ValueError, SyntaxError, MemoryError, RecursionError, tokenize.TokenError):
        found = None
    if isinstance(found, list | tuple | set | dict):
        return found
    if text.startswith("("):
        return value
    raise DataError(
        f"{where}: column {name!r} is {text!r:.80}, which opens like a list but is neither JSON "
        'nor a Python list. Mend it, or write ["a", "b"], or \'a|b\'.'
    )


class _WithoutNan(ast.NodeTransformer):
    """Puts `None` where Python wrote a missing value of a list as `nan`."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(None) if node.id == "nan" else node


def _expression(text: str) -> ast.Expression:
    return ast.parse(text, mode="eval")


def _items_of_array(text: str) -> list[str] | None:
    """The texts in a numpy array as text, such as `['a' 'b']`; `None` for anything else."""
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
    ]
    kinds = [token.type for token in tokens]
    is_array = text[0] == "[" and len(kinds) > 3 and set(kinds[1:-1]) == {tokenize.STRING}
    return [ast.literal_eval(token.string) for token in tokens[1:-1]] if is_array else None
