import os
import signal
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nerlink.errors import ConfigError, DataError, StorageError
from nerlink.training import checkpoint
from nerlink.training.checkpoint import (
    hold_folder,
    load_checkpoint,
    random_state,
    restore_random_state,
    save_checkpoint,
)

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_a_state_comes_back_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a hundred states need no disk

    @given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
    def check(state):
        save_checkpoint(tmp_path / "a.safetensors", state)
        assert load_checkpoint(tmp_path / "a.safetensors") == state

    check()


def test_tensors_come_back_where_they_were(tmp_path):
    table = torch.randn(3, 4)
    state = {"a": {"b": [table.T, {"a/b": torch.tensor(1, dtype=torch.uint8)}]}, "c": table}
    save_checkpoint(tmp_path / "a.safetensors", state)
    found = load_checkpoint(tmp_path / "a.safetensors")
    assert torch.equal(found["a"]["b"][0], table.T)
    assert found["a"]["b"][1]["a/b"].dtype == torch.uint8
    assert torch.equal(found["c"], table)


def test_tensors_that_share_memory_are_kept_apart(tmp_path):
    table = torch.randn(2, 2)
    save_checkpoint(tmp_path / "a.safetensors", {"one": table, "two": table})
    found = load_checkpoint(tmp_path / "a.safetensors")
    assert torch.equal(found["one"], found["two"])


def test_a_checkpoint_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, {"step": 1})

    def torn(tensors, target, metadata):
        Path(target).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_file", torn)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, {"step": 2})
    assert load_checkpoint(path) == {"step": 1}


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_checkpoint_cut_off_before_it_is_on_the_disk_leaves_the_one_before(
    tmp_path, monkeypatch, step
):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, {"step": 1})
    with monkeypatch.context() as patch:
        patch.setattr(os if step == "fsync" else Path, step, lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            save_checkpoint(path, {"step": 2})
    assert load_checkpoint(path) == {"step": 1}
    save_checkpoint(path, {"step": 3})
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_checkpoint_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"a\.safetensors cannot be written: .*Make room"):
        save_checkpoint(tmp_path / "file" / "a.safetensors", {"step": torch.ones(1)})


@pytest.mark.parametrize("content", [b"", b"torn", b"\x00" * 64], ids=["empty", "text", "zeros"])
def test_a_damaged_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(StorageError, match=r"a.safetensors: not a readable checkpoint"):
        load_checkpoint(tmp_path / "a.safetensors")


def test_a_checkpoint_of_someone_else_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.ones(1)}, tmp_path / "a.safetensors")
    with pytest.raises(StorageError, match="Delete it to start over"):
        load_checkpoint(tmp_path / "a.safetensors")


def test_chance_goes_on_where_it_was(tmp_path):
    rng = Random(5)  # noqa: S311
    rng.random()
    save_checkpoint(tmp_path / "a.safetensors", random_state(rng))
    expected = rng.random(), torch.rand(2)
    restore_random_state(rng, load_checkpoint(tmp_path / "a.safetensors"))
    assert (rng.random(), torch.rand(2).tolist()) == (expected[0], expected[1].tolist())


def test_a_folder_is_held_by_one_run_at_a_time(tmp_path):
    folder = tmp_path / "model" / "training"
    with hold_folder(folder):
        with (
            pytest.raises(
                ConfigError, match=rf"another process trains here \(number {os.getpid()}"
            ),
            hold_folder(folder),
        ):
            pass
        assert folder.is_dir()
    with hold_folder(folder):
        pass


def test_a_run_that_was_killed_does_not_stand_in_the_way(tmp_path):
    child = os.fork()
    if not child:
        with hold_folder(tmp_path / "training"):
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert (tmp_path / "training" / "run.lock").read_text() == str(child)
    with hold_folder(tmp_path / "training"):
        assert (tmp_path / "training" / "run.lock").read_text() == str(os.getpid())


def test_a_refused_run_leaves_no_folder(tmp_path):
    def refuse(folder):
        with pytest.raises(DataError, match="bad"), hold_folder(folder):
            (folder / "kb.sqlite").write_text("")
            raise DataError("bad")

    refuse(tmp_path / "new" / "training")
    assert not (tmp_path / "new").exists()
    (tmp_path / "mine").mkdir()
    refuse(tmp_path / "mine" / "training")
    assert list((tmp_path / "mine").iterdir()) == []
    (tmp_path / "mine" / "training").mkdir()
    (tmp_path / "mine" / "training" / "checkpoint.safetensors").write_text("")
    refuse(tmp_path / "mine" / "training")
    assert (tmp_path / "mine" / "training" / "checkpoint.safetensors").exists()


def test_a_place_where_nothing_can_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StorageError, match="training cannot be written: Not a directory"),
        hold_folder(tmp_path / "file" / "training"),
    ):
        pass


def test_files_of_others_are_not_removed_with_a_run(tmp_path):
    folder = tmp_path / "training"
    folder.mkdir()
    (folder / "gold.jsonl").write_text("mine")
    with pytest.raises(ConfigError, match=r"has 'gold\.jsonl'\. Move"), hold_folder(folder):
        pass
    assert (folder / "gold.jsonl").read_text() == "mine"
