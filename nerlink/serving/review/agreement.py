"""How far two people agree who reviewed the same documents without seeing each other's version."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from nerlink.data import Document, Mention
from nerlink.serving.review.saves import Save, independent, is_disputed
from nerlink.words import number_of

__all__ = ["Agreement", "PairAgreement", "Share", "agreement"]


class Share(NamedTuple):
    """How many of some things are the same on both sides.

    Args:
        same: How many.
        all: Of how many; for an F1, the mean of both sides.
    """

    same: int
    all: float

    def __str__(self) -> str:
        if not self.all:
            return "     -"
        return f"{self.same / self.all:6.3f}  ({self.same:,} of {self.all:,g})"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAgreement:
    """What two reviewers have in common.

    Args:
        reviewers: Their names; empty for all pairs together.
        documents: Documents that both reviewed.
        same: Of these, documents in which they agree on everything.
        borders: F1 of mentions by their borders; the same whoever is taken for right.
        labels: Of mentions that both marked, those with the same label.
        kappa: Cohen's kappa of these labels; `None` where it says nothing: with fewer than two
            labels. Of borders there is none, since nobody can count what both left unmarked.
        links: Of mentions that both marked and linked (`NIL` is a link), those with the same link.
        linked: F1 of mentions with their links, `NIL` among them.
    """

    reviewers: tuple[str, ...]
    documents: int
    same: int
    borders: Share
    labels: Share
    kappa: float | None
    links: Share
    linked: Share

    def __str__(self) -> str:
        names = " and ".join(name or "(unknown)" for name in self.reviewers) or "all pairs"
        kappa = "" if self.kappa is None else f"  kappa {self.kappa:.3f}"
        return "\n".join(
            (
                f"{names}: {number_of(self.documents, 'documents')}, {self.same:,} the same",
                f"  mentions, F1 of borders     {self.borders}",
                f"  labels of shared mentions   {self.labels}{kappa}",
                f"  links of shared mentions    {self.links}",
                f"  mentions with links, F1     {self.linked}",
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The agreement of each pair of reviewers, and of all pairs together.

    Args:
        pairs: For each two, those with most documents first; all together last, if there are more.
        disputed: Documents on which nobody has decided yet.
    """

    pairs: tuple[PairAgreement, ...]
    disputed: tuple[str, ...]

    def __str__(self) -> str:
        if not self.pairs:
            return "No document was reviewed by two. --overlap 20 gives twenty documents to two."
        blocks = [str(pair) for pair in self.pairs]
        if self.disputed:
            names = ", ".join(self.disputed[:5]) + (", …" if len(self.disputed) > 5 else "")
            blocks.append(f"{number_of(len(self.disputed), 'documents')} to be decided: {names}")
        return "\n".join(blocks)


def agreement(saves: Iterable[Save]) -> Agreement:
    """How far reviewers agree: by the last version of each before anybody saw another's."""
    by_key: dict[str, list[Save]] = defaultdict(list)
    for save in saves:
        by_key[save.key].append(save)
    both: dict[tuple[str, ...], list[tuple[Document, Document]]] = defaultdict(list)
    for found in by_key.values():
        versions = sorted(independent(found).items())
        for (one, first), (other, second) in combinations(versions, 2):
            both[one, other].append((first.doc, second.doc))
    ordered = sorted(both.items(), key=lambda item: (-len(item[1]), item[0]))
    pairs = [_compared(names, documents) for names, documents in ordered]
    if len(pairs) > 1:
        pairs.append(_compared((), [pair for documents in both.values() for pair in documents]))
    disputed = [found[-1].doc.id or key for key, found in by_key.items() if is_disputed(found)]
    return Agreement(pairs=tuple(pairs), disputed=tuple(disputed))


def _compared(
    names: tuple[str, ...], documents: Sequence[tuple[Document, Document]]
) -> PairAgreement:
    shared: list[tuple[Mention, Mention]] = []
    n_mentions = n_same = n_linked = n_links = 0
    for first, second in documents:
        one, other = _by_borders(first), _by_borders(second)
        n_mentions += len(one) + len(other)
        n_same += {b: _said(m) for b, m in one.items()} == {b: _said(m) for b, m in other.items()}
        shared += [
            (mention, other[borders]) for borders, mention in one.items() if borders in other
        ]
        n_links += sum(m.entity is not None for m in (*one.values(), *other.values()))
    linked = [(a.entity, b.entity) for a, b in shared if a.entity and b.entity]
    n_linked = sum(a == b for a, b in linked)
    labels = [(a.label, b.label) for a, b in shared if a.label and b.label]
    return PairAgreement(
        reviewers=names,
        documents=len(documents),
        same=n_same,
        borders=Share(len(shared), n_mentions / 2),
        labels=Share(sum(a == b for a, b in labels), len(labels)),
        kappa=_kappa(labels),
        links=Share(n_linked, len(linked)),
        linked=Share(n_linked, n_links / 2),
    )


def _by_borders(doc: Document) -> dict[tuple[int, int], Mention]:
    return {(mention.start, mention.end): mention for mention in doc.mentions}


def _said(mention: Mention) -> tuple[str | None, str | None]:
    return mention.label, mention.entity


def _kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa: agreement beyond what the two would have by chance (Cohen 1960)."""
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    if len(first.keys() | second.keys()) < 2:
        return None
    observed = sum(a == b for a, b in pairs) / len(pairs)
    expected = sum(n * second[label] for label, n in first.items()) / len(pairs) ** 2
    return (observed - expected) / (1 - expected)
