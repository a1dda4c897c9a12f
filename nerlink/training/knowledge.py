"""The knowledge base of a training run: found or made, and copied beside the model."""

from pathlib import Path

from nerlink.config import Config
from nerlink.errors import ConfigError
from nerlink.kb import KnowledgeBase
from nerlink.models.storage import copy_knowledge_base
from nerlink.sources.cards import find_corpus

__all__ = ["make_knowledge_base"]


def make_knowledge_base(config: Config, target: Path) -> KnowledgeBase:
    """A base of its own for a training run, writable.

    Args:
        config: Names a base, tables, or corpora that bring tables along.
        target: Where to put it.

    Raises:
        ConfigError: Nothing says which entities to link to.
    """
    target.unlink(missing_ok=True)
    if config.kb.path is not None:
        with KnowledgeBase.open(config.kb.path) as base:
            copy_knowledge_base(base, target)
        return KnowledgeBase.open(target, read_only=False)
    tables = list(config.kb.tables)
    for entry in config.data:
        if not tables and entry.corpus is not None:
            folder = find_corpus(entry.corpus)
            names = ("entities.jsonl", "aliases.jsonl")
            tables = [folder / name for name in names if (folder / name).is_file()]
    if not tables:
        raise ConfigError(
            "nothing says which entities to link to. Set kb.path to a knowledge base, kb.tables "
            'to tables of entities, or tasks = ["ner"] to find mentions only.'
        )
    KnowledgeBase.create(target, tables).close()
    return KnowledgeBase.open(target, read_only=False)
