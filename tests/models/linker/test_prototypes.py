import numpy as np
import pytest
import torch

from nerlink.models.linker.prototypes import Prototypes


@pytest.fixture
def prototypes() -> Prototypes:
    """Rows 2 and 5 of 6 have a memory."""
    prototypes = Prototypes([5, 2], width=3)
    torch.nn.init.normal_(prototypes.memory.weight[1:])
    prototypes.set_text(torch.randn(6, 3).half(), version=1)
    return prototypes


def test_a_prototype_is_text_plus_memory(prototypes):
    queries = torch.randn(3, 3)
    text = prototypes.text.float()
    whole = [text[5] + prototypes.memory.weight[2], text[2] + prototypes.memory.weight[1], text[0]]
    expected = torch.stack([w @ q for w, q in zip(whole, queries, strict=True)])
    vectors = prototypes.vectors_of(torch.tensor([5, 2, 0]))
    torch.testing.assert_close(prototypes(queries, vectors), expected)


def test_memory_that_does_not_count_is_left_out(prototypes):
    rows = torch.tensor([5, 2])
    vectors = prototypes.vectors_of(rows, torch.tensor([True, False]))
    expected = torch.stack([prototypes.vectors_of(rows)[0], prototypes.text_of(rows)[1]])
    torch.testing.assert_close(vectors, expected)


def test_only_rows_in_the_batch_get_a_gradient(prototypes):
    prototypes.memory.sparse = True
    prototypes.vectors_of(torch.tensor([5, 0, 5])).sum().backward()
    gradient = prototypes.memory.weight.grad.coalesce()
    assert gradient.indices().tolist() in ([[2]], [[0, 2]])
    assert not gradient.to_dense()[[0, 1]].any()


def test_late_rows_lie_over_the_table(prototypes):
    before = prototypes.text.clone()
    prototypes.add_text([2, 9], torch.ones(2, 3))
    prototypes.add_text([9, 7], torch.full((2, 3), 2.0))
    found = prototypes.text_of(torch.tensor([9, 2, 7, 1]))
    assert found[:3, 0].tolist() == [2, 1, 2]
    assert torch.equal(found[3], before[1].float())
    assert torch.equal(prototypes.text, before)


def test_rows_without_text_are_zero(prototypes):
    assert not prototypes.text_of(torch.tensor([6, 99])).any()
    assert not Prototypes([], 3).text_of(torch.tensor([0, 4])).any()


def test_the_full_table_holds_late_rows(prototypes):
    prototypes.add_text([7, 2], torch.ones(2, 3))
    table = prototypes.full_text(9)
    assert table.shape == (9, 3)
    rows = torch.from_numpy(np.arange(9))
    assert torch.equal(table.float(), prototypes.text_of(rows))


def test_a_whole_table_is_written_in_place(prototypes):
    assert prototypes.writable_text(6) is prototypes.text
    assert prototypes.writable_text(7).shape == (7, 3)
    prototypes.add_text([2], torch.ones(1, 3))
    assert prototypes.writable_text(6)[2].tolist() == [1, 1, 1]
    assert prototypes.writable_text(6) is not prototypes.text


def test_a_new_table_replaces_late_rows(prototypes):
    prototypes.add_text([2], torch.ones(1, 3))
    prototypes.set_text(torch.zeros(6, 3).half(), version=2)
    assert not prototypes.text_of(torch.arange(6)).any()
    assert prototypes.version == 2


def test_entities_that_training_never_saw_have_no_memory(prototypes):
    assert not prototypes.memory_of(torch.tensor([0, 3, 99])).any()
    assert not Prototypes([], 3).memory_of(torch.tensor([0])).any()
    assert prototypes.num_prototypes == 2
