"""Twice as many mentions or labels take twice as many steps."""

import pytest

from nerlink import Document, Mention, evaluate
from tests.sources.test_growth import n_steps


def nested(n):
    """Mentions that all end in the same place."""
    mentions = tuple(Mention(start=i, end=n, label="A", entity="Q1") for i in range(n))
    return [Document(text="é" * n, id="a", mentions=mentions)]


def labels(n):
    """A label a document."""
    return [
        Document(
            text="Ada", id=str(i), mentions=(Mention(start=0, end=3, label=f"L{i}", entity="Q"),)
        )
        for i in range(n)
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [nested, labels])
def test_scores_take_steps_that_grow_with_the_mentions(make):
    evaluate(make(4), make(4))  # what is imported once does not count
    one, two = (n_steps(evaluate, make(n), make(n)) for n in (300, 600))
    assert two < 2.3 * one
