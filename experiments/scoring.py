"""Score a trained model on the splits of its configuration, and write what it said beside it.

labels.txt                 the labels it finds, one a line
predictions/SPLIT.jsonl    the documents with its mentions and links
predictions/SPLIT.conll    tokens with gold and predicted tags, as conlleval reads them
predictions/SPLIT.txt      the scores label by label and tag by tag
"""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from nerlink import Document, Pipeline, evaluate
from nerlink.config import Config
from nerlink.corpora.entries import read_entries
from nerlink.evaluation import Report, count_entities, evaluate_links
from nerlink.sources import gold_beside_predicted, write

SPLITS = ("dev", "test")
LINKS = r"linking\.inkb\..+|linking\.(nil|withnil)\.f1"
FOUND = (
    r"ner\.(f1|precision|recall|ece)|ner\.f1\.(?!macro|weighted).+|tokens\.accuracy"
    rf"|mentions\.f1|linking\.weak\.withnil\.f1|{LINKS}"
)
"""Measures of mentions and links that the model found."""

GIVEN = r"linking\.(disambiguation|ranking|unseen|ece)|candidates\.recall"
"""Measures of links on gold mentions."""

ALL_GIVEN = rf"{GIVEN}|{LINKS}"
"""The same of a model that finds no mentions of its own: all its links are of gold ones."""

COLUMNS = {"nel": ["nel", "predicted_nel"], "ner": ["ner", "predicted"]}
"""Gold and predicted tags by task; conlleval compares the last two columns."""


class Outcome(NamedTuple):
    """What a model said of a split.

    Args:
        predicted: The documents with its mentions, or with its links where it finds none.
        reports: Of the mentions it found, of the links it gave to gold mentions.
        seconds: How long the documents took.
    """

    predicted: list[Document]
    reports: list[tuple[Report, str]]
    seconds: float


def score(config: Config, folder: Path) -> dict[str, object]:
    """Scores of a model on each split, and the seconds it takes to tag the first of them."""
    # All candidates come back, not the first few, so that their recall is that of the lists.
    pipeline = Pipeline.load(folder, device=config.training.device, top_k=config.kb.max_candidates)
    (folder / "labels.txt").write_text(
        "".join(f"{label}\n" for label in pipeline.info()["labels"]), encoding="utf8"
    )
    seen = seen_entities(config)
    scores: dict[str, dict[str, float]] = {}
    seconds: list[float] = []
    for split in SPLITS:
        gold = documents(config, split)
        if gold:
            outcome = tag(config, pipeline, gold, seen)
            scores[split] = {
                name: value
                for report, wanted in outcome.reports
                for name, value in report.scores.items()
                if re.fullmatch(wanted, name)
            }
            seconds.append(outcome.seconds)
            write_predictions(config, folder / "predictions", split, gold, outcome)
    return {"scores": scores, "tag": seconds[0] if seconds else 0.0}


def tag(
    config: Config, pipeline: Pipeline, gold: Sequence[Document], seen: Counter[str]
) -> Outcome:
    """Find mentions, and link the gold ones, as far as the model does either."""
    predicted: list[Document] = []
    reports = []
    start = time.monotonic()
    seconds = None
    if "ner" in config.tasks:
        predicted = pipeline(gold)
        seconds = time.monotonic() - start
        reports.append((evaluate(gold, predicted, seen=seen), FOUND))
    if "nel" in config.tasks:
        linked = pipeline.link_only(map(bare, gold))
        seconds = seconds or time.monotonic() - start
        wanted = GIVEN if "ner" in config.tasks else ALL_GIVEN
        reports.append((evaluate_links(gold, linked, seen=seen), wanted))
        predicted = predicted or linked
    return Outcome(predicted, reports, seconds or 0.0)


def write_predictions(
    config: Config, folder: Path, split: str, gold: Sequence[Document], outcome: Outcome
) -> None:
    """The files that the head of this module lists."""
    folder.mkdir(exist_ok=True)
    write(outcome.predicted, folder / f"{split}.jsonl")
    columns = [
        "token",
        *(c for task, pair in COLUMNS.items() if task in config.tasks for c in pair),
    ]
    beside = gold_beside_predicted(gold, outcome.predicted)
    write(beside, folder / f"{split}.conll", columns=columns, plain=True)
    titles = {FOUND: "As found", GIVEN: "On gold mentions", ALL_GIVEN: "On gold mentions"}
    parts = [f"{titles[wanted]}\n\n{report}" for report, wanted in outcome.reports]
    (folder / f"{split}.txt").write_text("\n\n".join(parts) + "\n", encoding="utf8")


def documents(config: Config, split: str) -> list[Document]:
    """The documents of a split of all entries of a configuration; none where there is none."""
    return [doc for docs, _ in read_entries(config.data, split) for doc in docs]


def seen_entities(config: Config) -> Counter[str]:
    """How often training links to each entity."""
    return count_entities(documents(config, "train"))


def bare(doc: Document) -> Document:
    """The document with its mentions' borders and labels, and no links to look at."""
    return replace(doc, mentions=tuple(replace(m, entity=None) for m in doc.mentions), meta={})
