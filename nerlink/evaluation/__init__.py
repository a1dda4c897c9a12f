"""Scores of predicted documents against gold ones, from plain data alone."""

from nerlink.evaluation.breakdown import count_entities
from nerlink.evaluation.measures import evaluate, evaluate_links
from nerlink.evaluation.mistakes import Mistake, MistakeKind, find_mistakes, mistakes_table
from nerlink.evaluation.report import Report, Table
from nerlink.evaluation.several import any_right
from nerlink.evaluation.significance import (
    Difference,
    Interval,
    add_intervals,
    compare,
    comparison_table,
    intervals,
    intervals_table,
)

__all__ = [
    "Difference",
    "Interval",
    "Mistake",
    "MistakeKind",
    "Report",
    "Table",
    "add_intervals",
    "any_right",
    "compare",
    "comparison_table",
    "count_entities",
    "evaluate",
    "evaluate_links",
    "find_mistakes",
    "intervals",
    "intervals_table",
    "mistakes_table",
]
