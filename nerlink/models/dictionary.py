"""Mentions found by the names of the base alone, for a model that has learnt to find none."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nerlink.config import DictionaryConfig
from nerlink.data import NIL, Document, Mention
from nerlink.kb import KnowledgeBase
from nerlink.matching import Matcher, MatchingOptions

__all__ = ["Dictionary"]


class Dictionary:
    """Finds the names of a base in documents, the longest ones; the base may change meanwhile.

    Args:
        kb: The knowledge base.
        config: The dictionary section of a configuration.

    Raises:
        ConfigError: A value that cannot be used.
    """

    def __init__(self, kb: KnowledgeBase, config: DictionaryConfig) -> None:
        self.kb = kb
        named = config.model_dump(exclude={"stop", "keep", "labels"})
        if config.stop is not None:
            named["stop"] = frozenset(config.stop)
        labels = {kind: label or None for kind, label in config.labels.items()}
        self.options = MatchingOptions(keep=frozenset(config.keep), labels=labels, **named)
        self._matcher: Matcher | None = None
        self._version = -1

    def find(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Documents with the names found in each as its mentions, which are not linked yet.

        The first call, and the first one after a change of the base, reads all names.
        """
        return self.read().stream(documents)

    def read(self) -> Matcher:
        """What finds the names of the base as it is now, which are read anew after a change.

        Raises:
            KnowledgeBaseError: The base has no name that could be looked for.
        """
        if self._matcher is None or self._version != self.kb.recent_version:
            self._version = self.kb.version
            self._matcher = Matcher(self.kb, self.options)
        return self._matcher

    def label(self, doc: Document) -> Document:
        """A document whose linked mentions have the labels of their entities' types."""
        return replace(doc, mentions=tuple(map(self._labelled, doc.mentions)))

    def _labelled(self, mention: Mention) -> Mention:
        # Where all that a name may mean is of one type, the name has its label already.
        if mention.label is not None or mention.entity in (None, NIL):
            return mention
        entity = self.kb.get(str(mention.entity))
        return replace(mention, label=self.options.label_of(entity.type)) if entity else mention
