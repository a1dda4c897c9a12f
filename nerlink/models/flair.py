"""Between the labels on Flair's sentences and the models' spans."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from torch import nn

from nerlink.config import Task
from nerlink.converters.to_flair import ORIGIN, UNKNOWN, Origin
from nerlink.data import NIL
from nerlink.models.passages import Example, Link, SentenceRun, TokenSpan

__all__ = ["evaluating", "examples_from", "gold_spans", "write_links", "write_spans"]


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """A model in evaluation mode inside, and afterwards in the mode that it had before."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def gold_spans(run: SentenceRun) -> tuple[TokenSpan, ...]:
    """The spans of a run that have an `ner` label, a `nel` label, or both."""
    spans: list[TokenSpan] = []
    for sentence, (begin, _) in zip(run.sentences, run.passage.tokens.sentences, strict=True):
        labels = {_range(label): label.value for label in sentence.get_labels("ner")}
        links = {_range(label): label.value for label in sentence.get_labels("nel")}
        for first, last in sorted(labels.keys() | links.keys()):
            entity = links.get((first, last))
            spans.append(
                TokenSpan(
                    begin + first,
                    begin + last,
                    labels.get((first, last)),
                    NIL if entity == UNKNOWN else entity,
                )
            )
    return tuple(spans)


def examples_from(runs: Sequence[SentenceRun], tasks: Iterable[Task]) -> list[Example]:
    """Runs with their gold spans; a `multitask_id` limits the tasks that a run teaches."""
    return [Example(run.passage, gold_spans(run), _tasks_of(run, frozenset(tasks))) for run in runs]


def _tasks_of(run: SentenceRun, tasks: frozenset[Task]) -> frozenset[Task]:
    first = run.sentences[0]
    named = {label.value for label in first.get_labels("multitask_id")}
    origin = first.get_metadata(ORIGIN) if first.has_metadata(ORIGIN) else None
    if isinstance(origin, Origin) and not origin.document.complete:
        tasks -= {"ner"}  # as `to_sentences`, also where there is no task to name
    return frozenset(tasks & named) if named else tasks


def write_spans(
    run: SentenceRun, spans: Sequence[tuple[TokenSpan, float]], label_name: str
) -> None:
    """Label the sentences of a run with found spans, in place of earlier labels of that name."""
    labels = [(span, span.label, score) for span, score in spans if span.label is not None]
    _relabel(run, labels, label_name)


def write_links(run: SentenceRun, links: Sequence[tuple[TokenSpan, Link]], label_name: str) -> None:
    """Label the spans of a run with their links, in place of earlier labels of that name."""
    values = [(UNKNOWN if link.entity == NIL else link.entity, link.score) for _, link in links]
    labels = [(span, *value) for (span, _), value in zip(links, values, strict=True)]
    _relabel(run, labels, label_name)


def _relabel(
    run: SentenceRun, labels: Sequence[tuple[TokenSpan, str, float]], label_name: str
) -> None:
    """Replace the labels of a name; each new label is a span, a value and a score."""
    for sentence in run.sentences:
        sentence.remove_labels(label_name)
    begins = [begin for begin, _ in run.passage.tokens.sentences]
    for span, value, score in labels:
        number = bisect_right(begins, span.first) - 1
        begin = begins[number]
        part = run.sentences[number][span.first - begin : span.last - begin]
        part.add_label(label_name, value, score)


def _range(label: object) -> tuple[int, int]:
    tokens = label.data_point.tokens  # type: ignore[attr-defined]
    return tokens[0].idx - 1, tokens[-1].idx
