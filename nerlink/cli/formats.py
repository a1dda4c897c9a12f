"""`nerlink formats`: what can be read and written, and the options of each format."""

import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any, get_type_hints

from typer import Argument, echo

from nerlink.errors import DataError

__all__ = ["formats"]


def formats(
    name: Annotated[
        str | None, Argument(metavar="[FORMAT]", help="The format whose options to show.")
    ] = None,
) -> None:
    """List the formats of documents; with a name, the options of its reader and its writer.

    Endings in brackets are those of other formats, too: content tells, or --from and --to.
    Options are given as --read KEY=VALUE and --write KEY=VALUE.
    """
    from nerlink.sources import FORMATS, READERS, WRITERS
    from nerlink.sources.reading import CONTENTS, meant_format

    known = sorted({*READERS, *WRITERS})
    if name is None:
        for one in known:
            endings = " ".join(ending for ending, format_ in FORMATS.items() if format_ == one)
            if further := CONTENTS.get(one):
                endings = f"{endings} ({' '.join(further)})".lstrip()
            ways = [way for way, table in (("read", READERS), ("write", WRITERS)) if one in table]
            echo(f"{one:12} {', '.join(ways):12} {endings}".rstrip())
        return
    if name not in known:
        raise DataError(
            f"there is no format {name!r}; there are {', '.join(known)}.{meant_format(name, known)}"
        )
    for way, table in (("read", READERS), ("write", WRITERS)):
        for option in _options(table[name]) if name in table else ():
            echo(f"--{way} {option}")


def _options(function: Callable[..., Any]) -> Iterator[str]:
    """The options of a reader or a writer: name, default and meaning."""
    whole = getattr(function, "func", function)
    owner = get_type_hints(whole).get("form") or whole
    fixed = function.keywords if isinstance(function, partial) else {}
    documented = owner.__mro__ if inspect.isclass(owner) else [owner]
    meanings: dict[str, str] = {}
    for one in documented:
        for key, meaning in _arguments(one.__doc__ or ""):
            meanings.setdefault(key, meaning)
    for parameter in inspect.signature(owner).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            default = fixed.get(parameter.name, parameter.default)
            yield f"{parameter.name}={default!r}: {meanings.get(parameter.name, '')}".rstrip(": ")


def _arguments(text: str) -> Iterator[tuple[str, str]]:
    """The names and meanings in the `Args:` part of a docstring."""
    part = re.search(r"Args:\n(.*?)(\n\s*\n|\Z)", text, re.DOTALL)
    for found in re.finditer(r"^ +(\w+): ((?:.|\n(?! +\w+: ))*)", part[1] if part else "", re.M):
        yield found[1], " ".join(found[2].split())
