"""A base in the place of a model that links: candidates by their priors."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import cast

from nerlink.data import Document, Mention
from nerlink.kb import KnowledgeBase
from nerlink.pipeline import Pipeline
from nerlink.serving.service import Service
from nerlink.serving.settings import ServingSettings

__all__ = ["BaseService"]


class _BaseAlone:
    """What a service asks of a pipeline, answered by a base; mentions are found by a model."""

    def __init__(self, kb: KnowledgeBase, finder: Pipeline | None) -> None:
        self.kb = kb
        self.finder = finder

    def refresh(self) -> None:
        """Nothing is learnt of new entities."""

    def stream(
        self,
        documents: Iterable[Document],
        *,
        link_only: bool = False,
        threshold: float | None = None,  # noqa: ARG002
        top_k: int | None = None,
    ) -> Iterator[Document]:
        """The documents with candidates; a mention that has one alone is linked to it."""
        if not link_only and self.finder is not None:
            documents = self.finder.stream(documents)
        for doc in documents:
            linked = (self._linked(doc.surface(one), one, top_k) for one in doc.mentions)
            yield replace(doc, mentions=tuple(linked))

    def _linked(self, surface: str, mention: Mention, top_k: int | None) -> Mention:
        found = self.kb.candidates(surface, limit=top_k)
        entity = mention.entity or (found[0].entity if len(found) == 1 else None)
        return replace(mention, candidates=found, entity=entity)


class BaseService(Service):
    """A service that has a base and no model that links.

    Args:
        kb: The base.
        settings: The limits.
        finder: A model that finds mentions, if there is one.
    """

    def __init__(
        self, kb: KnowledgeBase, settings: ServingSettings, finder: Pipeline | None = None
    ) -> None:
        super().__init__(cast(Pipeline, _BaseAlone(kb, finder)), settings)
        self.finder = finder

    @property
    def finds(self) -> bool:
        """Whether there is a model that finds mentions."""
        return self.finder is not None and self.finder.model.tagger is not None

    @property
    def links(self) -> bool:
        """It gives candidates."""
        return True
