"""The knowledge base of a training run: found or made, and copied beside the model."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from nerlink.config import Config
from nerlink.data import NIL, Document, Entity
from nerlink.errors import ConfigError
from nerlink.kb import KnowledgeBase
from nerlink.kb.files import copy_base, remove_base
from nerlink.sources.cards import find_corpus, read_card
from nerlink.sources.check import MENTION_COLUMNS
from nerlink.sources.records import ENTITY_NAME

__all__ = ["entities_in", "make_knowledge_base"]


class _Tables(NamedTuple):
    """What a base is made from: files of entities, files of aliases, names of their columns."""

    entities: list[Path]
    aliases: list[Path]
    columns: dict[str, str]


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
    elif tables.entities or config.kb.from_training:
        KnowledgeBase.create(
            target, tables.entities, aliases=tables.aliases, columns=tables.columns
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


def _tables(config: Config) -> _Tables:
    """The tables that a configuration names, or else those of the first corpus that has some."""
    if config.kb.tables:
        return _Tables(list(config.kb.tables), [], {})
    for entry in config.data:
        if entry.corpus is None:
            continue
        folder = find_corpus(entry.corpus)
        kb = read_card(folder).kb
        if kb.entities is not None:
            aliases = [kb.aliases] if kb.aliases is not None else []
            columns = [table.columns for table in (kb.entities, *aliases)]
            return _Tables(
                [folder / kb.entities.file],
                [folder / table.file for table in aliases],
                {name: column for names in columns for name, column in names.items()},
            )
    return _Tables([], [], {})
