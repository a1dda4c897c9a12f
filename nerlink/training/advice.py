"""After training: what holds the scores back most, as measured, and which option to try.

Each line ends with what to write into the configuration. Only lines that hold are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from pathlib import Path
from typing import Final, NamedTuple

from nerlink.config import Config, KnowledgeBaseConfig
from nerlink.data import NIL, Document
from nerlink.evaluation import Report
from nerlink.kb import KnowledgeBase
from nerlink.kb.candidates.recall import CandidateRecall
from nerlink.kb.store.connections import copy_base
from nerlink.models.build import candidate_generator
from nerlink.models.linker.lookup import Lookup
from nerlink.training.calibrate import best_threshold, scored_links
from nerlink.training.data import Summary, links_outside
from nerlink.training.notes import has_links, reach
from nerlink.training.reporting import AGREEMENT, is_agreement
from nerlink.words import number_of

__all__ = [
    "Hint",
    "Trained",
    "advise",
    "another_threshold",
    "missing_candidates",
    "only_agreement",
    "too_few_steps",
    "unlearnt_nil",
]

MOST_LINES: Final = 4
ENOUGH_STEPS: Final = 100
"""Steps that the smallest corpora take: 60 documents of tiny-news learn nothing more after 80."""

LOW: Final = 0.7
"""A score under which steps, where they are few, are what is missing."""

LEARNT: Final = 0.1
"""The share of its first loss that a model is left with which has learnt its documents."""

GAIN: Final = 0.02
"""Points of a score from which an option is worth a line, or another epoch."""

FITTING: Final = 20
"""Links that a threshold is fitted to, at least: of fewer, a better one is chance."""

SHARE: Final = 0.05
"""Share of links from which what befalls them is worth a line."""

CHEAP: Final = 200_000
"""Aliases up to which a base is copied and indexed to see what `fuzzy` would find."""


class Hint(NamedTuple):
    """A line, and how many points of a score, from 0 to 1, may be at stake."""

    weight: float
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A run that has ended.

    Args:
        config: The configuration.
        summary: The training data, counted.
        scores: The score that decides, of each epoch; none without development documents.
        losses: The mean loss of each epoch.
        n_steps: Steps of all epochs.
        gold: Development documents.
        found: What the model answers to them, with all candidates.
        report: The scores of the answers, if there are development documents.
    """

    config: Config
    summary: Summary
    scores: Sequence[float]
    losses: Sequence[float]
    n_steps: int
    gold: Sequence[Document] = ()
    found: Sequence[Document] = ()
    report: Report | None = None


def advise(run: Trained, lookup: Lookup | None, folder: Path) -> tuple[str, ...]:
    """What holds the scores back, the weightiest first, four lines at most.

    Args:
        run: The run.
        lookup: The candidates of the model, if it links.
        folder: A folder for a copy of the base, for as long as it is looked at.
    """
    hints = [too_few_steps(run), only_agreement(run)]
    # What a dictionary links has candidates and is no NIL: that says nothing of candidates or NIL.
    if lookup and has_links(run.gold) and not is_agreement(run.gold):
        hints += [
            *missing_candidates(run, lookup, folder),
            another_threshold(run),
            unlearnt_nil(run),
        ]
    weighty = sorted(filter(None, hints), reverse=True)
    return tuple(hint.line for hint in weighty[:MOST_LINES])


def too_few_steps(run: Trained) -> Hint | None:
    """Whether the run ended before there was much to learn from, or while scores still rose."""
    epochs = len(run.losses)
    wanted = max(2 * epochs, ceil(ENOUGH_STEPS * epochs / max(1, run.n_steps)))
    remedy = f"Try [training] epochs = {wanted}"
    steps = f"{number_of(run.n_steps, 'steps')} in {number_of(epochs, 'epochs')}"
    are_few = run.n_steps < ENOUGH_STEPS
    score = AGREEMENT if is_agreement(run.gold) else "score on dev"
    if are_few and run.scores and max(run.scores) < LOW:
        best = f"the best {score} is {max(run.scores):.1%}"
        return Hint(1.0, f"{steps} are few, and {best}. {remedy}")
    if are_few and not run.scores and (epochs < 2 or run.losses[-1] > LEARNT * run.losses[0]):
        fall = f"the loss is still {run.losses[-1]:.2f}"
        return Hint(1.0, f"{steps} are few, and {fall}. {remedy}")
    rise = run.scores[-1] - max(run.scores[:-1]) if len(run.scores) > 1 else 0.0
    if rise >= GAIN:
        more = f"the {score} rose by {100 * rise:.1f} points in the last of them"
        return Hint(rise, f"{steps} may be few: {more}. {remedy}")
    return None


def only_agreement(run: Trained) -> Hint | None:
    """Whether no score is known, but that of repeating a dictionary."""
    if not is_agreement(run.gold):
        return None
    return Hint(
        1.0,
        f"dev: {AGREEMENT} also rises where the model repeats its mistakes, and falls where it "
        "finds more. Annotate some documents throughout, and score on them: --dev gold.jsonl",
    )


def missing_candidates(run: Trained, lookup: Lookup, folder: Path) -> list[Hint]:
    """How many links no candidate leads to, and how many fewer there were with `fuzzy`."""
    config = run.config.kb
    now = reach(run.gold, lookup.kb, lookup.generator, config)
    hints = []
    recall = now.recall[None]
    if recall < 1 and (more := _with_fuzzy(run.gold, lookup.kb, config, folder)):
        gain = more.recall[None] - recall
        if gain >= GAIN:
            names = ", ".join(f'"{name}"' for name in (*config.candidates, "fuzzy"))
            hints.append(
                Hint(
                    gain,
                    f"candidates: {recall:.1%} of dev links to the base have their entity among "
                    f"them, {more.recall[None]:.1%} with fuzzy. Try [kb] candidates = [{names}]",
                )
            )
            recall = more.recall[None]
    n_missed, n_outside = now.n_mentions * (1 - recall), links_outside(run.gold, lookup.kb).total()
    n_links = now.n_mentions + n_outside
    if n_missed + n_outside >= SHARE * n_links:
        hints.append(
            Hint(
                (n_missed + n_outside) / n_links,
                f"names: of {number_of(n_links, 'dev links')}, {n_missed / n_links:.1%} have no "
                f"name that leads to their entity, and the entities of {n_outside / n_links:.1%} "
                'are not in the base. Add names and entities: [kb] tables = ["entities.csv"]',
            )
        )
    return hints


def another_threshold(run: Trained) -> Hint | None:
    """Whether another threshold would give a higher InKB F1, where none was fitted."""
    if run.config.linker.target is not None or run.report is None:
        return None
    scores, is_right, n_gold = scored_links(run.gold, [_linking_all(doc) for doc in run.found])
    if not scores or n_gold < FITTING:
        return None
    best = best_threshold(scores, is_right, n_gold=n_gold, target="f1")
    threshold = floor(100 * best) / 100  # as people write it; not less than it links
    kept = [right for score, right in zip(scores, is_right, strict=True) if score >= threshold]
    f1, now = 2 * sum(kept) / (len(kept) + n_gold), run.report.scores["linking.inkb.f1"]
    if f1 - now < GAIN:
        return None
    return Hint(
        f1 - now,
        f"threshold: {threshold:.2f} gives InKB F1 {f1:.1%} on dev, in place of {now:.1%}. "
        f'Try [linker] target = "f1", or now --threshold {threshold:.2f}',
    )


def unlearnt_nil(run: Trained) -> Hint | None:
    """Whether links are taken for `NIL` that a candidate leads to, where training had no `NIL`."""
    if run.summary.n_nil or run.summary.outside:
        return None
    n_links = n_nil = 0
    for doc, answer in zip(run.gold, run.found, strict=True):
        by_range = {(m.start, m.end): m for m in answer.mentions}
        links = [m for m in doc.mentions if m.entity not in (None, NIL)]
        said = [(m.entity, by_range.get((m.start, m.end))) for m in links]
        n_links += len(links)
        n_nil += sum(
            one is not None and one.entity == NIL and entity in {c.entity for c in one.candidates}
            for entity, one in said
        )
    if n_nil < max(1, SHARE * n_links):
        return None
    return Hint(
        n_nil / n_links,
        f"NIL: {n_nil:,} of {number_of(n_links, 'dev links')} were taken for NIL although their "
        "entity is a candidate; training has no NIL. Try [linker] candidate_dropout = 0.1",
    )


def _with_fuzzy(
    gold: Sequence[Document], kb: KnowledgeBase, config: KnowledgeBaseConfig, folder: Path
) -> CandidateRecall | None:
    """What candidates would cover with `fuzzy` at the end of the chain, if that is cheap to see."""
    n_aliases = kb.connection.execute("SELECT count(*) FROM alias").fetchone()[0]
    if "fuzzy" in config.generators or n_aliases > CHEAP:
        return None
    # A copy, since the index would stay in the model's base.
    copy_base(kb.connection, folder / "fuzzy.sqlite")
    config = config.model_copy(update={"candidates": (*config.candidates, "fuzzy")})
    with KnowledgeBase.open(folder / "fuzzy.sqlite", read_only=False) as copy:
        copy.index_fuzzy()
        return reach(gold, copy, candidate_generator(copy, config), config)


def _linking_all(doc: Document) -> Document:
    """An answer in which every mention that has candidates is linked to the best of them."""
    mentions = (
        replace(m, entity=m.candidates[0].entity, link_score=m.candidates[0].score)
        if m.candidates
        else m
        for m in doc.mentions
    )
    return replace(doc, mentions=tuple(mentions))
