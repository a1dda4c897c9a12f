from dataclasses import replace

import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import write
from nerlink.sources.tokens.comparison import gold_beside_predicted

GOLD = Document(
    id="a",
    text="Ada Byron met\nBea",
    tokens=((0, 3), (4, 9), (10, 13), (14, 17)),
    sentences=((0, 13), (14, 17)),
    mentions=(Mention(start=0, end=9, label="PER", entity="Q1"),),
    meta={"token_columns": {"pos": ["NNP", "NNP", "VBD", "NNP"]}},
)


def predicted(*mentions):
    return replace(GOLD, tokens=None, sentences=None, meta={}, mentions=mentions)


def lines(tmp_path, gold, prediction, columns):
    docs = gold_beside_predicted([gold], [prediction])
    write(docs, tmp_path / "a.conll", columns=columns, plain=True)
    return (tmp_path / "a.conll").read_text().splitlines()[2:]


def test_tags_stand_side_by_side_on_the_gold_tokens(tmp_path):
    found = predicted(Mention(start=0, end=3, label="PER"), Mention(start=14, end=17, label="PER"))
    assert lines(tmp_path, GOLD, found, ["token", "pos", "ner", "predicted"]) == [
        *("Ada\tNNP\tB-PER\tB-PER", "Byron\tNNP\tI-PER\tO", "met\tVBD\tO\tO", ""),
        *("Bea\tNNP\tO\tB-PER", ""),
    ]


def test_entities_can_be_compared_too(tmp_path):
    found = predicted(Mention(start=0, end=9, label="PER", entity="Q2"))
    columns = ["token", "nel", "predicted_nel"]
    assert lines(tmp_path, GOLD, found, columns)[:2] == ["Ada\tB-Q1\tB-Q2", "Byron\tI-Q1\tI-Q2"]


def test_tokens_are_cut_where_a_mention_of_either_side_ends(tmp_path):
    found = predicted(Mention(start=5, end=9, label="LOC"))
    assert lines(tmp_path, GOLD, found, ["token", "ner", "predicted"])[:4] == [
        *("Ada\tB-PER\tO", "B\tI-PER\tO", "yron\tI-PER\tB-LOC", "met\tO\tO")
    ]
    (doc,) = gold_beside_predicted([GOLD], [found])
    assert "pos" not in doc.meta["token_columns"], "a column of the tokens as they were"


def test_text_without_tokens_is_cut_into_words(tmp_path):
    gold = replace(GOLD, tokens=None, sentences=None, meta={})
    assert lines(tmp_path, gold, predicted(), ["token", "ner", "predicted"])[:3] == [
        *("Ada\tB-PER\tO", "Byron\tI-PER\tO", "met\tO\tO")
    ]


@pytest.mark.parametrize(
    "others", [[], [Document(text="Another.")]], ids=["missing", "another text"]
)
def test_other_documents_are_refused(others):
    with pytest.raises(DataError, match="document a: the predicted document is missing or has"):
        list(gold_beside_predicted([GOLD], others))
