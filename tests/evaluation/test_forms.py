import logging
from dataclasses import replace

import pytest

from nerlink.data import Document, Mention
from nerlink.evaluation import add_intervals, compare, evaluate, find_mistakes
from tests.evaluation.marked import marked

GOLD = marked("[Ada|PER|Q7] met [Bob|PER|NIL] in [Rome|LOC|Q220].")


def messages(caplog):
    found = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return found


def test_white_space_at_the_edges_of_mentions_is_no_wrong_border(caplog):
    wide = marked("[Ada |PER|Q7]met[ Bob |PER|NIL]in [Rome|LOC|Q220].")
    for gold, predicted in ((GOLD, wide), (wide, GOLD)):
        report = evaluate([gold], [predicted])
        assert report.scores["ner.f1"] == report.scores["linking.withnil.f1"] == 1
        assert find_mistakes([gold], [predicted]) == []
    assert "predicted documents: white space trimmed at the edges of 2 mentions" in caplog.text
    assert "gold documents: white space trimmed at the edges of 2 mentions" in caplog.text


def test_a_mention_of_white_space_alone_is_left_out_and_said(caplog):
    blank = replace(GOLD, mentions=(*GOLD.mentions, Mention(start=3, end=4, label="PER")))
    assert evaluate([GOLD], [blank]).scores["mentions.f1"] == 1
    assert messages(caplog) == [
        "predicted documents: 1 mention of white space alone left out, as training does."
    ]


def test_another_spelling_of_nil_is_nil_and_said(caplog):
    other = marked("[Ada|PER|Q7] met [Bob|PER|--NME--] in [Rome|LOC|Q220].")
    assert evaluate([GOLD], [other]).scores["linking.nil.f1"] == 1
    assert evaluate([other], [GOLD]).scores["linking.inkb.f1"] == 1
    assert messages(caplog) == [
        f"{side} documents: 1 link in another spelling of NIL, such as '--NME--', counted as NIL."
        for side in ("predicted", "gold")
    ]


def test_what_is_changed_is_said_once_a_call(caplog):
    caplog.set_level(logging.WARNING)
    wide = marked("[Ada |PER|Q7]met [Bob|PER|NIL] in [Rome|LOC|Q220].")
    report = evaluate([wide], [GOLD])
    add_intervals(report, [wide], [GOLD])
    assert len(messages(caplog)) == 1
    compare([wide], [GOLD], [GOLD])
    assert len(messages(caplog)) == 1


def test_documents_in_one_form_are_left_alone(caplog):
    assert evaluate([GOLD], [GOLD]).scores["linking.withnil.f1"] == 1
    assert evaluate([Document(text="")], [Document(text="")]).scores == {}
    assert messages(caplog) == []


def renamed(doc, **names):
    mentions = [replace(m, label=names.get(m.label, m.label)) for m in doc.mentions]
    return replace(doc, mentions=tuple(mentions))


@pytest.mark.parametrize("label", ["per", "B-PER", "PERS"])
def test_a_label_that_looks_like_one_of_gold_is_named(caplog, label):
    evaluate([GOLD], [renamed(GOLD, PER=label)])
    assert messages(caplog) == [
        f"labels of gold and predicted documents that differ: 'PER' and {label!r}."
    ]


def test_a_label_in_two_spellings_on_one_side_is_named(caplog):
    both = renamed(GOLD, LOC="per")
    for gold, predicted in ((GOLD, both), (both, GOLD)):
        evaluate([gold], [predicted])
        (message,) = messages(caplog)
        assert "'PER'" in message
        assert "'per'" in message


def test_sides_without_a_common_label_are_said(caplog):
    evaluate([GOLD], [renamed(GOLD, PER="human", LOC="city")])
    (message,) = messages(caplog)
    assert "no label in common" in message
    assert "'LOC', 'PER' in gold, 'city', 'human' in predicted" in message


def test_sides_that_share_labels_may_have_others(caplog):
    evaluate([GOLD], [renamed(GOLD, LOC="DATE")])
    evaluate([renamed(GOLD, PER="PERSON", LOC="GPE")], [GOLD.__class__(text=GOLD.text)])
    assert messages(caplog) == []


@pytest.mark.parametrize(
    ("ada", "rome", "advice"),
    [
        ("http://www.wikidata.org/entity/Q7", "wd:Q220", "Write ids in one form."),
        ("Ada", "Rome", "Check that both use the ids of one base."),
    ],
)
def test_sides_without_a_common_entity_are_said(caplog, ada, rome, advice):
    other = marked(f"[Ada|PER|{ada}] met [Bob|PER|NIL] in [Rome|LOC|{rome}].")
    evaluate([GOLD], [other])
    (message,) = messages(caplog)
    assert "no entity id in common" in message
    assert message.endswith(advice)
    assert ada in message
