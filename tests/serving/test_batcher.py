import threading
import time

import pytest

from nerlink.serving.batcher import Batcher
from nerlink.serving.refusals import Busy, Unready


class Model:
    """Answers with upper case, and waits in its first batch until it is told to go on."""

    def __init__(self, **limits):
        self.batches = []
        self.go_on = threading.Event()
        self.has_begun = threading.Event()
        limits = {"max_batch_tokens": 10, "max_wait": 0.0, "queue_tokens": 100} | limits
        self.watched = []
        self.batcher = Batcher(self.answer, watch=self.watched.append, **limits)

    def answer(self, items):
        self.batches.append(list(items))
        self.has_begun.set()
        self.go_on.wait(10)
        if "poison" in items:
            raise RuntimeError("the model chokes")
        return [item.upper() for item in items]

    def hold(self):
        """Let the thread be at work; the future of what it works on."""
        (first,) = self.batcher.submit([("first", 1)])
        self.has_begun.wait(10)
        return first


@pytest.fixture
def model():
    model = Model()
    yield model
    model.go_on.set()
    model.batcher.close()


def test_an_idle_thread_begins_at_once(model):
    model = Model(max_wait=60.0)
    assert not model.hold().done()
    model.go_on.set()
    model.batcher.close()


def test_what_waits_goes_together(model):
    first = model.hold()
    others = [model.batcher.submit([(item, 2)])[0] for item in "abc"]
    model.go_on.set()
    assert [future.result(10) for future in (first, *others)] == ["FIRST", "A", "B", "C"]
    assert model.batches == [["first"], ["a", "b", "c"]]
    model.batcher.close()
    assert [(batch.n_items, batch.n_tokens) for batch in model.watched] == [(1, 1), (3, 6)]


def test_a_batch_is_full_by_its_tokens_and_one_item_may_have_more(model):
    model.hold()
    futures = [model.batcher.submit([(item, n)])[0] for item, n in [("a", 6), ("b", 5), ("c", 30)]]
    model.go_on.set()
    assert [future.result(10) for future in futures] == ["A", "B", "C"]
    assert model.batches == [["first"], ["a"], ["b"], ["c"]]


def test_parties_take_turns(model):
    model.hold()
    many = model.batcher.submit([(item, 5) for item in "abcd"])
    (single,) = model.batcher.submit([("x", 5)])
    model.go_on.set()
    assert [future.result(10) for future in (*many, single)] == ["A", "B", "C", "D", "X"]
    assert model.batches == [["first"], ["a", "x"], ["b", "c"], ["d"]]


def test_while_at_work_the_thread_waits_for_others_but_not_for_ever():
    model = Model(max_wait=0.3)
    model.hold()
    (early,) = model.batcher.submit([("early", 2)])
    model.go_on.set()
    time.sleep(0.05)
    (late,) = model.batcher.submit([("late", 2)])
    assert (early.result(10), late.result(10)) == ("EARLY", "LATE")
    assert model.batches[1] == ["early", "late"]
    model.batcher.close()


def test_a_full_queue_refuses_and_says_when_to_come_again(model):
    model.hold()
    model.batcher.submit([("a", 60)])
    with pytest.raises(Busy, match="60 tokens wait already") as refused:
        model.batcher.submit([("b", 41)])
    assert refused.value.retry_after >= 1
    model.batcher.submit([("b", 40)])


def test_what_nobody_waits_for_leaves_the_queue_at_once_and_costs_nothing(model):
    model.hold()
    gone, stays = model.batcher.submit([("gone", 60), ("stays", 40)])
    assert gone.cancel()
    assert model.batcher.n_tokens == 40
    model.go_on.set()
    assert stays.result(10) == "STAYS"
    assert model.batches == [["first"], ["stays"]]
    assert model.batcher.n_tokens == 0


def test_what_is_being_answered_cannot_be_cancelled(model):
    first = model.hold()
    assert not first.cancel()


def test_a_batch_that_fails_is_not_the_end(model):
    model.go_on.set()
    (bad,) = model.batcher.submit([("poison", 1)])
    with pytest.raises(RuntimeError, match="chokes"):
        bad.result(10)
    (good,) = model.batcher.submit([("good", 1)])
    assert good.result(10) == "GOOD"


def test_a_call_has_the_thread_for_itself(model):
    model.hold()
    before = model.batcher.submit([("a", 1)])
    called = model.batcher.call(lambda *words: (threading.current_thread().name, *words), "b")
    after = model.batcher.submit([("c", 1)])
    model.go_on.set()
    name, word = called.result(10)
    assert (name.startswith("nerlink-model"), word) == (True, "b")
    assert (before[0].result(10), after[0].result(10)) == ("A", "C")
    assert model.batches == [["first"], ["a"], ["c"]]


def test_a_closed_batcher_answers_what_waits_and_takes_nothing_more(model):
    model.hold()
    waiting = model.batcher.submit([("a", 1), ("b", 1)])
    closing = threading.Thread(target=model.batcher.close)
    closing.start()
    while True:
        try:
            model.batcher.submit([])
        except Unready:
            break
    model.go_on.set()
    closing.join(10)
    assert [future.result(0) for future in waiting] == ["A", "B"]
    with pytest.raises(Unready):
        model.batcher.call(print)
