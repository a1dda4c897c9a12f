import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.errors import DataError
from nerlink.evaluation import Report, evaluate, evaluate_links
from nerlink.evaluation.matching import match_documents
from nerlink.evaluation.measures import all_ratios
from tests.evaluation import reference
from tests.evaluation.marked import corpora, marked

GOLD = [
    marked("[Ada Lovelace|PER|Q7] met [Babbage|PER|Q9] in [London|LOC|Q84].", id="a"),
    marked("[Rossi|PER|NIL] left [Turin|LOC|Q495] for [Acme|ORG].", id="b"),
]
PREDICTED = [
    marked("[Ada Lovelace|PER|Q7] met [Babbage|ORG|Q1] in London.", id="a"),
    marked("[Rossi|PER|Q8] left [Turin|LOC|Q495] for [Acme|ORG|Q3].", id="b"),
]


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        # Right borders and labels: Ada, Rossi, Turin, Acme, of 5 predicted and 6 gold.
        ("ner.precision", 4 / 5),
        ("ner.recall", 4 / 6),
        ("ner.f1", 8 / 11),
        ("ner.f1.PER", 4 / 5),
        ("ner.f1.LOC", 2 / 3),
        # ORG: one right, two predicted, one gold.
        ("ner.f1.ORG", 2 / 3),
        ("ner.macro.precision", (1 + 1 + 1 / 2) / 3),
        ("mentions.f1", 10 / 11),
        # Links: Ada and Turin right; Babbage and Rossi wrong; Acme's is not annotated.
        ("linking.inkb.precision", 2 / 4),
        ("linking.inkb.recall", 2 / 4),
        ("linking.inkb.f1", 2 / 4),
        ("linking.macro.precision", (1 / 2 + 1 / 2) / 2),
        ("linking.macro.recall", (1 / 3 + 1) / 2),
        ("linking.withnil.recall", 2 / 5),
        ("linking.nil.recall", 0.0),
        ("linking.disambiguation", 2 / 3),
        ("linking.disambiguation.PER", 1 / 2),
        # Babbage and Turin are not in the counts below.
        ("linking.unseen", 1 / 2),
    ],
)
def test_measures_of_a_small_example(measure, value):
    report = evaluate(GOLD, PREDICTED, seen={"Q7": 3, "Q84": 1})
    assert report.scores[measure] == pytest.approx(value)


def test_weak_match_needs_the_entity_and_a_common_character():
    gold = [marked("[New York City|LOC|Q60] and [York|LOC|Q42]")]
    predicted = [marked("New [York|LOC|Q60] City and [York|LOC|Q60]")]
    scores = evaluate(gold, predicted).scores
    assert (scores["linking.inkb.f1"], scores["linking.weak.f1"]) == (0.0, 0.5)


def test_entity_predicted_for_gold_nil_costs_precision_only():
    gold = [marked("[Rome|LOC|Q220] [Rossi|PER|NIL]")]
    scores = evaluate(gold, [marked("[Rome|LOC|Q220] [Rossi|PER|Q1]")]).scores
    assert scores["linking.inkb.precision"] == 0.5
    assert scores["linking.inkb.recall"] == 1.0


@pytest.mark.parametrize("entity", ["", "|Q1", "|NIL"], ids=["unlinked", "entity", "nil"])
def test_unannotated_mention_neither_rewards_nor_punishes(entity):
    gold = [marked("[Rome|LOC|Q220] [Rossi|PER]")]
    scores = evaluate(gold, [marked(f"[Rome|LOC|Q220] [Rossi|PER{entity}]")]).scores
    assert scores["linking.inkb.f1"] == scores["linking.withnil.f1"] == 1.0


def test_candidate_recall_asks_whether_the_entity_is_listed():
    gold = [marked("[Rome|LOC|Q220] [Paris|LOC|Q90]")]
    listed = [("Q220", "Q5"), ("Q5",)]
    mentions = tuple(
        Mention(start=m.start, end=m.end, candidates=tuple(Candidate(entity=c) for c in names))
        for m, names in zip(gold[0].mentions, listed, strict=True)
    )
    report = evaluate(gold, [Document(text=gold[0].text, mentions=mentions)])
    assert report.scores["candidates.recall"] == 0.5


def test_ranking_asks_for_the_best_candidate_whatever_nil_weighs():
    gold = [marked("[Rome|LOC|Q220] [Paris|LOC|Q90] [Oslo|LOC|Q585]")]
    listed = [("NIL", "Q220", "Q5"), ("Q5", "Q90"), ()]
    mentions = tuple(
        replace(m, entity=NIL, candidates=tuple(Candidate(entity=c) for c in names))
        for m, names in zip(gold[0].mentions, listed, strict=True)
    )
    scores = evaluate(gold, [Document(text=gold[0].text, mentions=mentions)]).scores
    assert scores["linking.ranking"] == pytest.approx(1 / 3)
    assert scores["linking.disambiguation"] == 0


def test_without_candidates_there_is_no_ranking():
    assert "linking.ranking" not in evaluate(GOLD, PREDICTED).scores


def test_measures_without_gold_are_absent():
    only_types = [marked("[Rome|LOC]")]
    scores = evaluate(only_types, [marked("[Rome|LOC|Q220]")]).scores
    assert not [name for name in scores if name.startswith(("linking", "candidates"))]
    assert scores["ner.f1"] == 1.0
    assert evaluate([marked("Rome")], [marked("[Rome|LOC|Q1]")]).scores == {}
    assert evaluate([], []).scores == {}


def test_gold_without_labels_has_no_ner_measures():
    scores = evaluate([marked("[Rome||Q220]")], [marked("[Rome|LOC|Q220]")]).scores
    assert not [name for name in scores if name.startswith(("ner", "tokens"))]
    assert scores["linking.inkb.f1"] == scores["mentions.f1"] == 1.0


def test_report_survives_json():
    report = evaluate(GOLD, PREDICTED, seen={})
    assert Report.from_dict(json.loads(report.to_json())) == report


def test_linking_given_mentions_scores_links_alone():
    scores = evaluate_links(
        GOLD[:1], [marked("[Ada Lovelace||Q7] met [Babbage||Q1] in [London||NIL].")]
    )
    assert scores.scores["linking.disambiguation"] == pytest.approx(1 / 3)
    assert not [name for name in scores.scores if name.startswith(("ner", "mentions"))]


def test_linking_given_mentions_wants_them_all():
    with pytest.raises(
        DataError, match=r"a: the prediction lacks the gold mention 'London' at 28-34"
    ):
        evaluate_links(GOLD, PREDICTED)


def measured(scores, group):
    return tuple(scores[f"{group}.{name}"] for name in ("precision", "recall", "f1"))


@settings(max_examples=150, deadline=None)
@given(corpora)
def test_measures_equal_the_slow_ones(pairs):
    seen = {"e1": 4}
    report = evaluate([g for g, _ in pairs], [p for _, p in pairs], seen=seen)
    links = [reference.link_sets(*pair) for pair in pairs]
    in_kb = reference.entities_only(links)
    wanted = {"ner": [reference.ner_sets(*pair) for pair in pairs], "linking.inkb": in_kb}
    wanted |= {"linking.withnil": links, "linking.nil": reference.nil_only(links)}
    for group, sets in wanted.items():
        check(report, group, sets, reference.micro(sets))
    check(report, "linking.weak", in_kb, reference.micro(in_kb, reference.same_entity_and_touching))
    weak_links = reference.micro(links, reference.same_entity_and_touching)
    check(report, "linking.weak.withnil", links, weak_links)
    if any(gold for gold, _ in in_kb):
        check(report, "linking.macro", in_kb, reference.by_document(in_kb))
    assert report.scores.get("linking.disambiguation") == reference.accuracy(pairs)
    unseen = reference.accuracy(pairs, lambda mention: mention.entity not in seen)
    assert report.scores.get("linking.unseen") == unseen


def check(report, group, sets, value):
    if any(gold for gold, _ in sets):
        assert measured(report.scores, group) == pytest.approx(value)
    else:
        assert f"{group}.f1" not in report.scores


@settings(max_examples=60, deadline=None)
@given(corpora)
def test_sums_over_documents_give_the_reported_scores(pairs):
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    scores = evaluate(gold, predicted).scores
    for name, ratio in all_ratios(match_documents(gold, predicted)).items():
        assert ratio.value == pytest.approx(scores[name])


@settings(max_examples=60, deadline=None)
@given(corpora)
def test_gold_against_itself_is_perfect(pairs):
    gold = [g for g, _ in pairs]
    scores = evaluate(gold, gold).scores
    imperfect = {"linking.ece", "ner.ece", "candidates.recall", "linking.ranking"}
    assert all(value == 1.0 for name, value in scores.items() if name not in imperfect)


def test_nil_is_no_candidate_and_no_entity():
    gold = [marked("[Rossi|PER|NIL]")]
    scores = evaluate(gold, gold).scores
    assert scores["linking.nil.f1"] == 1.0
    assert "linking.inkb.f1" not in scores
    assert NIL not in scores
