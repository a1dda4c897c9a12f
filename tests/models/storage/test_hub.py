import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.utils import filter_repo_objects

from nerlink.config import Config
from nerlink.errors import StorageError
from nerlink.models.storage import hub
from nerlink.models.storage.hub import model_card
from nerlink.pipeline import Pipeline


def test_the_card_shows_what_the_hub_reads_and_people_ask():
    card = model_card(Config(tasks=("ner",)), {"ner.f1": 0.91234}, ["LOC", "PER"])
    assert card.startswith("---\nlibrary_name: nerlink\n")
    assert "Tasks: ner. Labels: LOC, PER." in card
    assert "| ner.f1 | 0.9123 |" in card


def test_a_card_without_scores_has_no_table():
    card = model_card(Config(), {}, [])
    assert "|" not in card
    assert "Labels: none." in card


@pytest.fixture
def remote(tmp_path, monkeypatch) -> Path:
    """A folder that stands in for the hub: a repository is a folder in it."""
    folder = tmp_path / "hub"
    folder.mkdir()

    class Api:
        def create_repo(self, name, *, private, exist_ok):
            (folder / name).mkdir(parents=True, exist_ok=exist_ok)
            (folder / f"{name}.private").write_text(str(private))

        def upload_folder(self, *, repo_id, folder_path, commit_message):
            shutil.copytree(folder_path, folder / repo_id, dirs_exist_ok=True)
            return SimpleNamespace(commit_url=f"https://hub/{repo_id}/commit/1")

    def download(name, *, revision, allow_patterns):
        if not (folder / name).is_dir():
            raise LocalEntryNotFoundError(f"{name} is not there")
        (folder / "revision").write_text(str(revision))
        names = [path.relative_to(folder / name).as_posix() for path in (folder / name).rglob("*")]
        fetched = tmp_path / "cache" / name
        shutil.rmtree(fetched, ignore_errors=True)
        fetched.mkdir(parents=True)
        for one in filter_repo_objects(names, allow_patterns=allow_patterns):
            (fetched / one).parent.mkdir(exist_ok=True)
            shutil.copy(folder / name / one, fetched / one)
        return str(fetched)

    monkeypatch.setattr(hub, "HfApi", Api)
    monkeypatch.setattr(hub, "snapshot_download", download)
    return folder


def test_a_model_goes_to_the_hub_and_comes_back(remote, joint_folder):
    pipeline = Pipeline.load(joint_folder)
    url = pipeline.push_to_hub("me/tiny")
    assert url == "https://hub/me/tiny/commit/1"
    again = Pipeline.from_pretrained("me/tiny", top_k=1)
    text = "Cows walk to Paris in Texas at dawn."
    assert [(m.start, m.entity, m.link_score) for m in again(text).mentions] == [
        (m.start, m.entity, m.link_score) for m in pipeline(text).mentions
    ]


def test_what_is_pushed_is_the_folder_that_save_writes(remote, joint_folder):
    Pipeline.load(joint_folder).push_to_hub("me/tiny", private=True)
    names = {path.name for path in (remote / "me" / "tiny").iterdir()}
    assert names == {path.name for path in joint_folder.iterdir()}
    assert (remote / "me" / "tiny.private").read_text() == "True"


def test_a_revision_can_be_named(remote):
    (remote / "me" / "tiny").mkdir(parents=True)
    assert hub.find_model("me/tiny@v2").parts[-2:] == ("me", "tiny")
    assert (remote / "revision").read_text() == "v2"


def test_a_model_is_a_folder_or_a_name_on_the_hub(remote, joint_folder, tmp_path, monkeypatch):
    shutil.copytree(joint_folder, remote / "me" / "tiny")
    assert hub.find_model("me/tiny") == hub.find_model("me/tiny@v2") != Path("me/tiny")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(joint_folder, "me/tiny")
    assert hub.find_model("me/tiny") == Path("me/tiny")  # a folder that is there comes first
    assert Pipeline.load("me/tiny").info() == Pipeline.load(joint_folder).info()


def test_from_pretrained_is_load_by_the_name_that_others_give_it():
    assert Pipeline.from_pretrained.__func__ is Pipeline.load.__func__


def test_a_repository_that_is_not_there_is_told(remote):
    with pytest.raises(StorageError, match=r"me/none: no such folder, .* \(me/none is not there\)"):
        Pipeline.load("me/none")


@pytest.mark.parametrize(
    "name", ["model", "./me/tiny", "../me/tiny", "/me/tiny", "me/tiny/", "a/b/c", "me/", "@v2"]
)
def test_what_can_be_no_name_on_the_hub_is_not_looked_for_there(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # and without `remote` a look at the hub is a failure of its own
    with pytest.raises(StorageError, match=r"no such folder, .* such as owner/name.* Train"):
        Pipeline.load(name)


def test_a_path_is_never_a_name_on_the_hub(remote):
    (remote / "me" / "tiny").mkdir(parents=True)
    with pytest.raises(StorageError, match="no such folder"):
        Pipeline.load(Path("me/tiny"))


def test_a_file_is_no_model(tmp_path):
    (tmp_path / "nerlink.json").write_text("{}")
    with pytest.raises(StorageError, match=r"nerlink.json is a file. .* folder"):
        Pipeline.load(tmp_path / "nerlink.json")


def test_a_failed_upload_is_told(remote, joint_folder, monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("no network\nat all")

    monkeypatch.setattr(hub.HfApi, "create_repo", refuse)
    with pytest.raises(StorageError, match="me/tiny: cannot be uploaded: no network Log in"):
        Pipeline.load(joint_folder).push_to_hub("me/tiny")


@pytest.mark.parametrize("name", ["encoder/pytorch_model.bin", "encoder/code.py", "x/y.json"])
def test_nothing_but_the_files_of_a_model_is_fetched(remote, joint_folder, name):
    Pipeline.load(joint_folder).push_to_hub("me/tiny")
    (remote / "me" / "tiny" / name).parent.mkdir(exist_ok=True)
    (remote / "me" / "tiny" / name).write_bytes(b"\x80")
    fetched = hub.find_model("me/tiny")
    names = [{path.name for path in place.rglob("*")} for place in (fetched, joint_folder)]
    assert names[0] == names[1]
    assert Pipeline.load(fetched)("Cows walk.").text == "Cows walk."
