import pytest

from nerlink.data import Document
from nerlink.evaluation import Report
from nerlink.evaluation.matching import Pair
from nerlink.evaluation.tokens import score_tokens, token_tags, tokens_of
from tests.evaluation.marked import marked


def pair(gold, predicted):
    return Pair(name="a", gold=gold, predicted=predicted)


def test_given_tokens_are_kept():
    gold = Document(text="in Rome", tokens=((0, 2), (3, 7)))
    assert tokens_of(pair(gold, marked("in Rome"))) == [(0, 2), (3, 7)]


def test_words_are_cut_at_mentions():
    found = tokens_of(pair(marked("[東京|LOC]都へ。"), marked("[東京都|LOC]へ。")))
    assert found == [(0, 2), (2, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize(
    ("mentions", "tags"),
    [
        ([(0, 5, "PER")], ["B-PER", "I-PER", "O"]),
        ([(1, 2, "PER")], ["B-PER", "O", "O"]),
        ([(0, 2, "PER"), (3, 5, "PER")], ["B-PER", "B-PER", "O"]),
        ([(0, 8, "ORG"), (3, 5, "LOC")], ["B-ORG", "I-ORG", "I-ORG"]),
        ([(0, 5, "ORG"), (3, 8, "LOC")], ["B-ORG", "I-ORG", "B-LOC"]),
    ],
    ids=["two tokens", "part of a token", "neighbours", "nested", "crossing"],
)
def test_tokens_take_the_tag_of_the_first_mention(mentions, tags):
    assert token_tags([(0, 2), (3, 5), (6, 8)], mentions) == tags


def test_each_tag_is_counted():
    gold = marked("[Ada Lovelace|PER] saw Rome")
    report = score_tokens([pair(gold, marked("[Ada|PER] Lovelace saw [Rome|LOC]"))])
    assert report.scores == {"tokens.accuracy": 0.5, "tokens.f1": 0.5}
    assert report.tables["tokens"].rows == (
        ("B-LOC", 0.0, 0.0, 0.0, 0),
        ("B-PER", 1.0, 1.0, 1.0, 1),
        ("I-PER", 0.0, 0.0, 0.0, 1),
        ("O", 0.5, 0.5, 0.5, 2),
        ("all but O", 0.5, 0.5, 0.5, 2),
    )


def test_nothing_to_measure_is_an_empty_report():
    assert score_tokens([pair(marked("Rome"), marked("[Rome|LOC]"))]) == Report(scores={})
