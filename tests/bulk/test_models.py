import shutil

import pytest

from nerlink.bulk.models import check_tasks, key_of, local_model
from nerlink.data import Entity
from nerlink.errors import ConfigError, StorageError
from nerlink.kb import KnowledgeBase
from nerlink.pipeline import Pipeline


@pytest.fixture
def model(joint_folder, tmp_path):
    return shutil.copytree(joint_folder, tmp_path / "model")


def test_a_model_is_known_by_its_weights_and_its_base(model, joint_folder):
    before = key_of(str(model))
    assert before == key_of(str(joint_folder))
    with KnowledgeBase.open(model, read_only=False) as kb:
        kb.add(Entity(id="lyon", name="Lyon"))
    after = key_of(str(model))
    assert (after.model, after.base != before.base) == (before.model, True)


def test_a_model_on_a_network_file_system_is_copied_once(model, tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/models {model} nfs4 ro 0 0\n")
    monkeypatch.setattr("nerlink.bulk.models.MOUNTS", mounts)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    key = key_of(str(model))
    copy = local_model(str(model), key)
    assert copy != model
    assert key_of(str(copy)) == key
    assert local_model(str(model), key) == copy
    assert not list(copy.parent.glob(".*"))


def test_a_model_of_this_machine_is_not_copied(model, tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/vda / ext4 rw 0 0\nserver:/other /other nfs4 ro 0 0\n")
    monkeypatch.setattr("nerlink.bulk.models.MOUNTS", mounts)
    assert local_model(str(model), key_of(str(model))) == model


def test_a_copy_that_does_not_fit_is_told(model, tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/ {tmp_path} nfs rw 0 0\n")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nerlink.bulk.models.MOUNTS", mounts)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("shutil.copytree", full)
    with pytest.raises(StorageError, match=r"cannot be copied to .*No space left"):
        local_model(str(model), key_of(str(model)))


def test_a_model_must_know_what_is_asked_of_it(joint_folder, trained):
    check_tasks(str(joint_folder), link_only=True)
    with pytest.raises(ConfigError, match=r"trained for nel alone\. Give --link-only"):
        check_tasks(str(trained("nel")), link_only=False)


def test_a_model_may_find_mentions_by_the_names_of_its_base(kb_path, encoder_dir, tmp_path):
    folder = Pipeline.from_kb(kb_path, encoder=encoder_dir).save(tmp_path / "untrained")
    check_tasks(str(folder), link_only=False)
    check_tasks(str(folder), link_only=True)
    with pytest.raises(StorageError):
        check_tasks("/none", link_only=False)
