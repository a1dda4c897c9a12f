import json
import os
import shutil
from pathlib import Path

import pytest

from nerlink.errors import StorageError
from nerlink.models.storage import folder as module
from nerlink.models.storage.contents import BASE, check_contents
from nerlink.models.storage.folder import check_files, read_manifest
from nerlink.models.storage.model import load_model


@pytest.fixture
def folder(joint_folder, tmp_path) -> Path:
    """A model to damage."""
    return Path(shutil.copytree(joint_folder, tmp_path / "model"))


def sums(folder: Path) -> dict[str, str]:
    return json.loads((folder / "nerlink.json").read_text())["files"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("encoder/modeling.py", "is code"),
        ("__init__.py", "is code"),
        ("encoder/pytorch_model.bin", "may be a pickle"),
        ("encoder/static/words.npy", "may be a pickle"),
        ("best.PT", "may be a pickle"),
        ("encoder/adapter_config.json", "is no file of a nerlink model"),
        ("encoder/preprocessor_config.json", "is no file of a nerlink model"),
        ("encoder/more/config.json", "is no file of a nerlink model"),
        ("encoder/tf_model.h5", "is no file of a nerlink model"),
        ("encoder/README.md", "is no file of a nerlink model"),
        ("extra.safetensors", "is no file of a nerlink model"),
        ("training/more/x.safetensors", "is no file of a nerlink model"),
        ("encoder/added_tokens.json", "no checksum covers encoder/added_tokens.json"),
        ("encoder/model-00001-of-00002.safetensors", "no checksum covers"),
        ("encoder/static/words.json", "no checksum covers"),
    ],
)
def test_a_file_that_is_not_on_the_list_is_refused_by_its_name(folder, name, message):
    (folder / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text("{}")
    with pytest.raises(StorageError, match=message) as refusal:
        load_model(folder)
    assert name in str(refusal.value)


@pytest.mark.parametrize(
    "name",
    [
        *("notes.txt", "LICENSE", ".gitattributes", "run.json", "predictions/dev.conll"),
        *("training/checkpoint.safetensors", "training/config.toml", ".git/hooks/pre-commit.py"),
        *(".cache/huggingface/x.lock", f"{BASE}-journal"),
    ],
)
def test_what_nothing_opens_may_lie_beside_a_model(folder, name):
    (folder / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text("mine")
    check_contents(folder, sums(folder))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no checksum covers"),
        ({"../other.json": "0" * 64}, "'../other.json', which is no file of a model"),
        ({"/etc/passwd": "0" * 64}, "'/etc/passwd', which is no file of a model"),
    ],
)
def test_sums_cannot_be_switched_off_nor_lead_elsewhere(folder, files, message):
    manifest = json.loads((folder / "nerlink.json").read_text())
    manifest["files"] = files and manifest["files"] | files
    (folder / "nerlink.json").write_text(json.dumps(manifest))
    with pytest.raises(StorageError, match=message):
        load_model(folder)


def test_sums_of_files_that_may_change_are_passed_over(folder):
    manifest = json.loads((folder / "nerlink.json").read_text())
    manifest["files"]["README.md"] = "0" * 64
    (folder / "nerlink.json").write_text(json.dumps(manifest))
    load_model(folder)


@pytest.mark.parametrize("name", [BASE, "linker.json", "encoder/vocab.txt", "encoder"])
def test_a_link_out_of_the_folder_is_refused(folder, tmp_path, name):
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match=f"{name} is a link out of the folder"):
        load_model(folder)


@pytest.mark.parametrize("target", ["a.md", "nowhere", "..", "/dev/zero", "/proc/self/mem"])
def test_a_link_that_leads_to_no_file_of_the_folder_is_refused(folder, target):
    (folder / "a.md").symlink_to(target)
    with pytest.raises(StorageError, match=r"a\.md is a link out of the folder"):
        load_model(folder)


def test_a_file_that_cannot_be_read_is_named(folder, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(13, "Permission denied", str(path))

    manifest = read_manifest(folder)
    monkeypatch.setattr(module, "read_manifest", lambda folder: manifest)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StorageError, match=r"config\.toml: cannot be read: Permission denied"):
        check_files(folder)


def test_what_is_no_ordinary_file_is_refused_unopened(folder):
    (folder / BASE).unlink()
    os.mkfifo(folder / BASE)
    with pytest.raises(StorageError, match=r"kb\.sqlite is no ordinary file"):
        load_model(folder)


def test_a_snapshot_of_the_hub_links_to_its_blobs(joint_folder, tmp_path):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "1"
    blobs.mkdir()
    for number, path in enumerate(p for p in joint_folder.rglob("*") if p.is_file()):
        link = snapshot / path.relative_to(joint_folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(shutil.copy(path, blobs / str(number)))
    load_model(snapshot)
