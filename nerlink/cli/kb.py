"""`nerlink kb`: make a knowledge base, change it, look into it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer import Argument, BadParameter, Option

from nerlink.cli.options import (
    InFormat,
    ReadOptions,
    load_pipeline,
    parse_options,
    read_documents,
)
from nerlink.cli.output import say, stage_bar, with_progress, write_record
from nerlink.data import NIL, Document
from nerlink.words import number_of

if TYPE_CHECKING:
    from nerlink.kb import CandidateReport, KnowledgeBase, ThesaurusOptions
    from nerlink.tables import Delimited

__all__ = ["kb"]

BaseFile = Annotated[
    Path, Argument(metavar="KB", help="The knowledge base: a SQLite file, or a model's folder.")
]
Tables = Annotated[
    list[Path],
    Argument(
        metavar="TABLE",
        help="Tables of entities or aliases: CSV, TSV, JSON lines, Parquet, a SPARQL result in "
        "JSON; thesauri and ontologies: SKOS or OWL in .ttl, .nt, .rdf, .owl; .obo.",
    ),
]
Ids = Annotated[list[str], Argument(metavar="ID", help="Ids of entities.")]
ColumnNames = Annotated[
    list[str] | None,
    Option(
        "--column", metavar="FIELD=COLUMN", help="Column of a field, such as popularity=in_links."
    ),
]
AliasSeparator = Annotated[
    str | None, Option(metavar="TEXT", help="What stands between aliases in a cell; by default |.")
]
TableOptions = Annotated[
    list[str] | None,
    Option(
        "--read", metavar="KEY=VALUE", help="How CSV and TSV are read, such as encoding=cp1252."
    ),
]
SkipDuplicates = Annotated[
    bool,
    Option(
        "--skip-duplicates", help="Leave out entities whose id is taken by another, and say so."
    ),
]

Fuzzy = Annotated[bool, Option("--fuzzy", help="Add the index that finds misspelt surfaces.")]
Overwrite = Annotated[bool, Option("--overwrite", help="Replace the file if it exists.")]
Language = Annotated[
    str | None,
    Option(metavar="TAG", help="Language of labels in thesauri, such as en; by default of most."),
]
TypeFrom = Annotated[
    str,
    Option(
        metavar="WHAT",
        help="What names the type of a concept: parent (or broader), the one right above it; top, "
        "the one above all; scheme (or namespace); none.",
    ),
]
Synonyms = Annotated[
    list[str] | None,
    Option(metavar="SCOPE", help="Synonyms that become aliases: exact, narrow, broad, related."),
]
WholeIds = Annotated[
    bool, Option("--whole-ids", help="Keep whole addresses as ids, not their last parts.")
]
Prefixes = Annotated[
    list[str] | None,
    Option(
        "--prefix",
        metavar="PREFIX=ADDRESS",
        help="What ids begin with for what addresses begin with: MESH:=http://id.nlm.nih.gov/mesh/",
    ),
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
        Path, Option("--output", "-o", metavar="FILE", help="The SQLite file to write.")
    ],
    column: ColumnNames = None,
    alias_separator: AliasSeparator = None,
    read: TableOptions = None,
    skip_duplicates: SkipDuplicates = False,
    language: Language = None,
    type_from: TypeFrom = "parent",
    synonyms: Synonyms = None,
    whole_ids: WholeIds = False,
    prefix: Prefixes = None,
    count: Annotated[
        str | None, Option(metavar="DOCS", help="Documents whose links are added to the counts.")
    ] = None,
    from_: InFormat = None,
    fuzzy: Fuzzy = False,
    overwrite: Overwrite = False,
) -> None:
    """Make a knowledge base from tables of entities and aliases.

    Fields of an entity: id, name, description, type, popularity, aliases, or one alias in each of
    several rows; of an alias: alias, entity, count. Concepts of thesauri and ontologies have their
    labels, synonyms and definitions. --from is the format of the documents of --count.
    """
    from nerlink.kb import BuildOptions, KnowledgeBase

    if from_ and not count:
        raise BadParameter("--from is the format of the documents of --count; tables have endings.")
    if str(output) == "-":
        raise BadParameter("A knowledge base is a SQLite file; name one with --output.")
    thesauri = _thesauri(language, type_from, synonyms, whole_ids=whole_ids, prefixes=prefix)
    links = _links_in(count, from_) if count else Counter()
    with stage_bar() as progress:
        options = BuildOptions(
            fuzzy=fuzzy,
            text=_layout(read),
            alias_separator=alias_separator,
            skip_duplicates=skip_duplicates,
            thesauri=thesauri,
            progress=progress,
        )
        KnowledgeBase.create(
            output, tables, columns=_columns_of(column), overwrite=overwrite, options=options
        ).close()
    with KnowledgeBase.open(output, read_only=False) as base:
        if outside := base.count_mentions(links.elements()):
            lost = number_of(sum(outside.values()), "links")
            examples = ", ".join(list(outside)[:5])
            say(f"{count}: {lost} to entities that the base lacks, such as {examples}")
        nothing = "" if len(base) else ". No table has a row; nerlink kb add adds entities"
        say(f"{output}: {number_of(len(base), 'entities')}{nothing}")


def _columns_of(options: list[str] | None) -> dict[str, str]:
    """`["name=title"]` to `{"name": "title"}`."""
    return {name: str(value) for name, value in parse_options(options, reserved=()).items()}


def _layout(options: list[str] | None) -> "Delimited | None":
    """How CSV and TSV are laid out."""
    from nerlink.sources.check import check_options
    from nerlink.tables import Delimited

    given = parse_options(options)
    check_options(Delimited, given, what="A table")
    return Delimited(**given) if given else None


def _thesauri(
    language: str | None,
    type_from: str,
    synonyms: list[str] | None,
    *,
    whole_ids: bool,
    prefixes: list[str] | None,
) -> "ThesaurusOptions":
    """How thesauri are read."""
    from nerlink.kb import ThesaurusOptions

    pairs = [one.partition("=") for one in prefixes or ()]
    if wrong := [prefix for prefix, _, address in pairs if not address]:
        raise BadParameter(
            f"--prefix {wrong[0]!r} is not of the form PREFIX=ADDRESS, such as "
            "MESH:=http://id.nlm.nih.gov/mesh/."
        )
    named: dict[str, Any] = {} if synonyms is None else {"synonyms": synonyms}
    return ThesaurusOptions(
        language=language,
        type_from=cast(Any, type_from),
        whole_ids=whole_ids,
        prefixes={prefix: address for prefix, _, address in pairs},
        **named,
    )


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
    base: BaseFile,
    tables: Annotated[
        list[Path] | None, Argument(metavar="TABLE", help="Tables of entities.")
    ] = None,
    *,
    id: Annotated[str | None, Option(metavar="ID", help="Id of an entity to add.")] = None,  # noqa: A002
    name: Annotated[str | None, Option(metavar="NAME", help="Name of that entity.")] = None,
    description: Annotated[str, Option(metavar="TEXT", help="One line about that entity.")] = "",
    type: Annotated[str | None, Option(metavar="TYPE", help="Type of that entity.")] = None,  # noqa: A002
    alias: Annotated[
        list[str] | None, Option(metavar="ALIAS", help="Alias of that entity; repeat it.")
    ] = None,
    column: ColumnNames = None,
    alias_separator: AliasSeparator = None,
    read: TableOptions = None,
    skip_duplicates: SkipDuplicates = False,
    language: Language = None,
    type_from: TypeFrom = "parent",
    synonyms: Synonyms = None,
    whole_ids: WholeIds = False,
    prefix: Prefixes = None,
) -> None:
    """Add the entities of tables, or one entity; they can be linked at once.

    The model whose base it is reads their texts now, so that it need not at every start.
    """
    from nerlink.data import Entity
    from nerlink.kb import BuildOptions

    if bool(tables) == (id is not None) or (tables and (name or description or type or alias)):
        raise BadParameter(
            "Name tables of entities, or --id and what else is known of one entity: one of the two."
        )
    entities: list[Any] = list(tables or ())
    if id is not None:
        aliases = dict.fromkeys(alias or (), 0)
        entities = [
            Entity(id=id, name=name or id, description=description, type=type, aliases=aliases)
        ]
    options = BuildOptions(
        text=_layout(read),
        alias_separator=alias_separator,
        skip_duplicates=skip_duplicates,
        thesauri=_thesauri(language, type_from, synonyms, whole_ids=whole_ids, prefixes=prefix),
    )
    with _open_base(base, read_only=False) as opened:
        n_before = len(opened)
        opened.add(*entities, columns=_columns_of(column), options=options)
        n_added = len(opened) - n_before
        say(f"{base}: {n_added:,} added, now {number_of(len(opened), 'entities')}")
    if n_added:
        _read_texts(base)


def _read_texts(base: Path) -> None:
    """Let the model whose base it is read the texts of new entities, and store them with it."""
    from nerlink.models.storage.folder import BASE, is_model

    folder = base if base.is_dir() else base.parent
    if not is_model(folder) or (base.is_file() and base.name != BASE):
        return
    from nerlink.models.storage.model import save_texts

    pipeline = load_pipeline(str(folder))
    save_texts(pipeline.model, folder)
    say(f"{folder}: the model has read the new texts")


@kb.command(epilog="Example: nerlink kb remove towns.sqlite Q90")
def remove(base: BaseFile, ids: Ids) -> None:
    """Remove entities and their aliases; where an id is unknown, none is removed."""
    with _open_base(base, read_only=False) as opened:
        unique = list(dict.fromkeys(ids))
        opened.rows(unique)
        for entity in unique:
            opened.remove(entity)
        say(f"{base}: {len(unique):,} removed, now {number_of(len(opened), 'entities')}")


@kb.command(epilog="Example: nerlink kb rename towns.sqlite Q84 'London, England'")
def rename(
    base: BaseFile,
    entity: Annotated[str, Argument(metavar="ID", help="Id of the entity.")],
    name: Annotated[str, Argument(metavar="NAME", help="The new name of the entity.")],
) -> None:
    """Give an entity another name; the old name stays an alias."""
    with _open_base(base, read_only=False) as opened:
        opened.rename(entity, name)
        say(f"{base}: {entity} is called {name}")
    _read_texts(base)


@kb.command(epilog="Example: nerlink kb merge towns.sqlite Q90-copy Q90")
def merge(
    base: BaseFile,
    source: Annotated[str, Argument(metavar="ID", help="Id of the entity that goes.")],
    target: Annotated[str, Argument(metavar="INTO", help="Id of the entity that stays.")],
) -> None:
    """Move aliases, counts and popularity of one entity to another, and remove the first."""
    with _open_base(base, read_only=False) as opened:
        opened.merge(source, target)
        say(f"{base}: {source} is now part of {target}, {number_of(len(opened), 'entities')}")


@kb.command(epilog="Example: nerlink kb show towns.sqlite Q90")
def show(base: BaseFile, ids: Ids) -> None:
    """Show entities, as JSON lines."""
    with _open_base(base) as opened:
        # All are looked up before the first is written: an unknown id writes nothing.
        for entity in [opened[id_] for id_ in ids]:
            write_record(asdict(entity))


@kb.command(epilog="Example: nerlink kb search towns.sqlite Paris --limit 5")
def search(
    base: BaseFile,
    surface: Annotated[str, Argument(metavar="SURFACE", help="A name, as it stands in a text.")],
    *,
    limit: Annotated[int, Option(min=1, metavar="N", help="Number of entities shown.")] = 10,
    fuzzy: Annotated[bool, Option("--fuzzy", help="Find misspelt surfaces too.")] = False,
) -> None:
    """Show the entities that a surface may mean, the likeliest first, as JSON lines.

    A linker has the same candidates: by names and aliases, and by initials and parts of names.
    """
    from nerlink.config import KnowledgeBaseConfig

    generators = (*KnowledgeBaseConfig().candidates, "fuzzy") if fuzzy else None
    with _open_base(base) as opened:
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
    base: BaseFile,
    gold: Annotated[
        str, Argument(metavar="GOLD", help="Documents with links; '-' is standard input.")
    ],
    *,
    candidates: Annotated[
        list[str] | None,
        Option(
            metavar="GENERATOR",
            help="Generator of candidates, in order; repeat it. By default those of a linker.",
        ),
    ] = None,
    fill: Annotated[
        list[str] | None,
        Option(
            metavar="GENERATOR", help="Generator that fills short lists up; repeat it likewise."
        ),
    ] = None,
    from_: InFormat = None,
    read: ReadOptions = None,
) -> None:
    """Show how often the right entity is among the candidates, and what candidates cost.

    A line of JSON for each generator alone, for the chain, for the chain with short lists filled
    up, and for all that with the fuller names of each document.
    """
    from nerlink.config import KnowledgeBaseConfig
    from nerlink.kb import (
        InDocument,
        available_generators,
        make_chain,
        make_filled,
        report_candidates,
    )

    documents = list(read_documents(gold, format=from_, options=read))
    standard = KnowledgeBaseConfig()
    chain = candidates or list(standard.candidates)
    fillers = list(standard.fill) if fill is None else fill
    with _open_base(base) as opened:
        alone = [(name,) for name in (*available_generators(opened), *chain, *fillers)]
        chains = {
            names: make_chain(opened, names) for names in dict.fromkeys([*alone, tuple(chain)])
        }
        if without := _without_links(documents, opened):
            say(f"{gold}: {without}")
        filled = make_filled(opened, chain, fillers)
        for names, generator in chains.items():
            report = report_candidates(generator, documents)
            write_record({"candidates": names, "fill": [], "in_document": False, **_shown(report)})
        for in_document in (False, True):
            asked = InDocument(filled) if in_document else filled
            facts = {"candidates": chain, "fill": fillers, "in_document": in_document}
            write_record({**facts, **_shown(report_candidates(asked, documents))})


def _without_links(documents: Sequence[Document], base: "KnowledgeBase") -> str | None:
    """Why no document has an entity of a base; `None` if one has."""
    links = [m.entity for doc in documents for m in doc.mentions if m.entity not in (None, NIL)]
    if not links:
        found = number_of(len(documents), "documents")
        return f"{found} without any link, so every recall is 0. Name documents with links."
    if any(entity in base for entity in links):
        return None
    return f"no mention is linked to an entity of {base.path}. Check that the ids agree."


def _shown(report: "CandidateReport") -> dict[str, object]:
    """A report as the values of a line of JSON; shares and times are rounded."""
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


@kb.command(epilog="Example: nerlink kb index towns.sqlite --fuzzy")
def index(
    base: BaseFile,
    *,
    fuzzy: Annotated[
        bool, Option("--fuzzy", help="The index that finds misspelt surfaces.")
    ] = False,
) -> None:
    """Make an index of a base that was built without one."""
    if not fuzzy:
        raise BadParameter("Say which index to make: --fuzzy is the one for misspelt surfaces.")
    with _open_base(base, read_only=False) as opened:
        opened.index_fuzzy()
    say(f"{base}: misspelt surfaces can be looked up; 'fuzzy' among the candidates does so")


@kb.command(epilog="Example: nerlink kb export towns.sqlite --output towns.jsonl")
def export(
    base: BaseFile,
    *,
    output: Annotated[
        str, Option("--output", "-o", metavar="FILE", help="The file to write; - for stdout.")
    ],
    to: Annotated[
        str | None,
        Option(metavar="FORMAT", help="jsonl, csv or skos; by default what the ending says."),
    ] = None,
    address: Annotated[
        str | None,
        Option(metavar="ADDRESS", help="What addresses in SKOS begin with, before the id."),
    ] = None,
) -> None:
    """Write all entities as JSON lines (.jsonl), CSV (.csv) or SKOS in Turtle (.ttl).

    nerlink kb build makes the base again of each; what SKOS cannot hold is said.
    """
    from nerlink.kb import export_entities

    named = {} if address is None else {"base": address}
    with _open_base(base) as opened:
        entities = with_progress(opened.entities(), things="entities")
        export_entities(entities, output, format=to, **named)


@kb.command(epilog="Example: nerlink kb info towns.sqlite")
def info(base: BaseFile) -> None:
    """Show how large a knowledge base is, as JSON."""
    with _open_base(base) as opened:
        facts = {"version": opened.version, "content_hash": opened.content_hash}
        write_record({"path": str(base), "entities": len(opened), **facts})


def _open_base(base: Path, *, read_only: bool = True) -> "KnowledgeBase":
    from nerlink.kb import KnowledgeBase

    if (base / ".ready").exists():  # a save of the model was cut off: its base may not be there yet
        from nerlink.models.storage.replacing import finish

        finish(base)
    return KnowledgeBase.open(base, read_only=read_only)
