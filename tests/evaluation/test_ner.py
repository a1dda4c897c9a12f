from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from nerlink.data import Document, Mention
from nerlink.evaluation.matching import match_documents
from nerlink.evaluation.ner import score_ner
from tests.evaluation.marked import marked


def strict(gold, predicted):
    return score_ner(match_documents([gold], [predicted])).scores


@pytest.mark.parametrize(
    ("gold", "predicted", "f1"),
    [
        ("[Ada Lovelace|PER] sang", "Ada [Lovelace|PER] sang", 0.0),
        ("[ab|PER][cd|PER]", "[ab|PER][cd|PER]", 1.0),
        ("[ab|PER][cd|PER]", "[abcd|PER]", 0.0),
    ],
    ids=["other borders", "neighbours", "neighbours as one"],
)
def test_match_needs_both_borders(gold, predicted, f1):
    assert strict(marked(gold), marked(predicted))["ner.f1"] == f1


def test_nested_mentions_all_count():
    nested = [Mention(start=0, end=9, label="ORG"), Mention(start=4, end=9, label="LOC")]
    gold = Document(text="FC London", mentions=tuple(nested))
    assert strict(gold, gold)["ner.f1"] == 1.0
    found = Document(text=gold.text, mentions=(nested[0],))
    assert (strict(gold, found)["ner.precision"], strict(gold, found)["ner.recall"]) == (1.0, 0.5)


spans = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ABCDEFGHIJ")), max_size=6)
"""Lengths of mentions that stand side by side, and their labels; nothing for the length 0."""


def tags_and_document(lengths):
    """The mentions as BIO tags of 18 tokens of one character, and as a document."""
    parts = [[f"B-{label}"] + [f"I-{label}"] * (n - 1) if n else ["O"] for n, label in lengths]
    ends = [sum(map(len, parts[: n + 1])) for n in range(len(parts))]
    mentions = [
        Mention(start=end - n, end=end, label=label)
        for (n, label), end in zip(lengths, ends, strict=True)
        if n
    ]
    tags = list(chain(*parts))
    return tags + ["O"] * (18 - len(tags)), Document(text="x" * 18, mentions=tuple(mentions))


@settings(deadline=None)
@given(st.lists(st.tuples(spans, spans), min_size=1, max_size=3))
def test_scores_equal_those_of_seqeval(pairs):
    gold, documents = zip(*(tags_and_document(side) for side, _ in pairs), strict=True)
    said, predicted = zip(*(tags_and_document(side) for _, side in pairs), strict=True)
    report = score_ner(match_documents(documents, predicted))
    if not any(doc.mentions for doc in documents):
        assert report.scores == {}
        return
    wanted = classification_report(
        list(gold), list(said), mode="strict", scheme=IOB2, output_dict=True, zero_division=0
    )
    found = {name: numbers for name, *numbers in report.tables["ner"].rows}
    assert found == {name: [*map(float, row.values())] for name, row in wanted.items()}
