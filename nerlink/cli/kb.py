"""`nerlink kb`: make a knowledge base, change it, look into it."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerlink.cli.options import (
    InFormat,
    ReadOptions,
    parse_options,
    read_documents,
)
from nerlink.cli.output import say, write_record

if TYPE_CHECKING:
    from nerlink.kb import CandidateReport

__all__ = ["kb"]

Base = Annotated[Path, typer.Argument(metavar="KB", help="The knowledge base, a SQLite file.")]
Tables = Annotated[
    list[Path], typer.Argument(metavar="TABLE", help="CSV, TSV, JSON lines or Parquet.")
]
ColumnNames = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="VALUE=COLUMN", help="Where a value is: popularity=in_links."),
]

kb = typer.Typer(
    no_args_is_help=True,
    epilog="Example: nerlink kb build towns.csv --output towns.sqlite",
    help="Make a knowledge base from tables, change it, look into it.",
)


@kb.command(epilog="Example: nerlink kb build towns.csv --output towns.sqlite")
def build(
    tables: Tables,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The SQLite file to write.")
    ] = None,
    column: ColumnNames = None,
    count: Annotated[
        str | None, typer.Option(help="Documents whose links are added to the alias counts.")
    ] = None,
    from_: InFormat = None,
    fuzzy: Annotated[bool, typer.Option("--fuzzy", help="Index for misspelt surfaces.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Make a knowledge base from tables of entities and aliases.

    Columns: id, name, description, type, popularity, aliases; or alias, entity, count.
    """
    from nerlink.kb import BuildOptions, KnowledgeBase

    if output is None:
        raise typer.BadParameter(
            "Name the file to write: nerlink kb build TABLE... --output OUT.sqlite"
        )
    if from_ and not count:
        raise typer.BadParameter("--from is the format of --count; tables tell theirs by ending.")
    options = BuildOptions(fuzzy=fuzzy)
    columns = {name: str(value) for name, value in parse_options(column).items()}
    links = _links_in(count, from_) if count else Counter()
    with KnowledgeBase.create(
        output, tables, columns=columns, overwrite=overwrite, options=options
    ) as base:
        if outside := base.count_mentions(links.elements()):
            n_links, examples = sum(outside.values()), ", ".join(list(outside)[:5])
            say(f"{count}: {n_links:,} links to entities the base lacks, such as {examples}")
        say(f"{output}: {len(base):,} entities")


def _links_in(documents: str, format_: str | None) -> Counter[tuple[str, str]]:
    """How often each surface means each entity."""
    return Counter(
        (doc.surface(mention), mention.entity)
        for doc in read_documents(documents, format=format_)
        for mention in doc.mentions
        if mention.entity is not None
    )


@kb.command(epilog="Example: nerlink kb add towns.sqlite --id Q64 --name Berlin --type city")
def add(
    base: Base,
    tables: Annotated[
        list[Path] | None, typer.Argument(metavar="TABLE", help="Tables of entities.")
    ] = None,
    *,
    id: Annotated[str | None, typer.Option(help="Id of a single entity.")] = None,  # noqa: A002
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    description: Annotated[str, typer.Option(help="One line about it.")] = "",
    type: Annotated[str | None, typer.Option(help="Its kind.")] = None,  # noqa: A002
    alias: Annotated[list[str] | None, typer.Option(help="Another surface of it.")] = None,
) -> None:
    """Add entities from tables, or one; they can be linked at once."""
    from nerlink.data import Entity
    from nerlink.kb import KnowledgeBase
    from nerlink.kb.entities import EntityTables

    if bool(tables) == (id is not None) or (tables and (name or description or type or alias)):
        raise typer.BadParameter("Name either tables of entities or --id and what else is known.")
    entities = list(EntityTables().entities(tables or []))
    if id is not None:
        aliases = dict.fromkeys(alias or (), 0)
        entities = [
            Entity(id=id, name=name or id, description=description, type=type, aliases=aliases)
        ]
    with KnowledgeBase.open(base, read_only=False) as opened:
        opened.add(*entities)
        say(f"{base}: {len(entities):,} added, {len(opened):,} entities")


@kb.command(epilog="Example: nerlink kb remove towns.sqlite Q90")
def remove(
    base: Base,
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids of the entities.")],
) -> None:
    """Remove entities and their aliases: all that are named, or none."""
    from nerlink.kb import KnowledgeBase

    with KnowledgeBase.open(base, read_only=False) as opened:
        unique = list(dict.fromkeys(ids))
        opened.rows(unique)
        for entity in unique:
            opened.remove(entity)
        say(f"{base}: {len(unique):,} removed, {len(opened):,} entities")


@kb.command(epilog="Example: nerlink kb rename towns.sqlite Q84 'London, England'")
def rename(
    base: Base,
    entity: Annotated[str, typer.Argument(metavar="ID", help="Id of the entity.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
) -> None:
    """Give an entity another name; the old one stays an alias."""
    from nerlink.kb import KnowledgeBase

    with KnowledgeBase.open(base, read_only=False) as opened:
        opened.rename(entity, name)
        say(f"{base}: {entity} is called {name}")


@kb.command(epilog="Example: nerlink kb merge towns.sqlite Q90-copy Q90")
def merge(
    base: Base,
    source: Annotated[str, typer.Argument(metavar="FROM", help="Id of the entity that goes.")],
    target: Annotated[str, typer.Argument(metavar="INTO", help="Id of the one that stays.")],
) -> None:
    """Move aliases, counts and popularity of one entity to another, and remove the first."""
    from nerlink.kb import KnowledgeBase

    with KnowledgeBase.open(base, read_only=False) as opened:
        opened.merge(source, target)
        say(f"{base}: {source} is {target} now, {len(opened):,} entities")


@kb.command(epilog="Example: nerlink kb show towns.sqlite Q90")
def show(
    base: Base,
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids of the entities.")],
) -> None:
    """Show entities, as JSON lines."""
    from nerlink.kb import KnowledgeBase

    with KnowledgeBase.open(base) as opened:
        for entity in ids:
            write_record(asdict(opened[entity]))


@kb.command(epilog="Example: nerlink kb search towns.sqlite Paris --limit 5")
def search(
    base: Base,
    surface: Annotated[
        str, typer.Argument(metavar="SURFACE", help="A surface, as it stands in a text.")
    ],
    *,
    limit: Annotated[int, typer.Option(min=1, help="Candidates shown, at most.")] = 10,
    fuzzy: Annotated[bool, typer.Option("--fuzzy", help="Misspelt surfaces too.")] = False,
) -> None:
    """Show what a surface may mean, most likely first, as JSON lines.

    These are the candidates that a linker has for it: by names and aliases, initials and parts.
    """
    from nerlink.config import KnowledgeBaseConfig
    from nerlink.kb import KnowledgeBase

    generators = (*KnowledgeBaseConfig().candidates, "fuzzy") if fuzzy else None
    with KnowledgeBase.open(base) as opened:
        candidates = opened.candidates(surface, limit=limit, generators=generators)
        if not candidates:
            say(f"no entity is called {surface!r}, in whole or in part.")
        for candidate in candidates:
            entity = opened[candidate.entity]
            write_record(
                {
                    "entity": entity.id,
                    "name": entity.name,
                    "description": entity.description,
                    "prior": candidate.prior,
                    "count": candidate.count,
                }
            )


@kb.command(epilog="Example: nerlink kb recall towns.sqlite dev.jsonl --fill partial")
def recall(
    base: Base,
    gold: Annotated[
        str, typer.Argument(metavar="GOLD", help="Documents with links; '-' is standard input.")
    ],
    *,
    candidates: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GENERATOR", help="One of a chain, in order; a linker's own if not given."
        ),
    ] = None,
    fill: Annotated[
        list[str] | None,
        typer.Option(metavar="GENERATOR", help="One that fills short lists, likewise."),
    ] = None,
    from_: InFormat = None,
    read: ReadOptions = None,
) -> None:
    """Show how often the right entity is among the candidates, and what finding them costs.

    Each generator alone, their chain, the chain filled up, and that with fuller names.
    """
    from nerlink.config import KnowledgeBaseConfig
    from nerlink.kb import (
        InDocument,
        KnowledgeBase,
        available_generators,
        make_chain,
        make_filled,
        report_candidates,
    )

    documents = list(read_documents(gold, format=from_, options=read))
    standard = KnowledgeBaseConfig()
    chain = candidates or list(standard.candidates)
    fillers = list(standard.fill) if fill is None else fill
    with KnowledgeBase.open(base) as opened:
        alone = [(name,) for name in (*available_generators(opened), *chain, *fillers)]
        chains = {
            names: make_chain(opened, names) for names in dict.fromkeys([*alone, tuple(chain)])
        }
        if not any(m.entity in opened for doc in documents for m in doc.mentions if m.entity):
            say(f"{gold}: no mention is linked to an entity of {base}; do the ids agree?")
        filled = make_filled(opened, chain, fillers)
        for names, generator in chains.items():
            report = report_candidates(generator, documents)
            write_record({"candidates": names, "fill": [], "in_document": False, **_shown(report)})
        for in_document in (False, True):
            asked = InDocument(filled) if in_document else filled
            facts = {"candidates": chain, "fill": fillers, "in_document": in_document}
            write_record({**facts, **_shown(report_candidates(asked, documents))})


def _shown(report: "CandidateReport") -> dict[str, object]:
    linked = report.linked
    n_mentions = max(1, linked.n_mentions)
    return {
        "recall": {str(limit or "all"): round(r, 4) for limit, r in linked.recall.items()},
        "candidates_a_mention": round(linked.n_candidates / n_mentions, 2),
        "mentions": linked.n_mentions,
        "covered": linked.n_covered,
        "nil_mentions": report.n_nil,
        "nil_covered": report.n_nil_covered,
        "microseconds": round(report.microseconds, 1),
    }


@kb.command(epilog="Example: nerlink kb info towns.sqlite")
def info(base: Base) -> None:
    """Show how large a knowledge base is, as JSON."""
    from nerlink.kb import KnowledgeBase

    with KnowledgeBase.open(base) as opened:
        write_record(
            {
                "path": str(base),
                "entities": len(opened),
                "version": opened.version,
                "content_hash": opened.content_hash,
            }
        )
