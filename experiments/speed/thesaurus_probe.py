"""One way to read a thesaurus, measured in a process of its own; started by `thesaurus`."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from experiments.speed.memory import peak_memory
from experiments.speed.timing import CLOCKS
from nerlink.kb import BuildOptions, KnowledgeBase, ThesaurusOptions

__all__ = ["SIDES", "probe", "write_thesauri"]

TRIPLES_A_CONCEPT: Final = 8
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
START: Final = "http://example.org/c/"
LANGUAGES: Final = ("en", "de")


def write_thesauri(folder: Path, n_triples: int) -> None:
    """The same concepts in a file of each format."""
    n_concepts = n_triples // TRIPLES_A_CONCEPT
    formats: Mapping[str, tuple[str, Callable[[int], str], str]] = {
        "ttl": (f"@prefix skos: <{SKOS}> .\n@prefix c: <{START}> .\n", _turtle, ""),
        "nt": ("", _triples, ""),
        "rdf": (f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:skos="{SKOS}">\n', _xml, "</rdf:RDF>\n"),
        "obo": ("format-version: 1.4\nontology: c\n", _term, ""),
    }
    for ending, (head, write, tail) in formats.items():
        with (folder / f"thesaurus.{ending}").open("w", encoding="utf8") as handle:
            handle.write(head)
            handle.writelines(map(write, range(n_concepts)))
            handle.write(tail)


def _texts(number: int) -> Iterator[tuple[str, str, str]]:
    """Property, text and language of a concept."""
    for language in LANGUAGES:
        yield "prefLabel", f"concept number {number}", language
    for alias in range(3):
        yield "altLabel", f"alias {alias} of {number}", "en"
    yield "definition", f"The definition of concept {number}, about a sentence long.", "en"


def _turtle(number: int) -> str:
    texts = "".join(f' ;\n  skos:{name} "{text}"@{tag}' for name, text, tag in _texts(number))
    return f"c:{number} a skos:Concept{texts} ;\n  skos:broader c:{number // 20} .\n"


def _triples(number: int) -> str:
    subject = f"<{START}{number}>"
    texts = "".join(
        f'{subject} <{SKOS}{name}> "{text}"@{tag} .\n' for name, text, tag in _texts(number)
    )
    return (
        f"{subject} <{RDF}type> <{SKOS}Concept> .\n{texts}"
        f"{subject} <{SKOS}broader> <{START}{number // 20}> .\n"
    )


def _xml(number: int) -> str:
    texts = "".join(
        f'  <skos:{name} xml:lang="{tag}">{text}</skos:{name}>\n'
        for name, text, tag in _texts(number)
    )
    return (
        f'<skos:Concept rdf:about="{START}{number}">\n{texts}'
        f'  <skos:broader rdf:resource="{START}{number // 20}"/>\n</skos:Concept>\n'
    )


def _term(number: int) -> str:
    _, label, *aliases, definition = [text for _, text, _ in _texts(number)]
    synonyms = "".join(f'synonym: "{alias}" EXACT []\n' for alias in aliases)
    is_a = f"is_a: C:{number // 20}\n" if number else ""
    return f'\n[Term]\nid: C:{number}\nname: {label}\ndef: "{definition}" []\n{synonyms}{is_a}'


def _build(folder: Path, ending: str) -> None:
    options = BuildOptions(thesauri=ThesaurusOptions(language="en"))
    source = folder / f"thesaurus.{ending}"
    KnowledgeBase.create(folder / "kb.sqlite", source, overwrite=True, options=options).close()


def _export(folder: Path) -> None:
    with KnowledgeBase.open(folder / "kb.sqlite") as kb:
        kb.export(folder / "export.ttl")


def _rdflib(folder: Path) -> None:
    import rdflib

    rdflib.Graph().parse(folder / "thesaurus.ttl")


def _pronto(folder: Path) -> None:
    import pronto

    pronto.Ontology(str(folder / "thesaurus.obo"), import_depth=0)


SIDES: Final[Mapping[str, Callable[[Path], None]]] = {
    **{
        ending: lambda folder, e=ending: _build(folder, e) for ending in ("ttl", "nt", "rdf", "obo")
    },
    "export": _export,
    "rdflib": _rdflib,
    "pronto": _pronto,
}
"""What is measured; `export` writes the base that was built before."""


def probe(side: str, folder: Path, clock: str) -> dict[str, float]:
    """Seconds, and the most megabytes that were resident at once."""
    now = CLOCKS[clock]
    start = now()
    SIDES[side](folder)
    return {"seconds": now() - start, "megabytes": peak_memory()}


if __name__ == "__main__":
    json.dump(probe(sys.argv[1], Path(sys.argv[2]), sys.argv[3]), sys.stdout)
