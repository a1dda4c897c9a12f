"""The index that large tables get."""

import pytest
import torch

from nerlink.models.linker import index as index_module
from nerlink.models.linker.index import TextIndex, index_of
from nerlink.models.linker.prototypes import Prototypes
from nerlink.models.storage import model as storage


def similar(n_rows: int, width: int = 16) -> torch.Tensor:
    """Vectors of length 2, ten each about a common centre."""
    torch.manual_seed(0)
    centres = torch.randn(n_rows // 10, width).repeat_interleave(10, dim=0)
    vectors = centres + 0.3 * torch.randn(n_rows, width)
    return (2 * torch.nn.functional.normalize(vectors, dim=-1)).half()


@pytest.fixture
def two():
    """The same prototypes with an index and without, some rows of them newer than it."""
    text = similar(2000)
    newer = similar(2030)[2000:]
    found = []
    for index in (TextIndex.of(text), None):
        prototypes = Prototypes([], width=16)
        prototypes.set_text(text, version=1)
        prototypes.index = index
        prototypes.add_text([*range(2000, 2020), *range(10)], newer)
        found.append(prototypes)
    return found


def test_an_index_finds_what_comparing_all_finds(two):
    queries = similar(2000)[::40].float() + 0.2 * torch.randn(50, 16)
    (cosines, rows), (expected, truth) = (each.nearest(queries, 5) for each in two)
    torch.testing.assert_close(cosines[:, 0], expected[:, 0])
    shared = [len(set(a) & set(b)) for a, b in zip(rows.tolist(), truth.tolist(), strict=True)]
    assert sum(shared) >= 0.98 * rows.numel()


def test_newer_rows_are_found_once_and_as_they_are_now(two):
    indexed, _ = two
    cosines, rows = indexed.nearest(indexed.text_of(torch.tensor([3, 2005])), 40)
    assert rows[:, 0].tolist() == [3, 2005]
    torch.testing.assert_close(cosines[:, 0], torch.ones(2))
    assert all(len(set(each)) == 40 for each in rows.tolist())


def test_a_search_that_finds_too_little_makes_nothing_up():
    text = similar(2000)
    prototypes = Prototypes([], width=16)
    prototypes.set_text(text, version=1)
    prototypes.index = TextIndex.of(text)
    cosines, rows = prototypes.nearest(text[:2].float(), 2000)
    assert (rows < 0).any()
    assert (cosines[rows < 0] == -1).all()


def test_a_table_that_is_replaced_loses_its_index(two):
    indexed, _ = two
    indexed.set_text(similar(2000), version=2)
    assert indexed.index is None


def test_only_large_tables_that_are_asked_have_one(monkeypatch):
    monkeypatch.setattr(index_module, "INDEXED_FROM", 2000)
    text = similar(2000)
    assert index_of(text, {"normalised", "nearest"}) is not None
    assert index_of(text, {"normalised"}) is None
    assert index_of(text[1:], {"nearest"}) is None
    monkeypatch.setattr(index_module, "find_spec", lambda name: None)
    assert index_of(text, {"nearest"}) is None


@pytest.fixture
def saved(model, tmp_path, monkeypatch):
    """A model that asks for what is nearest, in a base that counts as large."""
    monkeypatch.setattr(index_module, "INDEXED_FROM", 4)
    kb = model.config.kb.model_copy(update={"fill": ("nearest",)})
    model.config = model.config.model_copy(update={"kb": kb})
    return storage.save_model(model, tmp_path / "model")


def test_a_saved_model_comes_back_with_its_index(saved, model):
    prototypes = storage.load_model(saved).linker.prototypes
    assert prototypes.index is not None
    cosines, rows = prototypes.nearest(model.linker.prototypes.text[:4].float(), 2)
    torch.testing.assert_close(cosines[:, 0], torch.ones(4))
    assert rows[:, 0].tolist() == [0, 1, 2, 3]


def test_an_index_of_another_model_that_lies_there_is_left_alone(saved, model):
    stray = (saved / "prototypes.faiss").read_bytes()
    kb = model.config.kb.model_copy(update={"fill": ()})
    model.config = model.config.model_copy(update={"kb": kb})
    storage.save_model(model, saved)
    (saved / "prototypes.faiss").write_bytes(stray)
    assert storage.load_model(saved).linker.prototypes.index is None


def test_where_faiss_is_missing_all_are_compared(saved, monkeypatch):
    monkeypatch.setattr(storage, "find_spec", lambda name: None)
    assert storage.load_model(saved).linker.prototypes.index is None


def test_saving_anew_without_it_takes_the_index_away(saved, model):
    kb = model.config.kb.model_copy(update={"fill": ()})
    model.config = model.config.model_copy(update={"kb": kb})
    storage.save_model(model, saved)
    assert not (saved / "prototypes.faiss").exists()
