"""One review: its documents, labels and base, and what is said before it begins."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nerlink.data import NIL, Document, Entity, is_one_line
from nerlink.errors import ConfigError, DataError
from nerlink.kb import KnowledgeBase
from nerlink.kb.browsing import types_of
from nerlink.serving.refusals import Conflict, Invalid
from nerlink.serving.review.bare import BaseService
from nerlink.serving.review.desk import LEASE, Desk
from nerlink.serving.review.journal import Journal
from nerlink.serving.review.proposals import Preset
from nerlink.serving.review.saves import counted, key_of
from nerlink.serving.routes.entities import GivenEntity, add_entity
from nerlink.serving.service import Service
from nerlink.words import number_of, shown

__all__ = ["ReviewOptions", "Session", "check_label"]

MOST_TYPES: Final = 20
"""Types of a base that become labels where there is no model."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """How documents are reviewed.

    Args:
        labels: Labels beside those of the model and of the documents; they have the first keys.
        overlap: Documents that two reviewers do: a number of them, or a share below 1.
        preset: Whose mentions a reviewer begins with.
        lease: Seconds for which a document is a reviewer's after their page was last heard of.
        any_base: Begin though the base has none of the entities that documents name.
    """

    labels: tuple[str, ...] = ()
    overlap: float = 0
    preset: Preset = "auto"
    lease: float = LEASE
    any_base: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ConfigError: An overlap, lease or label that makes no sense.
        """
        if self.overlap < 0 or (self.overlap >= 1 and self.overlap != int(self.overlap)):
            raise ConfigError(
                f"overlap is {self.overlap:g}; it must be a number of documents such as 20, or a "
                "share below 1 such as 0.2."
            )
        if self.lease <= 0:
            raise ConfigError(f"lease is {self.lease:g}; it must be more than 0 seconds.")
        for label in self.labels:
            check_label(label)

    def n_twice(self, n_documents: int) -> int:
        """How many of some documents two reviewers do."""
        n = self.overlap if self.overlap >= 1 else round(self.overlap * n_documents)
        return min(n_documents, int(n))


def check_label(label: str) -> str:
    """A label that files can hold.

    Raises:
        ConfigError: It is none.
    """
    if not label or label != label.strip() or not is_one_line(label) or len(label) > 200:
        raise ConfigError(
            f"{shown(label)} is no label: it must be one line of at most 200 characters, without "
            "blanks at its ends."
        )
    return label


class Session:
    """What the routes of a review share.

    Args:
        service: The model and its base, or a base alone.
        documents: What is to be reviewed.
        journal: Where it is kept.
        options: How it is done.
        more: A base beside the model's that new entities are added to as well.
    """

    def __init__(
        self,
        service: Service,
        documents: Sequence[Document],
        journal: Journal,
        options: ReviewOptions,
        more: Path | None = None,
    ) -> None:
        self.service = service
        self.options = options
        self.more = more
        self.journal = journal
        twice = options.n_twice(len({key_of(doc) for doc in documents}))
        self.desk = Desk(documents, journal, overlap=twice, lease=options.lease)
        self.of_model = _labels_of_model(service)
        saved = [counted(saves) for saves in journal.saves.values()]
        of_documents = {
            m.label: None for doc in (*documents, *saved) for m in doc.mentions if m.label
        }
        labels = [*options.labels, *self.of_model, *of_documents]
        if not self.of_model and service.kb is not None:
            labels += types_of(service.kb, limit=MOST_TYPES)
        self.labels = list(dict.fromkeys(labels))

    def add_label(self, label: str) -> None:
        """Let a label be chosen from now on.

        Raises:
            Invalid: It is none.
        """
        try:
            check_label(label)
        except ConfigError as error:
            raise Invalid(str(error), where="label") from error
        if label not in self.labels:
            self.labels.append(label)

    def add_entity(self, entity: str, given: GivenEntity) -> Entity:
        """An entity that is in the base from now on; in both, where there are two.

        Raises:
            Refusal: It can be none, or another has the id.
        """
        kb = self.service.kb
        if kb is None:
            raise Invalid("this model has no knowledge base; begin with --kb to link.")
        if (found := kb.get(entity)) is not None:
            raise Conflict(
                f"the base has {entity!r:.80} already: {found.name!r:.80}. Link to it, or take "
                "another id.",
                where="id",
            )
        if self.more is not None:  # first: it is asked again where the model's base fails
            with KnowledgeBase.open(self.more) as more:
                add_entity(more, entity, given)
        return add_entity(kb, entity, given)[1]

    def check(self, say: Say) -> None:
        """Say what is odd about documents and base, before anybody begins.

        Raises:
            ConfigError: The base has none of the entities that documents name.
        """
        self._say_labels(say)
        documents = {key_of(doc): doc for doc in self.desk.documents.values()}
        self._check_links(documents.values(), "the documents", say)
        saved = [counted(saves) for saves in self.journal.saves.values()]
        self._check_links(saved, self.journal.output.name, say)
        for key, doc in documents.items():
            if key in self.journal.saves and self.journal.saves[key][-1].doc.text != doc.text:
                raise DataError(
                    f"document {doc.id!r:.80} has another text in {self.journal.output}: these are "
                    "other documents under the same ids. Name another --output."
                )

    def _say_labels(self, say: Say) -> None:
        unknown = [label for label in self.labels if label not in self.of_model]
        if self.of_model and unknown:
            say(
                f"the model does not know {_some(unknown)}; it knows {_some(self.of_model)}. "
                "A training that goes on from it learns new labels anew."
            )
        if not self.labels:
            say("there are no labels: mentions are marked without. --labels PER,LOC gives some.")

    def _check_links(self, documents: Iterable[Document], name: str, say: Say) -> None:
        kb = self.service.kb
        linked: dict[str, str | None] = {}
        counts: Counter[str] = Counter()
        for doc in documents:
            for mention in doc.mentions:
                if mention.entity is not None and mention.entity != NIL:
                    linked.setdefault(mention.entity, doc.id)
                    counts[mention.entity] += 1
        if not linked or kb is None:
            return
        lost = [entity for entity in linked if entity not in kb]
        if not lost:
            return
        example = f"{lost[0]!r:.80} in document {linked[lost[0]]!r:.80}"
        if len(lost) == len(linked) and not self.options.any_base:
            raise ConfigError(
                f"{kb.path} has none of the {number_of(len(linked), 'entities')} that {name} name, "
                f"such as {example}: they are of another base. Name theirs with --kb, or begin "
                "nevertheless with --any-base; the links are kept as they are."
            )
        n_links = sum(counts[entity] for entity in lost)
        say(
            f"{number_of(n_links, 'links')} of {name} name {number_of(len(lost), 'entities')} that "
            f"{kb.path} does not have, such as {example}. They are kept, and marked on the page."
        )


def _labels_of_model(service: Service) -> list[str]:
    model = service.finder if isinstance(service, BaseService) else service.pipeline
    return [] if model is None else list(model.info()["labels"])


def _some(labels: Sequence[str]) -> str:
    shown_ = ", ".join(repr(label)[:80] for label in labels[:5])
    return shown_ if len(labels) <= 5 else f"{shown_} and {len(labels) - 5} more"
