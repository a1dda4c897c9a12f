"""OBO with fastobo, the parser that pronto has, term by term; imports are not opened.

pronto holds all terms at once, which takes forty times the memory, and imports what a file names.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from nerlink.errors import DataError
from nerlink.files import numbered_lines
from nerlink.kb.thesauri.facts import Fact, Property
from nerlink.kb.thesauri.opening import open_utf8, require

__all__ = ["read_obo"]

_CLAUSES: Final[Mapping[str, Property]] = {
    "is_a": Property.PARENT,
    "namespace": Property.SCHEME,
    "replaced_by": Property.REPLACED_BY,
}
"""Clauses whose value is an id or a word. `consider` replaces nothing, and `xref` is no name."""


def read_obo(path: Path) -> Iterator[Fact]:
    """What the terms of a file say; other frames are left out.

    Raises:
        DataError: fastobo is missing, or the file is not OBO, with the line.
    """
    fastobo = require("fastobo", path=path)
    with open_utf8(path) as (handle, _):
        try:
            # In one thread, as several take seven times the memory and hardly less time.
            frames = fastobo.iter(handle, ordered=True, threads=1)
            default = [c for c in frames.header() if c.raw_tag() == "default-namespace"]
            namespace = default[0].raw_value() if default else ""
            for number, frame in enumerate(frames, 1):
                if isinstance(frame, fastobo.term.TermFrame):
                    yield from _of_term(str(frame.id), frame, namespace)
                elif isinstance(frame, fastobo.instance.InstanceFrame):
                    # fastobo reads nothing of an instance, not even its id.
                    yield Fact(f"[Instance], frame {number}", Property.LABEL, "instance")
        except SyntaxError as error:
            raise DataError(
                f"{path}:{error.lineno}: not OBO 1.4: {error.msg:.200}. Mend the line, or write "
                "the file again, with robot convert or pronto."
            ) from error
        except (OSError, TypeError) as error:
            # fastobo names no line where a file is not UTF-8, or says that it is none.
            for number, line in numbered_lines(path):
                if isinstance(line, DataError):
                    raise DataError(
                        f"{path}:{number}: not UTF-8. Save the file as UTF-8."
                    ) from error
            raise DataError(
                f"{path}: cannot be read as OBO: {error!s:.200}. Copy the file again."
            ) from error


def _of_term(term: str, clauses: Any, namespace: str) -> Iterator[Fact]:
    yield Fact(term, Property.CONCEPT)
    has_namespace = False
    for clause in clauses:
        tag = clause.raw_tag()
        if (property_ := _CLAUSES.get(tag)) is not None:
            has_namespace |= tag == "namespace"
            yield Fact(term, property_, clause.raw_value())
        elif tag == "name":
            yield Fact(term, Property.LABEL, clause.name)
        elif tag == "def":
            yield Fact(term, Property.DEFINITION, str(clause.definition))
        elif tag == "synonym":
            yield Fact(term, Property[clause.synonym.scope], clause.synonym.desc)
        elif tag == "is_obsolete" and clause.obsolete:
            yield Fact(term, Property.GONE)
    if namespace and not has_namespace:
        yield Fact(term, Property.SCHEME, namespace)
