"""How far candidates reach in documents that pass by, a bounded number at a time."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
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

LIMITS: Final = (1, 5, 10, 30, None)
GROUP: Final = 500
"""Documents that are looked up together."""


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
        self._group: list[Document] = []
        self._found: dict[str, Counter[int | None]] = {name: Counter() for name in self.generators}
        self._n_candidates: Counter[str] = Counter()
        self._n_mentions = 0

    def see(self, doc: Document) -> None:
        """Look the mentions up that are linked to an entity of the base."""
        mentions = tuple(
            mention if self._counts(mention.entity) else replace(mention, entity=None)
            for mention in doc.mentions
        )
        if any(mention.entity for mention in mentions):
            self._group.append(replace(doc, mentions=mentions))
        if len(self._group) >= GROUP:
            self._look_up()

    def _counts(self, entity: str | None) -> bool:
        return entity is not None and entity != NIL and self.is_known(entity)

    def _look_up(self) -> None:
        for name, generator in self.generators.items():
            linked = report_candidates(generator, self._group, limits=LIMITS).linked
            for limit, share in linked.recall.items():
                self._found[name][limit] += round(share * linked.n_mentions)
            self._n_candidates[name] += linked.n_candidates
        self._n_mentions += linked.n_mentions
        self._group.clear()

    def results(self) -> Iterator[GeneratorReach]:
        """What each generator found."""
        if self._group:
            self._look_up()
        n = max(1, self._n_mentions)
        for name in self.generators:
            recall = {str(limit or "all"): self._found[name][limit] / n for limit in LIMITS}
            yield GeneratorReach(
                generator=name,
                mentions=self._n_mentions,
                candidates=self._n_candidates[name] / n,
                recall=recall,
            )
