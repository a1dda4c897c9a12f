import numpy as np
import pytest

from nerlink.evaluation import (
    add_intervals,
    compare,
    comparison_table,
    evaluate,
    evaluate_links,
    intervals,
    intervals_table,
)
from nerlink.evaluation.significance import _chunks
from tests.evaluation.marked import marked


def corpus(right, n=40):
    """The first `right` documents link Rome as gold does, the rest do not."""
    entities = ["Q220" if place < right else "Q1" for place in range(n)]
    return [marked(f"[Rome|LOC|{entity}] fell.") for entity in entities]


GOLD = corpus(40)


def test_interval_surrounds_the_score():
    found = intervals(GOLD, corpus(30))["linking.disambiguation"]
    assert found.value == evaluate(GOLD, corpus(30)).scores["linking.disambiguation"] == 0.75
    # Normal approximation: 0.75 +- 1.96 * sqrt(0.75 * 0.25 / 40).
    assert (found.low, found.high) == pytest.approx((0.616, 0.884), abs=0.03)


@pytest.mark.parametrize("score", [evaluate, evaluate_links])
def test_a_report_is_told_how_sure_its_scores_are(score):
    report = score(GOLD, corpus(30), seen={"Q220": 3})
    more = add_intervals(report, GOLD, corpus(30), seen={"Q220": 3})
    assert more.scores == report.scores
    assert more.tables.keys() - report.tables.keys() == {"intervals"}
    found = intervals(GOLD, corpus(30), seen={"Q220": 3})
    rows = {name: (value, low, high) for name, value, low, high in more.tables["intervals"].rows}
    assert rows == {
        name: (one.value, one.low, one.high) for name, one in found.items() if name in report.scores
    }
    nothing = [marked("Rain.")]
    assert "intervals" not in add_intervals(evaluate(nothing, nothing), nothing, nothing).tables


def test_same_seed_gives_the_same_interval():
    first, again, other = (intervals(GOLD, corpus(30), seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("right", "is_significant"),
    [(30, False), (31, False), (39, True)],
    ids=["same", "close", "far"],
)
def test_only_a_large_difference_is_significant(right, is_significant):
    found = compare(GOLD, corpus(30), corpus(right), n_samples=2000)["linking.inkb.f1"]
    assert (found.p_value < 0.05) is is_significant
    assert found.value == pytest.approx((right - 30) / 40)
    assert found.low <= found.value <= found.high


def test_p_value_is_that_of_the_sign_test():
    # Six documents differ, all in one direction: 2 of 2**6 swaps are as extreme.
    found = compare(GOLD, corpus(30), corpus(36), n_samples=20_000)["linking.disambiguation"]
    assert found.p_value == pytest.approx(2 / 64, abs=0.005)


def test_equal_predictions_do_not_differ():
    assert {d.p_value for d in compare(GOLD, corpus(9), corpus(9), n_samples=50).values()} == {1.0}


def test_nothing_to_measure_gives_no_intervals():
    assert intervals([], []) == {}
    assert compare([marked("Rome")], [marked("Rome")], [marked("Rome")]) == {}


def test_samples_are_drawn_in_pieces_that_fit():
    sizes = list(_chunks(1000, 100_000))
    assert sum(sizes) == 1000
    assert max(sizes) * 100_000 <= 4_000_000


def test_tables_have_a_row_a_measure():
    table = intervals_table(intervals(GOLD, corpus(30), n_samples=10))
    assert ("ner.f1", 1.0, 1.0, 1.0) in table.rows
    rows = comparison_table(compare(GOLD, corpus(30), corpus(39), n_samples=10)).rows
    assert np.isclose({row[0]: row[3] for row in rows}["linking.inkb.f1"], 9 / 40)
