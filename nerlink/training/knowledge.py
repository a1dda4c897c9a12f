"""The knowledge base of a training run: found or made, and copied beside the model."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from nerlink.config import Config
from nerlink.corpora.cards import KnowledgeBaseFile, find_corpus, read_card, sha256_of
from nerlink.data import NIL, Document, Entity
from nerlink.errors import ConfigError
from nerlink.kb import KnowledgeBase
from nerlink.kb.entities import Columns, read_aliases, read_entity
from nerlink.kb.store.connections import copy_base, remove_base
from nerlink.sources.check import MENTION_COLUMNS
from nerlink.sources.records import ENTITY_NAME
from nerlink.tables import Table, read_rows

__all__ = ["entities_in", "make_knowledge_base"]


class _Tables(NamedTuple):
    """What a base is made from."""

    entities: Table
    aliases: Table


class _Part(NamedTuple):
    """A table that a corpus brings along, and what its columns are called."""

    file: Path
    columns: Mapping[str, str]


def make_knowledge_base(
    config: Config, target: Path, documents: Iterable[Document] = ()
) -> KnowledgeBase:
    """A base of its own for a training run, writable.

    Args:
        config: Names a base, tables, or corpora that bring tables along.
        target: Where to put it.
        documents: What is trained on; with `kb.from_training`, the entities that they link to
            and the base lacks are added.

    Raises:
        ConfigError: Nothing says which entities to link to.
    """
    remove_base(target)
    tables = _tables(config)
    if config.kb.path is not None:
        with KnowledgeBase.open(config.kb.path) as base:
            copy_base(base.connection, target)
    elif tables or config.kb.from_training:
        entities, aliases = tables or _Tables((), ())
        KnowledgeBase.create(target, entities, aliases=aliases).close()
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


def entities_in(documents: Iterable[Document]) -> list[Entity]:
    """The entities that documents link to, in order of their first mention.

    One is called what the first mention that says so calls it (the mention column
    `entity_name`, as readers of links give it), or else by its id, underscores read as blanks.
    """
    names: dict[str, str | None] = {}
    for doc in documents:
        called = doc.meta.get(MENTION_COLUMNS, {}).get(ENTITY_NAME, [None] * len(doc.mentions))
        for mention, name in zip(doc.mentions, called, strict=True):
            if mention.entity not in (None, NIL):
                names[str(mention.entity)] = names.get(str(mention.entity)) or name
    return [Entity(id=id_, name=name or id_.replace("_", " ")) for id_, name in names.items()]


def _tables(config: Config) -> _Tables | None:
    """The tables that a configuration names, or else those that its corpora bring along."""
    if config.kb.tables:
        return _Tables(list(config.kb.tables), ())
    corpora = dict.fromkeys(entry.corpus for entry in config.data if entry.corpus is not None)
    folders = [find_corpus(corpus) for corpus in corpora]
    cards = [(folder, read_card(folder).kb) for folder in folders]
    entities = _parts((folder, kb.entities) for folder, kb in cards)
    aliases = _parts((folder, kb.aliases) for folder, kb in cards)
    if not entities:
        return None
    return _Tables(_entities_of(entities), _aliases_of(aliases))


def _parts(tables: Iterable[tuple[Path, KnowledgeBaseFile | None]]) -> list[_Part]:
    """The tables that are there, one that several corpora share once."""
    found = {
        sha256_of(folder / table.file): _Part(folder / table.file, table.columns)
        for folder, table in tables
        if table is not None
    }
    return list(found.values())


def _entities_of(parts: Iterable[_Part]) -> Iterator[Entity]:
    """The entities of all tables; one that several have is as the first has it."""
    earlier: set[str] = set()
    for part in parts:
        columns = Columns(part.columns)
        mine: set[str] = set()
        for row in read_rows(part.file):
            entity = read_entity(row, columns)
            if entity.id not in earlier:
                mine.add(entity.id)
                yield entity
        columns.check()
        earlier |= mine


def _aliases_of(parts: Iterable[_Part]) -> Iterator[dict[str, str | int]]:
    """The aliases of all tables, a record each."""
    for part in parts:
        columns = Columns(part.columns)
        for row in read_rows(part.file):
            for surface, entity, count in read_aliases(row, columns):
                yield {"alias": surface, "entity": entity, "count": count}
        columns.check()
