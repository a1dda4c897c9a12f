"""`nerlink annotate`: mark the names of a knowledge base in texts that nobody has annotated."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

from typer import Argument, BadParameter, Option

from nerlink.cli.options import (
    Documents,
    InFormat,
    OutFormat,
    Output,
    ReadOptions,
    SkipInvalid,
    WriteOptions,
    check_output,
    parse_options,
    read_documents,
)
from nerlink.cli.output import progress_bar, say, stage_bar, with_progress
from nerlink.data import Document

if TYPE_CHECKING:
    from nerlink.matching import Matcher, MatchReport

__all__ = ["annotate"]

Base = Annotated[Path, Argument(metavar="KB", help="Knowledge base, or the folder of a model.")]
Report = Annotated[
    Path | None, Option(metavar="FILE", help="JSON file for what was left out, and why.")
]
Labels = Annotated[
    list[str] | None,
    Option(
        metavar="TYPE=LABEL",
        help="Label of a type of entities; 'TYPE=' gives none, '=LABEL' is for entities without.",
    ),
]
MinLength = Annotated[
    int, Option(min=0, metavar="N", help="Letters and digits that an alias must have.")
]
Stop = Annotated[
    list[Path] | None,
    Option(metavar="FILE", help="Words that are no names, one a line, beside the built-in list."),
]
NoStop = Annotated[
    bool, Option("--no-stop", help="Do without the built-in list of English stop words.")
]
Keep = Annotated[
    list[Path] | None,
    Option(metavar="FILE", help="Aliases that stay, one a line, whatever counts say."),
]
Case = Annotated[
    Literal["auto", "agree", "ignore"],
    Option(help="Whether large letters must be those of the alias."),
]
CaseLength = Annotated[
    int, Option(min=0, metavar="N", help="Letters up to which case must always agree.")
]
Common = Annotated[
    float, Option(min=0, metavar="P", help="Share of small letters that makes a common word.")
]
MaxRate = Annotated[
    float,
    Option(min=0, metavar="N", help="Findings of a small word in 1,000 characters: too many."),
]

ShortNames = Annotated[
    bool, Option(help="Mark last words of full names, too: Lovelace, beside Ada Lovelace.")
]


def annotate(
    kb: Base,
    documents: Documents = "-",
    *,
    output: Output = "-",
    report: Report = None,
    label: Labels = None,
    min_length: MinLength = 2,
    stop: Stop = None,
    no_stop: NoStop = False,
    keep: Keep = None,
    case: Case = "auto",
    case_length: CaseLength = 4,
    common: Common = 0.5,
    max_rate: MaxRate = 10.0,
    short_names: ShortNames = True,
    from_: InFormat = None,
    to: OutFormat = None,
    read: ReadOptions = None,
    write: WriteOptions = None,
    skip_invalid: SkipInvalid = None,
) -> None:
    """Mark the names and aliases of a knowledge base in texts: documents to begin a training with.

    The longest names are marked. One that means a single entity is linked to it, one that may mean
    several has them as its candidates. Common words are left out by rules, and said. Standard input
    is plain text unless --from names another format.
    """
    from nerlink import sources
    from nerlink.files import open_output
    from nerlink.kb import KnowledgeBase
    from nerlink.matching import ENGLISH, Matcher, MatchingOptions

    check_output(output, documents, report)
    check_output(report or "-", documents)
    options = MatchingOptions(
        min_length=min_length,
        stop=_words_in(stop) | (frozenset() if no_stop else ENGLISH),
        keep=_words_in(keep),
        case=case,
        case_length=case_length,
        common=common,
        max_rate=max_rate,
        labels=dict(map(_label_of, label or ())),
        short_names=short_names,
    )
    write_options = parse_options(write)  # what is wrong is said before the base is read
    from_ = from_ or ("text" if documents == "-" else None)
    docs = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    with open_output(report) if report else nullcontext() as file, KnowledgeBase.open(kb) as base:
        with progress_bar("aliases") as on_progress:
            matcher = Matcher(base, options, on_progress=on_progress)
        marked = with_progress(matcher.stream(_surveyed(matcher, docs)), things="documents")
        sources.write(marked, output, format=to, **write_options)
        _tell(matcher.report(), kb, file)


def _surveyed(matcher: "Matcher", documents: Iterable[Document]) -> Iterator[Document]:
    """The documents, once the first of them were looked at."""
    with stage_bar() as on_stage:
        return matcher.survey(_counted(documents, on_stage))


def _counted(
    documents: Iterable[Document], on_stage: Callable[[str, int], None]
) -> Iterator[Document]:
    for number, doc in enumerate(documents, start=1):
        on_stage("documents looked at", number)
        yield doc


def _tell(report: "MatchReport", kb: Path, file: TextIO | None) -> None:
    """Say what became of the documents, and write it to a file that was opened before the work."""
    say(report)
    if not report.n_documents:
        say("There was no document to mark names in. Look at the file or folder that was named.")
    if report.n_documents and not report.n_mentions:
        say(
            f"Nothing is marked: no text has a name of {kb} that the rules let through. Look at "
            "what was left out, and whether the texts are of the language and field of the base."
        )
    if file is not None:
        json.dump(report.as_record(), file, ensure_ascii=False, indent=2)
        file.write("\n")


def _words_in(paths: Iterable[Path] | None) -> frozenset[str]:
    """The lines of some files; a file without any is said."""
    from nerlink.files import sound_lines

    words: set[str] = set()
    for path in paths or ():
        found = {line.strip() for _, line in sound_lines(path)} - {""}
        if not found:
            say(f"{path} has no words in it, so it changes nothing. Write one a line.")
        words |= found
    return frozenset(words)


def _label_of(option: str) -> tuple[str, str | None]:
    type_, separator, label = option.rpartition("=")
    if not separator:
        raise BadParameter(f"--label {option!r} is not of the form TYPE=LABEL.")
    return type_, label or None
