import random

import pytest

from nerlink.checks import FindingKind, check
from nerlink.checks.near import SHORTEST, Near
from nerlink.data import Document

WORDS = [f"w{n}" for n in range(5000)]


def text(seed, n=200):
    return random.Random(seed).choices(WORDS, k=n)  # noqa: S311


def changed(words, n):
    """The words with `n` of them, far apart, replaced."""
    step = len(words) // n if n else len(words) + 1
    return [f"new{i}" if i % step == step // 2 else word for i, word in enumerate(words)]


@pytest.mark.parametrize(
    ("n_changed", "is_alike"), [(0, True), (1, True), (2, True), (60, False), (100, False)]
)
def test_texts_with_few_changed_words_are_alike(n_changed, is_alike):
    for seed in range(30):
        near = Near()
        words = text(seed)
        assert near.like(" ".join(words), "first") is None
        found = near.like(" ".join(changed(words, n_changed)), "second")
        assert found == ("first" if is_alike else None)


def test_a_text_among_thousands_is_found():
    near = Near()
    assert [near.like(" ".join(text(seed)), seed) for seed in range(2000)] == [None] * 2000
    assert near.like("  ".join(changed(text(1234), 2)).upper(), "new") == 1234


def test_short_texts_are_never_nearly_the_same():
    near = Near()
    short = text(0, SHORTEST - 1)
    assert near.like(" ".join(short), 1) is None
    assert near.like(" ".join(short), 2) is None


def test_texts_of_one_phrase_do_not_hide_each_other_for_long():
    near = Near()
    words = ["copyright", "notice", "here"] * 50
    assert near.like(" ".join(words), 1) is None
    assert near.like(" ".join(words), 2) == 1


def test_near_copies_are_told_from_copies_by_the_check():
    words = text(0)
    first = Document(text=" ".join(words), id="first")
    update = Document(text=" ".join(changed(words, 2)), id="update")
    report = check([first, update], dev=[update])
    kinds = {found.kind: found.examples[0].note for found in report.findings}
    assert kinds[FindingKind.NEAR] == "like first of train"
    assert kinds[FindingKind.LEAK] == "as update of train"
    (leak,) = [f for f in check([first], dev=[update]).findings if f.kind is FindingKind.NEAR_LEAK]
    assert (leak.count, leak.examples[0].note) == (1, "like first of train")
