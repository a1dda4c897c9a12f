from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from nerlink.models.tagger import batching
from nerlink.models.tagger.batching import batch_sentences, join_tokens

LENGTHS = st.lists(st.integers(0, 9), max_size=12)
CPU = torch.device("cpu")


def ranges(lengths: list[int]) -> list[tuple[int, int]]:
    ends = [sum(lengths[:number]) for number in range(len(lengths) + 1)]
    return list(pairwise(ends))


@given(LENGTHS)
def test_what_is_put_side_by_side_comes_back_in_order(lengths):
    vectors = torch.arange(2.0 * sum(lengths)).view(-1, 2)
    parts = [(batch, vectors[batch.rows]) for batch in batch_sentences(ranges(lengths), CPU)]
    assert torch.equal(join_tokens(parts, vectors[:0]), vectors)


@given(LENGTHS)
def test_each_row_of_a_batch_is_a_sentence(lengths):
    found = [
        tuple(rows[:length].tolist())
        for batch in batch_sentences(ranges(lengths), CPU)
        for rows, length in zip(batch.rows, batch.lengths.tolist(), strict=True)
    ]
    assert sorted(found) == [tuple(range(*one)) for one in ranges(lengths) if one[0] < one[1]]


@given(LENGTHS.filter(any))
def test_a_batch_has_the_longest_sentence_first_and_its_mask(lengths):
    (batch,) = batch_sentences(ranges(lengths), CPU)
    assert batch.lengths.tolist() == sorted(filter(None, lengths), reverse=True)
    assert batch.mask.sum(1).tolist() == batch.lengths.tolist()


def test_a_batch_is_bounded_with_its_padding(monkeypatch):
    monkeypatch.setattr(batching, "PADDED_TOKENS", 12)
    batches = batch_sentences(ranges([4, 20, 1, 3, 2, 4]), CPU)
    assert [batch.lengths.tolist() for batch in batches] == [[20], [4, 4, 3], [2, 1]]
