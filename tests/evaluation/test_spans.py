from hypothesis import given
from hypothesis import strategies as st

from nerlink.evaluation.spans import overlaps_any, pair_overlapping
from tests.evaluation import reference
from tests.evaluation.marked import spans

few = st.lists(spans, max_size=4)


@given(few, few)
def test_no_other_way_finds_more_pairs(gold, predicted):
    pairs = pair_overlapping(gold, predicted)
    assert len(pairs) == reference.most_pairs(gold, predicted, reference.touch)
    assert all(reference.touch(gold[g], predicted[p]) for g, p in pairs)
    assert len({g for g, _ in pairs}) == len({p for _, p in pairs}) == len(pairs)


@given(few, few)
def test_overlapping_ranges_share_a_character(some, others):
    expected = {span for span in some if any(reference.touch(span, other) for other in others)}
    assert overlaps_any(some, others) == expected


def test_ranges_that_only_touch_do_not_overlap():
    assert pair_overlapping([(0, 3)], [(3, 5)]) == []
    assert overlaps_any([(0, 3)], [(3, 5)]) == set()
