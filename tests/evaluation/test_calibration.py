import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.data import Document, Mention
from nerlink.evaluation import evaluate
from nerlink.evaluation.calibration import reliability
from tests.evaluation.marked import marked

predictions = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1)


def test_error_is_the_gap_of_each_bin_weighted():
    found = reliability([0.95, 0.95, 0.55], [True, False, True])
    assert found.ece == pytest.approx((2 * 0.45 + 1 * 0.45) / 3)
    assert found.report("links", title="Links").tables["links.reliability"].rows == (
        ("0.5-0.6", 0.55, 1.0, 1),
        ("0.9-1.0", 0.95, 0.5, 2),
    )


@pytest.mark.parametrize(("value", "place"), [(0, 0), (0.1, 1), (0.7, 7), (0.99, 9), (1, 9)])
def test_bins_hold_their_lower_border(value, place):
    assert reliability([value], [True]).counts[place] == 1


@given(predictions)
def test_error_equals_the_slow_one(pairs):
    slow = 0.0
    for low in range(10):
        inside = [p for p in pairs if low / 10 <= p[0] < (low + 1) / 10 or (low, p[0]) == (9, 1)]
        slow += abs(sum(score for score, _ in inside) - sum(right for _, right in inside))
    assert reliability(*zip(*pairs, strict=True)).ece == pytest.approx(slow / len(pairs))


def test_links_count_where_the_gold_link_is_known():
    gold = [marked("[Rome|LOC|Q220] [Turin|LOC] [Rossi|PER|NIL]")]
    mentions = tuple(
        Mention(start=m.start, end=m.end, label="LOC", entity="Q220", link_score=0.8, score=0.9)
        for m in gold[0].mentions
    )
    report = evaluate(gold, [Document(text=gold[0].text, mentions=mentions)])
    assert report.scores["linking.ece"] == pytest.approx(0.3)
    assert report.tables["linking.reliability"].rows == (("0.8-0.9", 0.8, 0.5, 2),)
    assert report.scores["ner.ece"] == pytest.approx(0.9 - 2 / 3)
