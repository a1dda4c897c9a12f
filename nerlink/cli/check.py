"""`nerlink check`: what is in documents before anyone trains on them, and what is fishy."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from typer import Argument, BadParameter, Option

from nerlink.cli.options import InFormat, ReadOptions, SkipInvalid, names_in, read_documents
from nerlink.cli.output import say, show, with_progress, write_page, write_record
from nerlink.data import Document

if TYPE_CHECKING:
    from nerlink.config import Config

__all__ = ["check"]

Data = Annotated[
    str,
    Argument(
        metavar="DATA",
        help="Documents; or a corpus by its name, folder or card; or a configuration, whose data "
        "and base are checked. '-' is standard input.",
    ),
]
Strict = Annotated[
    bool,
    Option(
        "--strict",
        help="Exit with code 1 where something is wrong; not for what may be right as it is: "
        "a surface with several labels, a label in one split, a document without a mention or "
        "like another.",
    ),
]


def check(
    data: Data,
    *,
    dev: Annotated[
        str | None, Option(metavar="DOCS", help="Documents to choose the best epoch on.")
    ] = None,
    test: Annotated[
        str | None, Option(metavar="DOCS", help="Documents kept for a last score.")
    ] = None,
    kb: Annotated[
        Path | None, Option(metavar="KB", help="Knowledge base that the mentions are linked to.")
    ] = None,
    examples: Annotated[int, Option(min=0, metavar="N", help="Examples of each finding.")] = 3,
    html: Annotated[Path | None, Option(metavar="FILE", help="HTML page to write as well.")] = None,
    json: Annotated[bool, Option("--json", help="Print the report as JSON.")] = False,
    strict: Strict = False,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = None,
) -> None:
    """Say what is in documents before anyone trains on them, and what is fishy, with examples.

    With --dev and --test, also what the splits have in common and should not. With a knowledge
    base, also links that it lacks, and how often each way to find candidates finds the right one.
    """
    from nerlink import checks
    from nerlink.config import KnowledgeBaseConfig
    from nerlink.display.check import check_html

    config = _config_of(data)
    if config is not None and (dev or test or from_ or read):
        raise BadParameter(f"{data} says what its splits are: no --dev, --test, --from, --read.")
    read_one = partial(read_documents, format=from_, options=read, skip_invalid=skip_invalid)
    paths = {"documents": data, "dev": dev, "test": test}
    splits: Mapping[str, Iterable[Document]] = (
        _splits_of(config)
        if config
        else {name: read_one(path) for name, path in paths.items() if path}
    )
    with _base_of(config, kb, splits.get("documents", ())) as base:
        report = checks.check(
            **{name: with_progress(docs, things=_things(name)) for name, docs in splits.items()},
            kb=base,
            n_examples=examples,
            config=config.kb if config else KnowledgeBaseConfig(),
        )
        if html:
            title = f"Check of {Path(data).stem}"
            write_page(check_html(report, title=title, names=names_in(base)), html)
    write_record(report.to_dict(), indent=2) if json else show(report)
    if strict and not report.is_sound:
        raise typer.Exit(1)


def _things(split: str) -> str:
    return split if split == "documents" else f"documents of {split}"


def _config_of(data: str) -> "Config | None":
    """The configuration that is meant, or one of the corpus that is; `None` for documents."""
    from nerlink.config import Config, DataConfig, load_config
    from nerlink.corpora.cards import CARD

    path = Path(data)
    if path.name == CARD:
        return Config(data=(DataConfig(corpus=str(path.parent)),))
    if path.suffix == ".toml":
        return load_config(path)
    is_name = re.fullmatch(r"\w[\w-]*", data) is not None and not path.exists()
    if is_name or (path / CARD).is_file():
        return Config(data=(DataConfig(corpus=data),))
    return None


def _splits_of(config: "Config") -> dict[str, Sequence[Document]]:
    """The documents of each split that a configuration has."""
    from nerlink.corpora import read_entries
    from nerlink.corpora.cards import SplitName

    splits: dict[str, Sequence[Document]] = {}
    for name in get_args(SplitName):
        docs = [doc for part, _ in read_entries(config.data, name) for doc in part]
        if docs or name == "train":
            splits["documents" if name == "train" else name] = docs
    return splits


@contextmanager
def _base_of(
    config: "Config | None", kb: Path | None, documents: Iterable[Document]
) -> Iterator[Path | None]:
    """The knowledge base to check against: the one named, or that of a configuration, made anew."""
    if kb is not None or config is None or "nel" not in config.tasks:
        yield kb
    elif config.kb.path is not None and not config.kb.from_training:
        yield config.kb.path
    elif not _has_base(config):
        yield None
    else:
        from nerlink.corpora.knowledge import make_knowledge_base

        say("Making the knowledge base, as a training would.")
        with TemporaryDirectory() as folder:
            target = Path(folder) / "kb.sqlite"
            make_knowledge_base(config, target, documents).close()
            yield target


def _has_base(config: "Config") -> bool:
    """Whether a configuration says which entities to link to."""
    from nerlink.corpora import find_corpus, read_card

    corpora = [entry.corpus for entry in config.data if entry.corpus is not None]
    has_tables = any("entities" in read_card(find_corpus(corpus)).kb for corpus in corpora)
    return bool(config.kb.tables or config.kb.path) or config.kb.from_training or has_tables
