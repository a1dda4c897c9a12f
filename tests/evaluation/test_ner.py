from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from nerlink.evaluation.ner import tags_of
from tests.evaluation.marked import ranges

labelled = st.frozensets(
    st.tuples(ranges, st.sampled_from(["PER", "LOC"])).map(lambda m: (*m[0], m[1])), max_size=6
)


def test_a_mention_has_one_place_on_both_sides_whatever_overlaps_it():
    gold, predicted = {(0, 12, "PER"), (4, 12, "PER")}, {(4, 12, "PER"), (4, 12, "LOC")}
    assert tags_of(gold, predicted) == (["B-PER", "O", "B-PER"], ["O", "B-LOC", "B-PER"])


@given(labelled, labelled)
def test_tags_match_exactly_where_mentions_do(gold, predicted):
    right, said = (set(get_entities(tags)) for tags in tags_of(gold, predicted))
    found = len(right), len(said), len(right & said)
    assert found == (len(gold), len(predicted), len(gold & predicted))
