from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.models.encoder.windows import MOST_PADDING, Window, batches_by_budget, plan_windows

PLANS = st.fixed_dictionaries(
    {
        "sentences": st.lists(st.integers(1, 60), max_size=12).map(lambda n: ranges(n)),
        "size": st.integers(8, 40),
        "overlap": st.integers(0, 20),
        "context": st.sampled_from(["window", "flert", "none"]),
        "rng": st.none() | st.integers(0, 99).map(lambda seed: chance(seed)),
    }
)


def ranges(lengths: list[int]) -> list[tuple[int, int]]:
    ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    return [(end - length, end) for end, length in zip(ends, lengths, strict=True)]


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311


def plan(*lengths: int, **options) -> list[tuple[int, int, int, int]]:
    windows = plan_windows(ranges(list(lengths)), **options)
    return [(w.start, w.first, w.last, w.stop) for w in windows]


@given(PLANS)
def test_cores_cover_each_subtoken_exactly_once(options):
    covered = [i for w in plan_windows(**options) for i in range(w.first, w.last)]
    end = options["sentences"][-1][1] if options["sentences"] else 0
    assert covered == list(range(end))


@given(PLANS)
def test_no_window_is_longer_than_its_size_or_leaves_the_document(options):
    for window in plan_windows(**options):
        assert len(window) <= options["size"]
        end = options["sentences"][-1][1]
        assert 0 <= window.start <= window.first < window.last <= window.stop <= end


@given(PLANS)
def test_only_sentences_longer_than_a_window_are_cut(options):
    cuts = {w.first for w in plan_windows(**options)} - {s for s, _ in options["sentences"]}
    for cut in cuts:
        (length,) = [e - s for s, e in options["sentences"] if s < cut < e]
        assert length > options["size"]


@given(length=st.integers(41, 400), size=st.integers(8, 40))
def test_a_cut_sentence_gives_every_subtoken_context_on_both_sides(length, size):
    windows = list(plan_windows([(0, length)], size=size))
    assert len(windows) > 1
    for left, right in pairwise(windows):
        assert left.stop - left.last == right.first - right.start == size // 8


def test_neighbouring_sentences_share_a_window_while_they_fit():
    assert plan(4, 4, 4, 4, size=8) == [(0, 0, 8, 8), (8, 8, 16, 16)]


def test_windows_of_a_document_are_of_about_equal_length():
    assert plan(*[2] * 6, size=10) == [(0, 0, 6, 6), (6, 6, 12, 12)]


def test_overlap_shows_text_to_the_left_of_the_core():
    assert plan(4, 4, size=7, overlap=2) == [(0, 0, 4, 4), (2, 4, 8, 8)]


def test_long_documents_keep_room_for_overlap():
    windows = plan(*[10] * 100, size=250, overlap=64)
    assert windows[0][0] == windows[0][1] == 0
    assert {first - start for start, first, *_ in windows[1:]} == {64}


def test_overlap_takes_only_what_space_is_left():
    assert plan(6, 6, size=7, overlap=5) == [(0, 0, 6, 6), (5, 6, 12, 12)]


def test_flert_surrounds_a_sentence_with_its_neighbours():
    windows = plan(100, 10, 100, size=200, context="flert")
    assert windows[1] == (36, 100, 110, 174)


def test_no_context_encodes_each_sentence_alone():
    assert plan(3, 5, size=100, context="none") == [(0, 0, 3, 3), (3, 3, 8, 8)]


def test_in_training_the_first_window_ends_by_chance():
    plans = {tuple(plan(*[3] * 20, size=24, rng=chance(seed))) for seed in range(20)}
    assert len(plans) > 3


def test_the_same_seed_plans_the_same_windows():
    first, second = (plan(*[3] * 20, size=24, rng=chance(7)) for _ in range(2))
    assert first == second


def test_a_document_of_one_window_is_never_cut_by_chance():
    assert {tuple(plan(3, 3, size=24, rng=chance(seed))) for seed in range(9)} == {((0, 0, 6, 6),)}


def test_a_document_without_sentences_has_no_window():
    assert plan(size=8) == []


def test_windows_know_their_document():
    assert [w.document for w in plan_windows([(0, 20)], size=8, document=3)] == [3] * 3
    assert len(Window(document=0, start=2, stop=7, first=3, last=5)) == 5


@pytest.mark.parametrize("is_padded", [True, False])
@given(st.lists(st.integers(1, 99)), st.integers(1, 400))
def test_batches_hold_every_window_once_within_the_budget(is_padded, lengths, budget):
    batches = list(batches_by_budget(lengths, budget=budget, is_padded=is_padded))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        n_real = sum(lengths[i] for i in batch)
        n_total = len(batch) * max(lengths[i] for i in batch) if is_padded else n_real
        assert len(batch) == 1 or n_total <= budget
        assert n_total - n_real <= MOST_PADDING


def test_batches_go_by_length():
    assert list(batches_by_budget([5, 9, 1], budget=1)) == [[1], [0], [2]]


@pytest.mark.parametrize(
    ("is_padded", "batches"),
    [(True, [[0, 2], [3, 1]]), (False, [[0, 2, 3, 1]])],
    ids=["padded", "not padded"],
)
def test_a_short_window_is_not_padded_to_a_much_longer_one(is_padded, batches):
    assert list(batches_by_budget([90, 10, 88, 11], budget=1000, is_padded=is_padded)) == batches
