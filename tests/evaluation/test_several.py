from dataclasses import replace

import pytest

from nerlink.data import Candidate
from nerlink.errors import DataError
from nerlink.evaluation import any_right, evaluate
from tests.evaluation.marked import marked


def several(entity, predicted):
    """A gold document whose last link has several right entities, settled against a prediction."""
    plain = marked(predicted)
    gold = replace(plain, mentions=(replace(plain.mentions[0], start=7, end=11, entity=entity),))
    (settled,) = any_right([gold], [plain], separator="|")
    return settled.mentions[0].entity, evaluate([settled], [plain]).scores


@pytest.mark.parametrize("said", ["Q1", "Q2"])
def test_any_of_the_right_entities_is_right(said):
    entity, scores = several("Q1|Q2", f"He saw [Rome|LOC|{said}].")
    assert (entity, scores["linking.inkb.f1"]) == (said, 1)


def test_another_entity_is_wrong():
    entity, scores = several("Q1|Q2", "He saw [Rome|LOC|Q3].")
    assert (entity, scores["linking.inkb.f1"]) == ("Q1", 0)


def test_nil_may_be_one_of_the_right_ones():
    assert several("Q1|NIL", "He saw [Rome|LOC|NIL].")[0] == "NIL"


def test_a_mention_that_overlaps_is_right_in_weak_scores():
    entity, scores = several("Q1|Q2", "He [saw Rome|LOC|Q2].")
    assert (entity, scores["linking.weak.f1"], scores["linking.inkb.f1"]) == ("Q2", 1, 0)


def test_a_candidate_may_be_any_of_the_right_ones():
    doc = marked("He saw [Rome|LOC|Q3].")
    (mention,) = doc.mentions
    listed = (Candidate(entity="Q3"), Candidate(entity="Q2"))
    predicted = replace(doc, mentions=(replace(mention, candidates=listed),))
    gold = replace(doc, mentions=(replace(mention, entity="Q1|Q2"),))
    settled = any_right([gold], [predicted], separator="|")
    assert evaluate(settled, [predicted]).scores["candidates.recall"] == 1


def test_links_stay_as_they_are_without_a_separator_in_them():
    doc = marked("He saw [Rome|LOC|Q3].")
    assert any_right([doc], [doc], separator="|") == [doc]


def test_white_space_at_the_edges_is_left_for_the_scores_to_tell(caplog):
    gold, predicted = marked("He saw[ Rome|LOC|Q1]."), marked("He saw [Rome|LOC|Q2].")
    mentions = tuple(replace(mention, entity="Q1|Q2") for mention in gold.mentions)
    settled = any_right([replace(gold, mentions=mentions)], [predicted], separator="|")
    assert evaluate(settled, [predicted]).scores["linking.inkb.f1"] == 1
    assert caplog.text.count("trimmed at the edges of 1 mention") == 1


def test_a_separator_is_needed():
    with pytest.raises(DataError, match="separator"):
        any_right([], [], separator="")
