import pytest

from nerlink.data import Document, Mention
from nerlink.serving.refusals import Conflict, NotFound
from nerlink.serving.review.desk import Desk
from nerlink.serving.review.journal import Journal

NAMES = "abcdef"
DOCUMENTS = [Document(id=name, text=f"{name} is Paris.") for name in NAMES]
PARIS = Mention(start=5, end=10, label="LOC", entity="paris")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "gold.jsonl", say=print) as journal:
        yield journal


@pytest.fixture
def desk(journal, clock):
    return Desk(DOCUMENTS, journal, lease=60, clock=clock)


def ids(desk, *reviewers):
    """The documents that reviewers get one after the other, each keeping what he has."""
    found, has = [], {}
    for reviewer in reviewers:
        given = desk.next(reviewer, beside=has.setdefault(reviewer, []))
        has[reviewer] += [given.key] if given else []
        found.append(given and given.doc.id)
    return found


def done(desk, name, reviewer, *mentions, informed=False):
    return desk.save(f"id:{name}", reviewer, mentions, is_informed=informed)


def test_reviewers_get_different_documents_in_order(desk):
    assert ids(desk, "ada", "bob", "ada", "bob") == ["a", "b", "c", "d"]


def test_who_asks_again_gets_the_same(desk):
    assert desk.next("ada").doc.id == desk.next("ada").doc.id == "a"


def test_done_ones_do_not_come_again(desk):
    done(desk, "a", "ada")
    assert ids(desk, "ada", "bob") == ["b", "c"]


def test_a_lease_ends_and_can_be_kept(desk, clock):
    assert ids(desk, "ada", "ada") == ["a", "b"]
    clock.now = 50
    desk.keep(["id:a"], "ada")
    clock.now = 70
    assert ids(desk, "bob") == ["b"]


def test_what_is_released_is_for_others(desk):
    desk.next("ada")
    desk.release(["id:a"], "ada")
    assert desk.next("bob").doc.id == "a"


def test_nobody_gets_what_is_not_there(desk):
    for name in NAMES:
        done(desk, name, "ada")
    assert desk.next("ada") is None
    with pytest.raises(NotFound, match="no such document"):
        desk.open("id:z", "ada")
    with pytest.raises(NotFound):
        desk.save("id:z", "ada", [], is_informed=False)


def test_a_document_of_another_is_refused_while_he_has_it(desk, clock):
    desk.next("ada")
    with pytest.raises(Conflict, match="ada has this document now"):
        desk.open("id:a", "bob")
    clock.now = 61
    assert desk.open("id:a", "bob").doc.id == "a"


def test_a_save_after_the_lease_counts(desk, clock):
    desk.next("ada")
    clock.now = 61
    desk.next("bob")
    done(desk, "a", "ada", PARIS)
    assert desk.state("id:a") == "done"


def test_some_are_done_by_two_who_do_not_see_each_other(journal, clock):
    desk = Desk(DOCUMENTS, journal, overlap=2, clock=clock)
    assert len(desk.twice) == 2
    name = min(desk.twice).removeprefix("id:")
    done(desk, name, "ada", PARIS)
    assert desk.state(f"id:{name}") == "half"
    given = desk.open(f"id:{name}", "bob")
    assert (given.doc.mentions, given.is_saved, given.is_informed) == ((), False, False)
    done(desk, name, "bob", PARIS)
    assert desk.state(f"id:{name}") == "done"
    assert desk.next("eve").doc.id != name


def test_the_same_ones_are_done_by_two_after_a_restart(journal):
    assert Desk(DOCUMENTS, journal, overlap=2).twice == Desk(DOCUMENTS, journal, overlap=2).twice


def test_two_get_a_document_of_both_and_a_third_does_not(journal):
    desk = Desk(DOCUMENTS[:1], journal, overlap=1)
    assert ids(desk, "ada", "bob", "eve") == ["a", "a", None]
    done(desk, "a", "ada")
    assert ids(desk, "bob", "eve") == ["a", None]


def test_a_dispute_shows_all_versions_and_is_decided_by_who_saw_them(journal):
    desk = Desk(DOCUMENTS, journal, overlap=6)
    done(desk, "a", "ada", PARIS)
    done(desk, "a", "bob")
    assert desk.state("id:a") == "disputed"
    given = desk.open("id:a", "eve")
    assert given.is_informed
    assert {name: doc.mentions for name, doc in given.versions.items()} == {
        "ada": (PARIS,),
        "bob": (),
    }
    done(desk, "a", "eve", PARIS, informed=True)
    assert desk.state("id:a") == "done"
    assert desk.progress("eve") == (6, 1, 1, 0)


def test_who_opens_what_another_has_done_is_told(desk):
    done(desk, "a", "ada", PARIS)
    given = desk.open("id:a", "bob")
    assert (given.doc.mentions, given.is_informed) == ((PARIS,), True)
    desk.release(["id:a"], "bob")
    assert not desk.open("id:a", "ada").is_informed


def test_a_decision_ends_the_need_for_a_second_opinion(journal):
    desk = Desk(DOCUMENTS[:1], journal, overlap=1)
    done(desk, "a", "ada", PARIS)
    done(desk, "a", "ada", informed=True)
    assert desk.next("bob") is None
