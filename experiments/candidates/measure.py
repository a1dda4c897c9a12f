"""Candidate generators side by side: how often they have the right entity, and what they cost.

    python -m experiments.candidates.measure --corpus aida

Two bases: the corpus's own lists of aliases with what training counted, and the names of its
entities alone, as in a table that a user has. Each generator answers alone, then chains do.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from experiments.speed.results import statistics_of, write_results
from nerlink import Document, KnowledgeBase
from nerlink.corpora import find_corpus
from nerlink.data import NIL
from nerlink.kb import (
    InDocument,
    available_generators,
    make_chain,
    make_filled,
    report_candidates,
)
from nerlink.kb.candidates.recall import CandidateReport
from nerlink.kb.store.build import BuildOptions
from nerlink.sources import read

__all__ = ["main"]

QUESTION: Final = "Which candidate generators find the right entity, and at what cost?"
RESULTS: Final = Path(__file__).parent / "results.json"
COLUMNS: Final = ("recall at 1", "at 10", "at 30", "of all", "candidates", "NIL given any", "µs")
"""Recall, candidates a mention, share of NIL mentions with candidates, time a mention."""

CHAINS: Final = (
    (["normalised"], []),
    (["normalised", "acronym"], []),
    (["normalised", "acronym", "fuzzy"], []),
    (["normalised"], ["acronym", "partial"]),
    (["normalised", "fuzzy"], ["acronym", "partial"]),
)
"""Generators of which the next is asked where those before know nothing, and those that fill up."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", default="aida", help="one with links and a table of entities")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    folder = find_corpus(options.corpus)
    dev = list(read(folder / "dev.jsonl"))
    scores: dict[str, dict[str, dict[str, float]]] = {column: {} for column in COLUMNS}
    with tempfile.TemporaryDirectory() as scratch:
        for base, kb in bases(folder, Path(scratch)):
            for name, report in reports(kb, dev):
                values = numbers(report)
                print(f"{base}: {name}", [round(value, 3) for value in values])
                for column, value in zip(COLUMNS, values, strict=True):
                    scores[column][f"{base}: {name}"] = statistics_of([value])
    write_results(
        options.output,
        question=QUESTION,
        corpus=options.corpus,
        encoder="none",
        scores=scores,
        seconds={},
        threads=1,
        packages=["nerlink"],
    )


def bases(folder: Path, scratch: Path) -> Iterator[tuple[str, KnowledgeBase]]:
    """A base of the corpus's lists and counts, and one of names alone."""
    fuzzy = BuildOptions(fuzzy=True)
    tables = [
        path for path in (folder / "entities.jsonl", folder / "aliases.jsonl") if path.is_file()
    ]
    with KnowledgeBase.create(scratch / "lists.sqlite", tables, options=fuzzy) as kb:
        train = read(folder / "train.jsonl")
        kb.count_mentions(pair for doc in train for pair in links(doc))
        yield "lists and counts", kb
    with KnowledgeBase.create(scratch / "names.sqlite", tables[0], options=fuzzy) as kb:
        yield "names alone", kb


def links(doc: Document) -> Iterator[tuple[str, str]]:
    """Surface and entity of the linked mentions."""
    for mention in doc.mentions:
        if mention.entity not in (None, NIL):
            yield doc.surface(mention), str(mention.entity)


def reports(
    kb: KnowledgeBase, documents: Sequence[Document]
) -> Iterator[tuple[str, CandidateReport]]:
    """Each generator alone, chains, what fills them up, and fuller names of the document."""
    for name in available_generators(kb):
        yield name, report_candidates(make_chain(kb, [name]), documents)
    for names, fill in CHAINS:
        generator = make_filled(kb, names, fill)
        name = " + ".join([" > ".join(names), *fill])
        yield name, report_candidates(generator, documents)
        yield f"{name}, fuller names", report_candidates(InDocument(generator), documents)


def numbers(report: CandidateReport) -> list[float]:
    """The values of `COLUMNS`."""
    recall: Mapping[int | None, float] = report.linked.recall
    return [
        *(100 * recall[limit] for limit in (1, 10, 30, None)),
        report.linked.n_candidates / max(1, report.linked.n_mentions),
        100 * report.n_nil_covered / max(1, report.n_nil),
        report.microseconds,
    ]


if __name__ == "__main__":
    main()
