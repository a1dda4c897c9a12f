"""`check`: one look at all documents, before anyone trains on them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from nerlink.checks.findings import CheckReport, Finding, FindingKind, SplitCounts
from nerlink.checks.reach import Reach
from nerlink.checks.rules import Copies, Fit, Ids, Labels, Place, Rule, Surfaces
from nerlink.config import KnowledgeBaseConfig
from nerlink.corpora.building import tally
from nerlink.data import NIL, Document
from nerlink.kb import KnowledgeBase
from nerlink.sources.check import check_documents

__all__ = ["check"]

_ORDER = {kind: n for n, kind in enumerate(FindingKind)}


def check(
    documents: Iterable[Document],
    *,
    dev: Iterable[Document] | None = None,
    test: Iterable[Document] | None = None,
    kb: str | Path | KnowledgeBase | None = None,
    n_examples: int = 3,
    config: KnowledgeBaseConfig | None = None,
) -> CheckReport:
    """What is in documents before anyone trains on them, and what is fishy about them.

        print(nerlink.check(nerlink.read("train.jsonl"), kb="towns.sqlite"))

    Each document is looked at once and not kept, so they may be streams. Memory grows with the
    distinct surfaces and entities, and by some hundred bytes with each document.

    Args:
        documents: All documents, or those to train on.
        dev: Documents to choose the best epoch on.
        test: Documents kept for a last score.
        kb: The knowledge base to link to, or its path.
        n_examples: Examples of each finding.
        config: How a model looks mentions up in the base; by default as `Config` has it.

    Raises:
        DataError: A document is not sound.
        KnowledgeBaseError: The base cannot be opened.
    """
    is_alone = dev is None and test is None
    given = {"documents" if is_alone else "train": documents, "dev": dev, "test": test}
    with ExitStack() as stack:
        if isinstance(kb, str | Path):
            kb = stack.enter_context(KnowledgeBase.open(kb))
        look = _Look(kb, config or KnowledgeBaseConfig(), n_examples)
        splits = tuple(look.at(name, docs) for name, docs in given.items() if docs is not None)
        reach = tuple(look.reach.results()) if look.reach else ()
    return CheckReport(splits=splits, findings=tuple(look.findings()), reach=reach)


class _Look:
    """All rules, and what they have seen so far."""

    def __init__(
        self, kb: KnowledgeBase | None, config: KnowledgeBaseConfig, n_examples: int
    ) -> None:
        ids = Ids(n_examples, kb)
        self.rules: tuple[Rule, ...] = (
            Copies(n_examples),
            Fit(n_examples),
            Surfaces(n_examples),
            Labels(n_examples),
            ids,
        )
        self.reach = Reach(kb, config, lambda entity: ids.known[entity]) if kb else None

    def at(self, split: str, documents: Iterable[Document]) -> SplitCounts:
        """Look at the documents of a split, and count what they hold."""
        counts, labels, entities = Counter[str](), Counter[str](), set[str]()
        passing = tally(check_documents(documents, what=split), counts, labels)
        for number, doc in enumerate(passing, start=1):
            place = Place(split, doc.id or f"document {number}", doc)
            for rule in self.rules:
                rule.see(place)
            if self.reach:
                self.reach.see(doc)
            entities.update(m.entity for m in doc.mentions if m.entity not in (None, NIL))
            counts["bare"] += not doc.mentions
            counts["incomplete"] += not doc.complete
            counts["ambiguous"] += sum(bool(doc.means_one_of(m)) for m in doc.mentions)
        return SplitCounts(
            name=split,
            **counts,
            unlinked=counts["mentions"] - counts["linked"] - counts["nil"] - counts["ambiguous"],
            unlabelled=counts["mentions"] - labels.total(),
            entities=len(entities),
            labels=dict(labels.most_common()),
        )

    def findings(self) -> Iterator[Finding]:
        """What all rules found, the worst first."""
        found = [finding for rule in self.rules for finding in rule.findings()]
        return iter(sorted(found, key=lambda finding: _ORDER[finding.kind]))
