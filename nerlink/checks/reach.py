"""How far candidates reach, measured on documents that are drawn from all that pass by."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from nerlink.checks.findings import GeneratorReach
from nerlink.config import KnowledgeBaseConfig
from nerlink.data import NIL, Document
from nerlink.kb import (
    InDocument,
    KnowledgeBase,
    available_generators,
    make_chain,
    make_filled,
    report_candidates,
)
from nerlink.kb.candidates.recall import InDocuments

__all__ = ["Reach"]

MOST: Final = 500
"""Documents that are looked up: enough for a per cent, and it takes some seconds."""


class Reach:
    """Looks the mentions of documents up, by each generator and as a model does.

    Args:
        kb: The knowledge base.
        config: How a model looks mentions up.
        is_known: Whether the base has an entity.
    """

    def __init__(
        self, kb: KnowledgeBase, config: KnowledgeBaseConfig, is_known: Callable[[str], bool]
    ) -> None:
        filled = make_filled(kb, config.candidates, config.fill)
        self.generators: dict[str, InDocuments] = {
            name: make_chain(kb, [name]) for name in available_generators(kb)
        }
        self.generators["all as a model"] = InDocument(filled) if config.in_document else filled
        self.is_known = is_known
        self._drawn: list[Document] = []
        self._n_seen = 0
        self._rng = Random(0)  # noqa: S311 - the same documents each time

    def see(self, doc: Document) -> None:
        """Draw a document with links into the base; each that is seen has the same chance."""
        mentions = tuple(
            mention if self._counts(mention.entity) else replace(mention, entity=None)
            for mention in doc.mentions
        )
        if not any(mention.entity for mention in mentions):
            return
        # The reservoir of Vitter, "Random sampling with a reservoir" (1985), algorithm R.
        self._n_seen += 1
        if len(self._drawn) < MOST:
            self._drawn.append(replace(doc, mentions=mentions))
        elif (place := self._rng.randrange(self._n_seen)) < MOST:
            self._drawn[place] = replace(doc, mentions=mentions)

    def _counts(self, entity: str | None) -> bool:
        return entity is not None and entity != NIL and self.is_known(entity)

    def results(self) -> Iterator[GeneratorReach]:
        """What each generator finds."""
        for name, generator in self.generators.items():
            linked = report_candidates(generator, self._drawn).linked
            yield GeneratorReach(
                generator=name,
                mentions=linked.n_mentions,
                candidates=linked.n_candidates / max(1, linked.n_mentions),
                recall={str(limit or "all"): share for limit, share in linked.recall.items()},
            )
