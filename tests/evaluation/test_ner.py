from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from nerlink.evaluation.ner import tag_layers
from tests.evaluation.marked import ranges

labelled = st.frozensets(
    st.tuples(ranges, st.sampled_from(["PER", "LOC"])).map(lambda m: (*m[0], m[1])), max_size=6
)


def test_text_is_cut_at_all_borders():
    gold, predicted = {(0, 12, "PER")}, {(4, 12, "PER")}
    assert list(tag_layers(gold, predicted)) == [(["B-PER", "I-PER"], ["O", "B-PER"])]


def test_overlapping_mentions_get_a_sequence_each():
    nested = {(0, 9, "ORG"), (4, 9, "LOC")}
    assert list(tag_layers(nested, nested)) == [
        (["B-ORG", "I-ORG"], ["B-ORG", "I-ORG"]),
        (["O", "B-LOC"], ["O", "B-LOC"]),
    ]


def test_neighbours_with_one_label_stay_two():
    ((gold, _),) = tag_layers({(0, 2, "PER"), (2, 4, "PER")}, set())
    assert gold == ["B-PER", "B-PER"]


@given(labelled, labelled)
def test_tags_match_exactly_where_mentions_do(gold, predicted):
    n_gold = n_predicted = n_both = 0
    for gold_tags, predicted_tags in tag_layers(gold, predicted):
        right, said = set(get_entities(gold_tags)), set(get_entities(predicted_tags))
        n_gold, n_predicted = n_gold + len(right), n_predicted + len(said)
        n_both += len(right & said)
    assert (n_gold, n_predicted, n_both) == (len(gold), len(predicted), len(gold & predicted))
