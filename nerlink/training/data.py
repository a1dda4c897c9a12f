"""Training data: documents that are given or configured, as examples."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random
from typing import Final

from nerlink.config import Config, DataConfig, Task
from nerlink.converters import AlignmentReport
from nerlink.corpora.entries import read_entries
from nerlink.data import NIL, Document
from nerlink.errors import ConfigError, DataError
from nerlink.kb import KnowledgeBase, normalise
from nerlink.lookalikes import nearest
from nerlink.models.annotate import example_of, split_example
from nerlink.models.passages import Example, TokenSpan
from nerlink.sources.check import check_documents
from nerlink.words import number_of

__all__ = [
    "Parts",
    "Summary",
    "TrainingSet",
    "candidates_outside",
    "check_reach",
    "count_links",
    "dev_documents",
    "links_in",
    "links_outside",
    "make_batches",
    "summarise",
    "tokens_in",
    "training_parts",
    "training_set",
    "within",
    "without_links",
]


class Parts(list[tuple[Sequence[Document], DataConfig]]):
    """Documents of several sources, each list with the entry of a configuration that it is of."""


def training_parts(
    config: Config, given: Iterable[Document] | Parts | None = None
) -> list[tuple[Sequence[Document], DataConfig]]:
    """The documents to learn from, an item for each entry of the configuration.

    Args:
        config: Names the documents, if `given` is `None`.
        given: Documents, in place of those of the configuration.

    Raises:
        ConfigError: There are no documents.
        DataError: A document cannot be read, or is not sound.
    """
    if isinstance(given, Parts):
        return given
    if given is not None:
        return [(list(check_documents(given, what="train")), DataConfig())]
    parts: list[tuple[Sequence[Document], DataConfig]] = [*read_entries(config.data, "train")]
    if not parts:
        raise ConfigError(
            'there is nothing to train on. Add [[data]] with corpus = "tiny-news" or '
            'train = "my.jsonl" to the configuration.'
        )
    return parts


def dev_documents(config: Config, given: Iterable[Document] | None = None) -> list[Document]:
    """Documents to choose the best epoch on.

    A document without mentions may be unannotated for a task that its entry does not name. It is
    kept only if its entry names all tasks of the model, or names none.

    Args:
        config: Names the documents, if `given` is `None`.
        given: Documents, in place of those of the configuration; all are kept.

    Raises:
        DataError: A document cannot be read, or is not sound.
    """
    if given is not None:
        return list(check_documents(given, what="dev"))
    return [
        doc
        for documents, entry in read_entries(config.data, "dev")
        for doc in documents
        if doc.mentions or not set(config.tasks).difference(entry.tasks or config.tasks)
    ]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Examples to learn from.

    Args:
        examples: Documents, or pieces of long ones.
        weights: How often each example is drawn in an epoch, on average.
        labels: All entity types, in alphabetical order.
        report: Mentions that do not fit tokens.
        n_incomplete: Documents in which unmarked text is not known to be no mention.
    """

    examples: list[Example]
    weights: list[float]
    labels: tuple[str, ...]
    report: AlignmentReport
    n_incomplete: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The training data, counted.

    Args:
        n_documents: Training documents.
        n_incomplete: Those of them in which unmarked text is not known to be no mention.
        n_tokens: Tokens of the documents.
        labels: Mentions of each entity type.
        n_unlabelled: Mentions without a type in documents that teach `ner`.
        n_linked: Mentions linked to an entity of the knowledge base.
        n_nil: Mentions annotated as `NIL`.
        n_ambiguous: Mentions known to mean one of several entities.
        n_unlinked: Mentions without an annotated link.
        outside: Linked entities that the knowledge base lacks, with the number of links to each.
        n_entities: Distinct entities linked to.
        recall: By a number of candidates, or `None` for all: share of linked mentions whose
            entity is among that many first candidates, once training is counted into the base.
        recall_on: The documents that recall is measured on, `dev` or `train`.
        notes: What may be wrong with the documents, a line each.
        alignment: Mentions that do not fit tokens.
    """

    n_documents: int
    n_tokens: int
    labels: Mapping[str, int]
    n_unlabelled: int = 0
    n_incomplete: int = 0
    n_linked: int = 0
    n_nil: int = 0
    n_ambiguous: int = 0
    n_unlinked: int = 0
    outside: Mapping[str, int] = field(default_factory=dict)
    n_entities: int = 0
    recall: Mapping[int | None, float] = field(default_factory=dict)
    recall_on: str = ""
    notes: tuple[str, ...] = ()
    alignment: AlignmentReport


def training_set(
    parts: Iterable[tuple[Sequence[Document], DataConfig]],
    *,
    tasks: Sequence[Task],
    piece_tokens: int,
) -> TrainingSet:
    """Documents of several sources as examples.

    Args:
        parts: Documents, each list with the entry of the configuration that it comes from.
        tasks: The tasks of the model.
        piece_tokens: Longer documents are cut into pieces of at most so many tokens.

    Raises:
        DataError: There is nothing to learn a task from.
    """
    examples: list[Example] = []
    weights: list[float] = []
    reports: list[AlignmentReport] = []
    parts = list(parts)
    for documents, entry in parts:
        wanted = set(entry.tasks or tasks) & set(tasks)
        for doc in documents:
            example, report = example_of(doc, wanted)
            pieces = [p for p in split_example(example, piece_tokens) if p.tasks]
            examples += pieces
            weights += [entry.weight] * len(pieces)
            reports.append(report)
    taught = [s for e in examples if "ner" in e.tasks for s in e.spans]
    labels = sorted({s.label for s in taught if s.label})
    _check_tasks(tasks, labels, n_links=links_in(examples))
    n_incomplete = sum(not doc.complete for documents, _ in parts for doc in documents)
    return TrainingSet(
        examples, weights, tuple(labels), AlignmentReport.total(reports), n_incomplete
    )


def _check_tasks(tasks: Sequence[Task], labels: Sequence[str], *, n_links: int) -> None:
    if "ner" in tasks and not labels:
        raise DataError(
            "the training documents have no labelled mention, so there is nothing to learn 'ner' "
            "from. Give mentions a 'label', or set tasks = [\"nel\"]."
        )
    if "nel" in tasks and not n_links:
        raise DataError(
            "the training documents have no linked mention, so there is nothing to learn 'nel' "
            "from. Give mentions an 'entity' (in columns of tokens, name it: read.columns = "
            '["token", "nel"] in [[data]]), or set tasks = ["ner"].'
        )


def candidates_outside(data: TrainingSet, kb: KnowledgeBase) -> Counter[str]:
    """Candidates of ambiguous mentions that a base lacks, with the number of these mentions."""
    spans = (span for example in data.examples for span in example.spans)
    named = Counter(entity for span in spans for entity in span.candidates)
    return Counter({e: n for e, n in named.most_common() if e != NIL and e not in kb})


def within(data: TrainingSet, kb: KnowledgeBase) -> TrainingSet:
    """The examples without the candidates of ambiguous mentions that a base lacks."""
    outside = candidates_outside(data, kb)
    if not outside:
        return data

    def inside(span: TokenSpan) -> TokenSpan:
        return span._replace(candidates=tuple(e for e in span.candidates if e not in outside))

    def of_base(example: Example) -> Example:
        return replace(example, spans=tuple(map(inside, example.spans)))

    return replace(data, examples=[of_base(example) for example in data.examples])


def count_links(
    examples: Iterable[Example], kb: KnowledgeBase
) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """How often surfaces mean entities of a knowledge base, and how often nothing in it.

    Returns:
        Counts of (surface, entity), and counts of normalised surfaces that mean `NIL`.
    """
    links: Counter[tuple[str, str]] = Counter()
    nil: Counter[str] = Counter()
    for example in examples:
        for span in example.spans:
            surface = example.passage.surface(span)
            if span.entity is None or "nel" not in example.tasks:
                continue
            if span.entity != NIL and span.entity in kb:
                links[surface, span.entity] += 1
            else:
                nil[normalise(surface)] += 1
    return links, nil


NEAR_IDS: Final = 1000
"""Ids of a base among which the nearest to an unknown one is looked for."""


def check_reach(examples: Iterable[Example], kb: KnowledgeBase) -> None:
    """Refuse documents whose links all lead out of the knowledge base: nothing can be learnt.

    Raises:
        DataError: There are links, and the base has none of their entities.
    """
    taught = [span.answers for e in examples if "nel" in e.tasks for span in e.spans]
    links = Counter(entity for answers in taught for entity in answers if entity != NIL)
    if not links or any(entity in kb for entity in links):
        return
    known = list(islice(kb, NEAR_IDS))
    wanted = [str(entity) for entity, _ in links.most_common(3)]
    pairs = [(entity, nearest(entity, known)) for entity in wanted]
    likely = "; ".join(f"{entity!r} may be {near!r}" for entity, near in pairs if near)
    has = ", ".join(map(repr, known[:3])) or "none"
    raise DataError(
        f"none of the {number_of(links.total(), 'links')} of the training documents is to an "
        f"entity of the knowledge base, so there is nothing to learn 'nel' from: the documents "
        f"have {', '.join(map(repr, wanted))}, the base has {has}{likely and f' ({likely})'}. "
        "Make the ids alike, or set kb.from_training = true to add the entities of the documents."
    )


def links_outside(documents: Iterable[Document], kb: KnowledgeBase) -> Counter[str]:
    """Linked entities that a knowledge base lacks, with the number of links to each."""
    links = Counter(
        m.entity for doc in documents for m in doc.mentions if m.entity not in (None, NIL)
    )
    return Counter({str(e): n for e, n in links.most_common() if e not in kb})


def without_links(documents: Iterable[Document], kb: KnowledgeBase) -> list[Document]:
    """Documents without their links to entities that a knowledge base lacks; mentions stay."""
    documents = list(documents)
    outside = links_outside(documents, kb)
    return [
        replace(
            doc,
            mentions=tuple(
                replace(m, entity=None) if m.entity in outside else m for m in doc.mentions
            ),
        )
        for doc in documents
    ]


def summarise(data: TrainingSet, kb: KnowledgeBase | None) -> Summary:
    """The training data, counted; recall and notes are left to whoever knows the other documents.

    Args:
        data: The training examples.
        kb: The knowledge base.
    """
    spans = [
        (span, example.passage.surface(span)) for example in data.examples for span in example.spans
    ]
    taught = [s.label for e in data.examples if "ner" in e.tasks for s in e.spans]
    links = [(surface, s.entity) for s, surface in spans if s.entity not in (None, NIL)]
    outside = Counter(entity for _, entity in links if kb is not None and entity not in kb)
    inside = [(surface, e) for surface, e in links if e is not None and e not in outside]
    return Summary(
        n_documents=data.report.n_documents,
        n_incomplete=data.n_incomplete,
        n_tokens=sum(len(e.passage.tokens.words) for e in data.examples),
        labels=dict(Counter(label for label in taught if label).most_common()),
        n_unlabelled=taught.count(None),
        n_linked=len(inside),
        n_nil=sum(s.entity == NIL for s, _ in spans),
        n_ambiguous=sum(bool(s.candidates) for s, _ in spans),
        n_unlinked=sum(not s.answers for s, _ in spans),
        outside={entity: count for entity, count in outside.most_common() if entity is not None},
        n_entities=len({entity for _, entity in inside}),
        alignment=data.report,
    )


def make_batches(data: TrainingSet, *, batch_tokens: int, rng: Random) -> Iterator[list[Example]]:
    """The batches of one epoch, in an order drawn by chance.

    An example of weight 2.5 is drawn twice in each epoch, and a third time in half of the epochs.

    Args:
        data: The training examples.
        batch_tokens: Tokens in a batch, at most, unless one example has more.
        rng: The source of chance.
    """
    drawn = [
        # The seed is drawn here, and not the tokens in a step, so that a resumed run and several
        # processes draw the same ones.
        example if example.is_complete else replace(example, draw=rng.getrandbits(32))
        for example, weight in zip(data.examples, data.weights, strict=True)
        for _ in range(int(weight) + (rng.random() < weight % 1))
    ]
    rng.shuffle(drawn)
    batch: list[Example] = []
    n_tokens = 0
    for example in drawn:
        length = len(example.passage.tokens.words)
        if batch and n_tokens + length > batch_tokens:
            yield batch
            batch, n_tokens = [], 0
        batch.append(example)
        n_tokens += length
    if batch:
        yield batch


def tokens_in(examples: Sequence[Example], *, task: Task | None = None) -> int:
    """Number of tokens of examples, or of the examples that teach a task."""
    return sum(len(e.passage.tokens.words) for e in examples if not task or task in e.tasks)


def links_in(examples: Sequence[Example]) -> int:
    """Number of mentions that teach `nel`: linked, `NIL`, or known to mean one of several."""
    return sum(bool(s.answers) for e in examples if "nel" in e.tasks for s in e.spans)
