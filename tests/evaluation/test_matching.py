import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.evaluation.matching import match_documents, overlaps_any, pair_overlapping
from tests.evaluation import reference
from tests.evaluation.marked import ranges


def docs(*pairs):
    return [Document(id=name, text=text) for name, text in pairs]


def test_documents_are_matched_by_id_in_gold_order():
    pairs = match_documents(docs(("a", "1"), ("b", "2")), docs(("b", "2"), ("a", "1")))
    assert [(pair.name, pair.predicted.text) for pair in pairs] == [("a", "1"), ("b", "2")]


def test_documents_without_ids_are_matched_by_order():
    pairs = match_documents(docs((None, "1"), ("b", "2")), docs((None, "1"), (None, "2")))
    assert [pair.name for pair in pairs] == ["document 1", "b"]


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([("a", "x"), ("b", "x")], [("a", "x")], "No prediction for 'b'"),
        ([("a", "x")], [("a", "x"), ("c", "x")], "No gold document for the predicted 'c'"),
        ([("a", "x"), ("a", "x")], [("a", "x")], "gold documents hold 'a' more than once"),
        ([("a", "x")], [("a", "x"), ("a", "x")], "predicted documents hold 'a' more than once"),
        ([("a", "one two")], [("a", "one too")], r"a: .* differ from character 5 .*'wo' and 'oo'"),
        ([("a", "one")], [("a", "one ")], r"differ from character 3"),
        ([(None, "x")], [(None, "x"), (None, "y")], "1 gold document and 2 predicted"),
        ([("a", "x"), (None, "y")], [("b", "x"), (None, "y")], "'a' stands beside .* 'b'"),
    ],
    ids=[
        "missing",
        "unknown",
        "gold twice",
        "predicted twice",
        "text",
        "longer",
        "number",
        "mixed",
    ],
)
def test_documents_that_do_not_match_are_refused(gold, predicted, message):
    with pytest.raises(DataError, match=message):
        match_documents(docs(*gold), docs(*predicted))


def test_many_missing_documents_are_counted_not_listed():
    with pytest.raises(DataError, match="'0', '1', '2' and 7 more"):
        match_documents(docs(*[(str(n), "x") for n in range(10)]), [])


few = st.lists(ranges, max_size=4)


@given(few, few)
def test_no_other_way_finds_more_pairs(gold, predicted):
    pairs = pair_overlapping(gold, predicted)
    assert len(pairs) == reference.most_pairs(gold, predicted, reference.touch)
    assert all(reference.touch(gold[g], predicted[p]) for g, p in pairs)
    assert len({g for g, _ in pairs}) == len({p for _, p in pairs}) == len(pairs)


@given(few, few)
def test_overlapping_ranges_share_a_character(some, others):
    expected = {place for place in some if any(reference.touch(place, other) for other in others)}
    assert overlaps_any(some, others) == expected


def test_ranges_that_only_touch_do_not_overlap():
    assert pair_overlapping([(0, 3)], [(3, 5)]) == []
    assert overlaps_any([(0, 3)], [(3, 5)]) == set()
