"""Calibrated probabilities: a few numbers fitted on development documents.

The tagger gets a temperature for its tags (Guo et al., 2017), and a logistic curve for the mentions
that it finds (Platt, 1999). The linker gets a temperature, a tendency to `NIL`, and the weights of
the second look, all by cross-entropy of gold mentions. It gets a threshold too, if the
configuration names a target.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.nn.utils.rnn import pad_sequence

from nerlink.data import Document
from nerlink.evaluation.linking import links_of
from nerlink.evaluation.matching import Pair
from nerlink.models.annotate import annotate_documents, example_of
from nerlink.models.joint import JointModel
from nerlink.models.linker.linker import Linker
from nerlink.models.linker.second_look import LOOK_FEATURES, N_CALIBRATION, FirstLook
from nerlink.models.passages import Example, first_rows, locate
from nerlink.models.tagger.tagger import IGNORED, Tagger, log_odds

__all__ = ["best_threshold", "calibrate", "scored_links"]

DOCUMENTS_TOGETHER: Final = 32
"""Documents encoded together."""

CENTRE_ROWS: Final = 10_000
"""Entities at most whose mean text vector is the centre of all text vectors."""


def calibrate(model: JointModel, documents: Sequence[Document]) -> None:
    """Fit temperatures, second look and threshold; without documents, nothing changes.

    Incomplete documents are left out: a find that they do not mark may be right, and what they
    link are the mentions that are easy to link.

    Args:
        model: A trained model, in evaluation mode.
        documents: Development documents with gold mentions.
    """
    documents = [doc for doc in documents if doc.complete]
    examples = [example_of(doc, model.config.tasks)[0] for doc in documents]
    groups = [
        examples[i : i + DOCUMENTS_TOGETHER] for i in range(0, len(examples), DOCUMENTS_TOGETHER)
    ]
    if model.tagger:
        if not model.tagger.chain:
            _fit_temperature(model, model.tagger, groups)
        _fit_confidence(model, model.tagger, groups)
    if model.linker:
        _fit_linker(model, model.linker, groups)
        _fit_threshold(model, model.linker, documents)


def _fit_temperature(model: JointModel, tagger: Tagger, groups: Sequence[list[Example]]) -> None:
    """Set the temperature of tags to that of least cross-entropy with the gold tags."""
    scores, tags = [], []
    for examples in groups:
        gold = torch.from_numpy(np.concatenate([tagger.gold_tags(e) for e in examples]))
        reading = model.read([e.passage for e in examples])
        if reading.scores is not None:
            scores.append(reading.scores.float().cpu()[gold != IGNORED])
            tags.append(gold[gold != IGNORED])
    if not sum(map(len, tags)):
        return
    logits, target = torch.cat(scores), torch.cat(tags)

    def loss(weights: Tensor) -> Tensor:
        return cross_entropy(logits * weights, target, reduction="sum")

    tagger.temperature.fill_(1 / float(_minimise(loss, torch.ones(1)).clamp(min=0.05)))


def _fit_confidence(model: JointModel, tagger: Tagger, groups: Sequence[list[Example]]) -> None:
    """Set the logistic curve that turns the log-odds of a span into its probability."""
    tagger.confidence.copy_(torch.tensor([1.0, 0.0]))
    # The curve above is the identity, so that `find` gives uncalibrated scores. A span whose gold
    # mention has no label is neither right nor wrong: it is not known.
    odds: list[float] = []
    is_right: list[bool] = []
    is_known: list[bool] = []
    for examples in groups:
        taught = [example for example in examples if tagger.task in example.tasks]
        passages = [example.passage for example in taught]
        reading = model.read(passages)
        if reading.scores is None:
            continue
        found = tagger.find(reading.scores, passages)
        odds += log_odds(found.scores).tolist()
        for example, (base, end) in zip(taught, pairwise(first_rows(passages)), strict=True):
            gold = {(span.first, span.last, span.label) for span in example.spans}
            spans = [span for span, _ in tagger.spans_between(found, base, end)]
            is_right += [(span.first, span.last, span.label) in gold for span in spans]
            is_known += [(span.first, span.last, None) not in gold for span in spans]
    if not any(is_known):
        return
    features = torch.tensor([odds, [1.0] * len(odds)]).T[is_known]
    target = torch.tensor(is_right, dtype=torch.float32)[is_known]

    def loss(weights: Tensor) -> Tensor:
        logits = features @ weights
        return binary_cross_entropy_with_logits(logits, target, reduction="sum")

    sharpness, shift = _minimise(loss, torch.tensor([1.0, 0.0])).tolist()
    tagger.confidence.copy_(torch.tensor([max(sharpness, 0.05), shift]))


def _fit_linker(model: JointModel, linker: Linker, groups: Sequence[list[Example]]) -> None:
    """Set the centre of the second look, and the weights of both looks."""
    text = linker.prototypes.text
    # A sample is enough for a mean, and most of a table mapped from a file is then never read.
    rows = text[:: max(1, len(text) // CENTRE_ROWS)].float()
    if len(rows):
        linker.second_look.center.copy_(rows.mean(0))
    features: list[Tensor] = []
    targets: list[int] = []
    for look, gold in _looks(model, linker, groups):
        of_mentions = linker.second_look.features(look).cpu().unbind()
        features += [table for table, column in zip(of_mentions, gold, strict=True) if column >= 0]
        targets += [column for column in gold if column >= 0]
    if not targets:
        return
    # Groups differ in the most candidates that a mention has. -inf marks padding, in the first look
    # as `SecondLook.features` gives it, and in all columns of the rows that are added here.
    padded = pad_sequence(features, batch_first=True, padding_value=-torch.inf)
    padding, target = padded[:, :, 0].isneginf(), torch.tensor(targets)
    padded = padded.masked_fill(padding.unsqueeze(-1), 0)
    # Row 0 of the weights is for linking without the second look: only the calibration, in the
    # first columns, is fitted.
    for is_on, n in ((0, N_CALIBRATION), (1, len(LOOK_FEATURES))):
        linker.second_look.weights[is_on, :n] = _fit_looks(padded[..., :n], padding, target)


def _fit_looks(features: Tensor, padding: Tensor, target: Tensor) -> Tensor:
    """Weights of the features, (n_features), for (n_mentions, 1 + most candidates, n_features)."""

    def loss(weights: Tensor) -> Tensor:
        scores = (features @ weights).masked_fill(padding, -torch.inf)
        return cross_entropy(scores, target, reduction="sum")

    # The weight of the first look starts at 1, so that without data nothing changes.
    return _minimise(loss, torch.eye(1, features.shape[-1]).squeeze(0))


def _looks(
    model: JointModel, linker: Linker, groups: Sequence[list[Example]]
) -> Iterator[tuple[FirstLook, list[int]]]:
    """First looks at gold mentions, and the column of each gold entity, -1 if unknown."""
    for examples in groups:
        passages = [example.passage for example in examples]
        spans = [example.spans if "nel" in example.tasks else () for example in examples]
        vectors, _, labels = model.read(passages)
        mentions = locate(passages, spans, vectors.device)
        if not len(mentions):
            continue
        with torch.inference_mode():
            look = linker.look(vectors, labels, mentions)
        gold = [span.entity for inside in spans for span in inside]
        yield look, [_gold_column(e, s.entities) for e, s in zip(gold, look.sets, strict=True)]


def _gold_column(entity: str | None, candidates: Sequence[str]) -> int:
    if entity is None:
        return -1
    return 1 + candidates.index(entity) if entity in candidates else 0


def _minimise(loss: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """Weights of least loss, with a normal prior of deviation 1 around their start."""
    weights = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        total = loss(weights) + (weights - start).pow(2).sum() / 2
        torch.autograd.backward(total)
        return float(total.detach())

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach()


def _fit_threshold(model: JointModel, linker: Linker, documents: Sequence[Document]) -> None:
    """Set the threshold that reaches the configuration's target, if it names one."""
    target = linker.config.target
    if target is None:
        return
    # Threshold 0 links every mention that has a candidate, so that every threshold can be tried.
    every_link = linker.config.model_copy(update={"threshold": 0.0})
    tagged = annotate_documents(
        model, documents, link_only=model.tagger is None, linking=every_link
    )
    scores, is_right, n_gold = scored_links(documents, tagged)
    if scores and n_gold:
        threshold = best_threshold(scores, is_right, n_gold=n_gold, target=target)
        model.configure_linker(linker.config.model_copy(update={"threshold": threshold}))


def scored_links(
    documents: Iterable[Document], tagged: Iterable[Document]
) -> tuple[list[float], list[bool], int]:
    """The links of answers: their probabilities, whether they are right, and number of gold links.

    Args:
        documents: With gold mentions.
        tagged: The answer to each.
    """
    scores, is_right, n_gold = [], [], 0
    for doc, found in zip(documents, tagged, strict=True):
        links = links_of(Pair(name="", gold=doc, predicted=found)).in_kb()
        n_gold += len(links.gold)
        for mention in found.mentions:
            link = (mention.start, mention.end, mention.entity)
            if link in links.predicted:
                scores.append(mention.link_score or 0.0)
                is_right.append(link in links.gold)
    return scores, is_right, n_gold


def best_threshold(
    scores: Sequence[float], is_right: Sequence[bool], *, n_gold: int, target: str | float
) -> float:
    """The threshold that reaches a target.

    Args:
        scores: Probability of each link, at least one.
        is_right: Whether each link is right.
        n_gold: Number of gold links.
        target: `f1` for the highest F1. A number for the most links at that precision at least, or
            for the highest precision if no threshold reaches the number.
    """
    falling = np.sort(np.asarray(scores))[::-1]
    order = np.argsort(-np.asarray(scores), kind="stable")
    # Links of equal probability are kept or dropped together.
    last = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))
    kept = 1 + last
    right = np.cumsum(np.asarray(is_right)[order])[last]
    precision = right / kept
    value = 2 * right / (kept + n_gold) if target == "f1" else precision
    best = int(value.argmax())
    if target != "f1" and (reached := np.flatnonzero(precision >= float(target))).size:
        best = int(reached[-1])
    return float(falling[last][best])
