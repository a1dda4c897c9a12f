"""The knowledge base that a configuration names: found or made, and copied where it is wanted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nerlink.config import Config
from nerlink.corpora.cards import KnowledgeBaseFile, find_corpus, read_card, sha256_of
from nerlink.data import NIL, Document, Entity
from nerlink.errors import ConfigError
from nerlink.kb import BuildOptions, KnowledgeBase, ThesaurusOptions
from nerlink.kb.entities import EntityTables
from nerlink.kb.store.connections import copy_base, remove_base
from nerlink.sources.keys import ENTITY_NAME, MENTION_COLUMNS
from nerlink.tables import AnyTable

__all__ = ["entities_in", "make_knowledge_base", "names_entities"]


def make_knowledge_base(
    config: Config, target: Path, documents: Iterable[Document] = ()
) -> KnowledgeBase:
    """The knowledge base of a training run, writable, in a file that only the run uses.

    Args:
        config: Names a base, tables, or corpora that bring tables along.
        target: The file to write.
        documents: Training documents; with `kb.from_training`, entities that they link to and the
            base lacks are added.

    Raises:
        ConfigError: Nothing says which entities to link to.
    """
    remove_base(target)
    tables = _tables(config)
    if config.kb.path is not None:
        with KnowledgeBase.open(config.kb.path) as base:
            copy_base(base.connection, target)
    elif tables or config.kb.from_training:
        entities, aliases = tables or ((), ())
        columns = config.kb.columns if config.kb.tables else None  # those of corpora are in cards
        thesauri = ThesaurusOptions(**config.kb.thesauri.model_dump())
        options = BuildOptions(thesauri=thesauri)
        KnowledgeBase.create(
            target, entities, aliases=aliases, columns=columns, options=options
        ).close()
    else:
        raise ConfigError(
            "nothing says which entities to link to. Set kb.path to a knowledge base, kb.tables "
            "to tables of entities, kb.from_training = true to know those that the training "
            'documents link to, or tasks = ["ner"] to find mentions only.'
        )
    base = KnowledgeBase.open(target, read_only=False)
    if config.kb.from_training:
        base.add(*(entity for entity in entities_in(documents) if entity.id not in base))
    if "fuzzy" in config.kb.generators:
        base.index_fuzzy()
    return base


def names_entities(config: Config) -> bool:
    """Whether a configuration says which entities to link to."""
    named = config.kb.path is not None or config.kb.from_training
    return named or _tables(config) is not None


def entities_in(documents: Iterable[Document]) -> list[Entity]:
    """The entities that documents link to, in order of their first mention.

    The name of an entity is the first one in the mention column `entity_name` of its mentions,
    which readers of links fill. Without any, it is the id with blanks for underscores.
    """
    names: dict[str, str | None] = {}
    for doc in documents:
        called = doc.meta.get(MENTION_COLUMNS, {}).get(ENTITY_NAME, [None] * len(doc.mentions))
        for mention, name in zip(doc.mentions, called, strict=True):
            if mention.entity not in (None, NIL):
                names[str(mention.entity)] = names.get(str(mention.entity)) or name
    return [Entity(id=id_, name=name or id_.replace("_", " ")) for id_, name in names.items()]


def _tables(config: Config) -> tuple[AnyTable, AnyTable] | None:
    """Tables of entities and of aliases: of the configuration, or else of its corpora."""
    if config.kb.tables:
        return list(config.kb.tables), ()
    if config.kb.columns:
        raise ConfigError(
            "kb.columns names columns of kb.tables, but there are no kb.tables. Set them, or name "
            "columns where the table is named: in a corpus's card, or to nerlink kb build."
        )
    corpora = dict.fromkeys(entry.corpus for entry in config.data if entry.corpus is not None)
    folders = [find_corpus(corpus) for corpus in corpora]
    cards = [(folder, read_card(folder).kb) for folder in folders]
    entities = _unique_files((folder, kb.get("entities")) for folder, kb in cards)
    aliases = _unique_files((folder, kb.get("aliases")) for folder, kb in cards)
    return (_entities_in(entities), _aliases_in(aliases)) if entities else None


def _unique_files(
    tables: Iterable[tuple[Path, KnowledgeBaseFile | None]],
) -> list[tuple[Path, Mapping[str, str]]]:
    """The files of tables and the names of their columns; files of equal content count once."""
    found = {
        sha256_of(folder / table.file): (folder / table.file, table.columns)
        for folder, table in tables
        if table is not None
    }
    return list(found.values())


def _entities_in(files: Iterable[tuple[Path, Mapping[str, str]]]) -> Iterator[Entity]:
    """The entities of all files; an entity of several files is as the first file has it."""
    earlier: set[str] = set()
    for path, names in files:
        new = set()
        for _, entity in EntityTables(names).entities(path):
            if entity.id not in earlier:
                new.add(entity.id)  # rows of one file still have to agree
                yield entity
        earlier |= new


def _aliases_in(files: Iterable[tuple[Path, Mapping[str, str]]]) -> Iterator[dict[str, Any]]:
    """The aliases of all files, a record each."""
    for path, names in files:
        for alias in EntityTables(names).aliases(path):
            yield asdict(alias)
