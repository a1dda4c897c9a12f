import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from nerlink.errors import StorageError
from nerlink.kb import KnowledgeBase
from nerlink.models.storage import replacing as module
from nerlink.models.storage.folder import check_files, identity_of, is_model
from nerlink.models.storage.model import load_model, save_model, save_texts
from nerlink.models.storage.replacing import finish, locked, replacing

CHANGES = (
    "open",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "shutil.rmtree",
    "sqlite3.connect",
)
"""What Python tells its audit hooks of before a file or folder is opened or changed."""

_steps_left: list[int] = []


class Killed(BaseException):
    """Stands in for a signal."""


def _hook(event: str, args: tuple) -> None:
    if not _steps_left or event not in CHANGES or (event == "open" and args[1] == "r"):
        return
    _steps_left[0] -= 1
    # Every later step fails, too: a process that is dead does not tidy up.
    if _steps_left[0] < 0:
        raise Killed


sys.addaudithook(_hook)


def killed_at(step: int, action: Callable[[], object]) -> bool:
    """Whether an action is cut off at a step, as a process that is killed."""
    _steps_left.append(step)
    try:
        action()
    except Killed:
        return True
    finally:
        _steps_left.clear()
    return False


def rests(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith(".")}


def write_names(folder: Path, names: str) -> None:
    """Replace a folder's files: a text file a letter, `e` the encoder, `k` the base."""
    whole = {"e": "encoder", "k": "kb.sqlite", "h": "heads.safetensors", "l": "linker.json"}
    with replacing(folder) as new:
        for letter in names.lower():
            path = new / whole[letter] / "x" if letter == "e" else new / whole[letter]
            path.parent.mkdir(exist_ok=True)
            path.write_text(names)
        files = {whole[letter]: "" for letter in names.lower() if letter != "k"}
        told = {"names": names, "files": files, "tasks": ["nel"] if "k" in names.lower() else []}
        (new / "nerlink.json").write_text(json.dumps(told))


def read_names(folder: Path) -> str:
    """The names that were written last, after whoever was killed; all files agree."""
    finish(folder)
    names = json.loads((folder / "nerlink.json").read_text())["names"]
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "nerlink.json"]
    paths = [path for path in paths if ".partial" not in str(path)]
    assert [path.read_text() for path in paths] == [names] * len(names)
    return names


@pytest.mark.parametrize("new", ["EKHL", "EH", "KL"])
@pytest.mark.parametrize("old", ["ekhl", "eh"])
def test_files_whose_replacement_is_killed_at_any_step_are_old_or_new(tmp_path, old, new):
    place, found = tmp_path / "model", []
    for step in count():
        write_names(place, old)
        was_killed = killed_at(step, lambda: write_names(place, new))
        found.append(read_names(place))
        write_names(place, old)
        assert read_names(place) == old
        assert rests(place) == set()
        if not was_killed:
            break
    assert found == [old] * found.count(old) + [new] * found.count(new)
    assert min(found.count(old), found.count(new)) > 4


def test_to_end_what_was_killed_can_be_killed_as_well(tmp_path):
    write_names(tmp_path / "old", "ekhl")
    for step in range(12, 30, 2):
        for later in range(0, 12, 3):
            place = tmp_path / f"{step}-{later}"
            shutil.copytree(tmp_path / "old", place)
            killed_at(step, lambda place=place: write_names(place, "EH"))
            killed_at(later, lambda place=place: finish(place))
            assert read_names(place) in ("ekhl", "EH")


@pytest.mark.parametrize(("task", "first"), [("ner", 0), ("nel", 3)])
def test_a_save_killed_at_a_step_leaves_the_old_or_the_new_model(
    trained, joint_folder, tmp_path, task, first
):
    new, old, found = load_model(trained(task)), load_model(joint_folder), set()
    for step in count(first, 9):
        place = Path(shutil.copytree(joint_folder, tmp_path / str(step)))
        was_killed = killed_at(step, lambda place=place: save_model(new, place))
        found.add(identity_of(place))
        load_model(place)
        save_model(old, place)
        check_files(place)
        assert rests(place) == set()
        if not was_killed:
            break
    assert found == {identity_of(joint_folder), identity_of(trained(task))}


def test_a_first_save_killed_at_a_step_leaves_nothing_or_the_model(trained, tmp_path):
    model, found = load_model(trained("ner")), []
    for step in count(0, 5):
        place = tmp_path / str(step)
        was_killed = killed_at(step, lambda place=place: save_model(model, place))
        found.append(place.is_dir() and is_model(place))
        if found[-1]:
            check_files(place)
        save_model(model, place)
        assert rests(place) == set()
        if not was_killed:
            break
    assert found == sorted(found)
    assert len(set(found)) == 2


def test_a_model_saved_over_itself_can_be_killed_at_any_step(joint_folder, tmp_path):
    place = tmp_path / "model"
    shutil.copytree(joint_folder, place)
    inode = (place / "kb.sqlite").stat().st_ino
    model = load_model(place)
    for step in count(0, 4):
        was_killed = killed_at(step, lambda: save_model(model, place))
        check_files(place)
        assert (place / "kb.sqlite").stat().st_ino == inode
        if not was_killed:
            break
    load_model(place)
    assert "paris" in model.linker.lookup.kb
    assert rests(place) == set()


def test_texts_killed_at_any_step_are_the_old_or_the_new_ones(joint_folder, tmp_path):
    place = tmp_path / "model"
    shutil.copytree(joint_folder, place)
    with KnowledgeBase.open(place, read_only=False) as kb:
        kb.add({"id": "ulm", "name": "Ulm"})
    model = load_model(place)
    model.linker.texts.refresh()
    versions = set()
    for step in count():
        was_killed = killed_at(step, lambda: save_texts(model, place))
        check_files(place)
        versions.add(json.loads((place / "linker.json").read_text())["text_version"])
        if not was_killed:
            break
    assert len(versions) == 2
    load_model(place)
    assert rests(place) == set()


def test_a_save_that_was_cut_off_is_brought_to_its_end_by_whoever_loads(
    trained, joint_folder, tmp_path, monkeypatch
):
    place = tmp_path / "model"
    shutil.copytree(joint_folder, place)
    monkeypatch.setattr(Path, "replace", lambda path, target: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_model(load_model(trained("ner")), place)
    assert rests(place) == {".ready"}
    monkeypatch.undo()
    assert load_model(place).linker is None
    assert not (place / "kb.sqlite").exists()
    assert rests(place) == set()


def test_a_ready_folder_of_someone_else_is_not_followed(joint_folder, tmp_path):
    place = Path(shutil.copytree(joint_folder, tmp_path / "model"))
    elsewhere = Path(shutil.copytree(joint_folder, tmp_path / "elsewhere"))
    (place / ".ready").symlink_to(elsewhere)
    load_model(place)
    assert (elsewhere / "encoder").is_dir()
    (place / ".ready").unlink()
    (place / ".ready").mkdir()
    (place / ".ready" / "nerlink.json").write_text("[]")
    with pytest.raises(StorageError, match=r"Delete .*\.ready, which a save has left"):
        load_model(place)
    assert (place / "encoder").is_dir()


def test_two_saves_at_once_do_not_touch_what_the_other_writes(tmp_path):
    with replacing(tmp_path) as first:
        (first / "README.md").write_text("first")
        with replacing(tmp_path) as second:
            (second / "README.md").write_text("second")
            (second / "nerlink.json").write_text('{"files": {}, "tasks": []}')
        assert (first / "README.md").read_text() == "first"
        (first / "nerlink.json").write_text('{"files": {}, "tasks": []}')
    assert (tmp_path / "README.md").read_text() == "first"


def test_a_lock_is_had_once_and_goes_with_its_holder(tmp_path):
    with locked(tmp_path) as is_mine, locked(tmp_path, waits=False) as is_free:
        assert (is_mine, is_free) == (True, False)
    with locked(tmp_path, waits=False) as is_free:
        assert is_free


@contextmanager
def failing(monkeypatch, name: str, code: int) -> Iterator[None]:
    """Every call of a function of `os` fails, as on a full disk or in a read-only folder."""

    def fail(path, *_, **__):
        raise OSError(code, os.strerror(code), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, name, fail)
        yield


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("mkdir", errno.EROFS, r"partial-\w+ cannot be written: Read-only file system\. Make room"),
        ("mkdir", errno.ENOSPC, r"partial-\w+ cannot be written: No space left on device\. Make"),
        ("fsync", errno.ENOSPC, r"cannot be written: No space left on device\. Make room"),
        ("rename", errno.EACCES, r"cannot be written: Permission denied\. Make room, or name a"),
    ],
)
def test_what_cannot_be_written_is_named(trained, tmp_path, monkeypatch, name, code, message):
    model, place = load_model(trained("ner")), tmp_path / "model"
    save_model(model, place)
    with (
        failing(monkeypatch, name, code),
        pytest.raises(StorageError, match=message),
    ):
        save_model(model, place)
    assert rests(place) == set()
    load_model(place)


def test_a_full_disk_is_told_with_the_file(trained, tmp_path):
    """/dev/full stands for the disk: every file of the new model is a link to it."""
    with (
        pytest.raises(StorageError, match=r"x\.json cannot be written: No space left on device"),
        module.writing(tmp_path / "x.json"),
    ):
        Path("/dev/full").write_text("x")


@pytest.mark.parametrize("place", ["/proc/model", "file/model"])
def test_a_place_that_cannot_be_is_told(trained, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    with pytest.raises(StorageError, match=f"{place} cannot be written"):
        save_model(load_model(trained("ner")), place)
