import pytest

from nerlink.data import Document, Mention
from nerlink.serving.review.agreement import agreement
from nerlink.serving.review.saves import Save

TEXT = "Paris, Texas and Jordan"


def save(name, reviewer, *mentions, informed=False):
    made = [Mention(start=s, end=e, label=label, entity=entity) for s, e, label, entity in mentions]
    doc = Document(id=name, text=TEXT, mentions=tuple(made))
    return Save(key=name, doc=doc, reviewer=reviewer, time="", is_informed=informed)


PARIS, TEXAS = (0, 5, "LOC", "paris"), (7, 12, "LOC", "texas")
TEXAN = (0, 5, "LOC", "paris-texas")
JORDAN, PLAYER = (17, 23, "LOC", "jordan"), (17, 23, "PER", "player")


def test_two_who_say_the_same_agree():
    saves = [save("a", name, PARIS, PLAYER) for name in ("ada", "bob")]
    (pair,) = agreement(saves).pairs
    assert pair.reviewers == ("ada", "bob")
    assert (pair.documents, pair.same) == (1, 1)
    assert (pair.borders, pair.labels, pair.links, pair.linked) == ((2, 2), (2, 2), (2, 2), (2, 2))
    assert pair.kappa == 1


def test_borders_labels_and_links_are_counted_apart():
    saves = [save("a", "ada", PARIS, TEXAS, JORDAN), save("a", "bob", TEXAN, PLAYER)]
    found = agreement(saves)
    (pair,) = found.pairs
    assert pair.borders == (2, 2.5)
    assert pair.labels == (1, 2)
    assert pair.links == (0, 2)
    assert pair.linked == (0, 2.5)
    assert found.disputed == ("a",)
    # Both say LOC once of two; by chance they would agree on (2 * 1 + 0 * 1) / 4.
    assert pair.kappa == pytest.approx((0.5 - 0.5) / 0.5)
    assert "mentions, F1 of borders      0.800  (2 of 2.5)" in str(found)
    assert "1 document to be decided: a" in str(found)


def test_kappa_says_nothing_of_one_label():
    saves = [save("a", name, PARIS) for name in ("ada", "bob")]
    assert agreement(saves).pairs[0].kappa is None


def test_decisions_are_no_second_opinions():
    saves = [save("a", "ada", PARIS), save("a", "bob", PARIS, informed=True)]
    assert agreement(saves).pairs == ()
    assert "No document was reviewed by two" in str(agreement(saves))


def test_the_last_version_of_each_counts():
    saves = [save("a", "ada", PARIS), save("a", "bob", TEXAN), save("a", "bob", PARIS)]
    assert agreement(saves).pairs[0].links == (1, 1)


def test_several_pairs_are_also_shown_together():
    saves = [save(name, who, PARIS) for name in "ab" for who in ("ada", "bob")]
    saves += [save("c", "ada", PARIS), save("c", "eve", TEXAN)]
    names = [pair.reviewers for pair in agreement(saves).pairs]
    assert names == [("ada", "bob"), ("ada", "eve"), ()]
    assert agreement(saves).pairs[-1].links == (2, 3)
    assert "all pairs: 3 documents, 2 the same" in str(agreement(saves))


def test_what_is_unlinked_on_one_side_is_no_shared_link():
    saves = [save("a", "ada", PARIS), save("a", "bob", (0, 5, "LOC", None))]
    (pair,) = agreement(saves).pairs
    assert pair.links == (0, 0)
    assert pair.linked == (0, 0.5)
    assert pair.borders == (1, 1)
