import json
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from nerlink.data import Document, Entity
from nerlink.errors import StorageError
from nerlink.kb import KnowledgeBase
from nerlink.models.annotate import annotate_documents
from nerlink.models.storage import model as storage
from nerlink.models.storage.model import head_state, load_model, read_info, save_model, save_texts
from tests.world import DOCUMENTS

TEXTS = [Document(text=doc.text) for doc in DOCUMENTS]


def predict(model) -> list[Document]:
    documents = TEXTS if model.tagger else DOCUMENTS
    return list(annotate_documents(model, documents, link_only=not model.tagger))


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def folder(joint_folder, tmp_path) -> Path:
    """A model to damage."""
    return Path(shutil.copytree(joint_folder, tmp_path / "model"))


@pytest.mark.parametrize("tasks", [("ner",), ("nel",), ("ner", "nel")], ids="-".join)
def test_a_saved_model_predicts_bit_by_bit_the_same(trained, tasks, tmp_path):
    model = load_model(trained(*tasks))
    again = load_model(save_model(model, tmp_path / "again"))
    assert predict(again) == predict(model)
    for name, tensor in head_state(model).items():
        assert torch.equal(head_state(again)[name], tensor)


def test_texts_read_since_are_saved_without_the_rest(folder):
    with KnowledgeBase.open(folder, read_only=False) as kb:
        kb.add({"id": "ulm", "name": "Ulm"})
    model = load_model(folder)
    model.linker.texts.refresh()
    kept = {name: (folder / name).stat().st_mtime_ns for name in ("heads.safetensors", "kb.sqlite")}
    save_texts(model, folder)
    assert kept == {name: (folder / name).stat().st_mtime_ns for name in kept}
    again = load_model(folder)
    assert again.linker.prototypes.version == model.linker.prototypes.version
    rows = torch.arange(8)
    texts = [one.linker.prototypes.text_of(rows) for one in (model, again)]
    assert torch.equal(*texts)
    assert predict(again) == predict(model)


@pytest.mark.parametrize("tasks", [("ner",), ("nel",), ("ner", "nel")], ids="-".join)
def test_a_loaded_model_has_one_encoder(trained, tasks):
    model = load_model(trained(*tasks))
    heads = [head for head in (model.tagger, model.linker) if head]
    assert len(heads) == len(tasks)
    assert all(head.embeddings is model.encoder for head in heads)
    assert not model.training


def test_transformers_alone_loads_the_encoder(joint_folder):
    ours = load_model(joint_folder).encoder
    alone = AutoModel.from_pretrained(joint_folder / "encoder").state_dict()
    assert alone.keys() == ours.model.state_dict().keys()
    assert all(torch.equal(alone[name], t) for name, t in ours.model.state_dict().items())
    tokenizer = AutoTokenizer.from_pretrained(joint_folder / "encoder")
    assert tokenizer.tokenize("An ox") == ours.tokenizer.tokenize("An ox")


def test_no_file_is_a_pickle(joint_folder):
    for path in filter(Path.is_file, joint_folder.rglob("*")):
        assert path.suffix in {".json", ".toml", ".safetensors", ".sqlite", ".md", ".txt"}
        assert not path.read_bytes().startswith((b"\x80", b"PK"))


def test_the_encoder_is_stored_once(joint_folder):
    from safetensors import safe_open

    with safe_open(joint_folder / "heads.safetensors", framework="pt") as file:
        names = list(file.keys())
    assert names
    assert not [name for name in names if ".model." in name]


def test_a_model_says_what_it_is(joint_folder):
    info = read_info(joint_folder)
    assert (info.tasks, info.labels) == (("ner", "nel"), ("LOC", "ORG", "PER"))
    assert (info.n_entities, info.trained_on["documents"]) == (7, 10)
    assert set(info.versions) == {"nerlink", "flair", "torch", "transformers"}


@pytest.mark.parametrize(
    "name",
    [
        "config.toml",
        "heads.safetensors",
        "prototypes.safetensors",
        "linker.json",
        "encoder/model.safetensors",
        "encoder/tokenizer.json",
    ],
)
def test_an_incomplete_model_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(StorageError, match=f"incomplete, {name} is missing. Copy the whole"):
        load_model(folder)


@pytest.mark.parametrize("name", ["config.toml", "heads.safetensors", "encoder/config.json"])
def test_a_damaged_model_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(StorageError, match=rf"{name} is damaged \(its sha256.* Copy the whole"):
        load_model(folder)


@pytest.mark.parametrize("content", [b"", b"no database" * 99], ids=["empty", "other"])
def test_a_damaged_knowledge_base_is_refused(folder, content):
    (folder / "kb.sqlite").write_bytes(content)
    with pytest.raises(StorageError, match=r"kb.sqlite is damaged, or of .* No other base can"):
        load_model(folder)


def test_a_missing_knowledge_base_is_refused(folder):
    (folder / "kb.sqlite").unlink()
    with pytest.raises(StorageError, match=r"incomplete, kb.sqlite is missing\. No other base"):
        load_model(folder)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        pytest.param("{", r"damaged\. .* Copy the whole model", id="not JSON"),
        pytest.param("[]", "damaged", id="a list"),
        pytest.param('{"format": 3}', "files is missing; tasks is missing", id="empty"),
        pytest.param('{"format": 2}', r"format 2, this nerlink reads .* 3.*Train", id="older"),
        pytest.param('{"format": 4}', r"format 4, this nerlink reads .* 3.*Upgrade", id="newer"),
        pytest.param('{"format": "x"}', "damaged", id="no number"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(folder, manifest, message):
    (folder / "nerlink.json").write_text(manifest)
    with pytest.raises(StorageError, match=message):
        load_model(folder)


def test_a_folder_without_a_manifest_is_no_model(tmp_path):
    with pytest.raises(StorageError, match=r"no nerlink.json, so .* Check the path"):
        load_model(tmp_path)
    with pytest.raises(StorageError, match=r"no such folder\. Train a model first"):
        read_info(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["encoder/pytorch_model.bin", "best.pt", "training/x.pkl"])
def test_a_folder_with_a_pickle_is_refused(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(pickle.dumps({}))
    with pytest.raises(StorageError, match=rf"{name} may be a pickle"):
        load_model(folder)


def test_heads_of_another_model_are_refused(trained, folder):
    shutil.copy(trained("nel") / "heads.safetensors", folder)
    manifest = json.loads((folder / "nerlink.json").read_text())
    digest = json.loads((trained("nel") / "nerlink.json").read_text())["files"]
    manifest["files"]["heads.safetensors"] = digest["heads.safetensors"]
    (folder / "nerlink.json").write_text(json.dumps(manifest))
    with pytest.raises(StorageError, match="does not fit this model"):
        load_model(folder)


def test_another_model_is_replaced_whole(trained, folder):
    (folder / "notes.txt").write_text("mine")
    model = load_model(trained("ner"))
    save_model(model, folder)
    expected = {"config.toml", "encoder", "heads.safetensors", "README.md", "nerlink.json"}
    assert files(folder) == expected | {"notes.txt"}
    assert predict(load_model(folder)) == predict(model)


def test_a_model_can_be_saved_over_itself(folder):
    model = load_model(folder)
    before = predict(model)
    save_model(model, folder)
    assert predict(model) == before == predict(load_model(folder))


def test_a_model_saved_over_itself_goes_on_with_the_same_base(folder):
    model = load_model(folder)
    save_model(model, folder)
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.add(Entity(id="ulm", name="Ulm"))
    assert "ulm" in model.linker.lookup.kb
    assert "ulm" in load_model(folder).linker.lookup.kb


def test_a_model_takes_the_place_of_one_whose_base_was_being_written(trained, folder):
    (folder / "kb.sqlite-journal").write_bytes(b"left over")
    save_model(load_model(trained("ner", "nel")), folder)
    assert not (folder / "kb.sqlite-journal").exists()
    assert predict(load_model(folder))


def test_a_failed_save_leaves_the_old_model_as_it_was(folder, monkeypatch):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    model = load_model(folder)

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(storage, "save_file", full)
    with pytest.raises(StorageError, match=r"heads\.safetensors cannot be written: no space left"):
        save_model(model, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_files_of_other_people_are_not_replaced(joint_folder, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "encoder").mkdir()
    with pytest.raises(StorageError, match=r"holds encoder, README.md, but no model"):
        save_model(load_model(joint_folder), tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_model_whose_card_was_edited_or_lost_is_loaded(folder):
    (folder / "README.md").write_text("of my own")
    load_model(folder)
    (folder / "README.md").unlink()
    load_model(folder)


def test_entities_added_to_the_file_are_known_after_loading(folder):
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.add(Entity(id="new", name="Otto Nix", description="a man under an anvil"))
        row = kb.row("new")
    model = load_model(folder)
    assert not model.linker.prototypes.text_of(torch.tensor([row])).any()
    model.linker.texts.refresh()
    assert model.linker.prototypes.text_of(torch.tensor([row])).any()


def test_a_base_built_anew_is_refused(folder):
    """Its rows are others, whatever its entities: each would have the text of a neighbour."""
    with KnowledgeBase.open(folder / "kb.sqlite") as kb:
        entities = list(kb.entities())
    KnowledgeBase.create(folder / "kb.sqlite", entities[::-1], overwrite=True).close()
    with pytest.raises(StorageError, match="another base"):
        load_model(folder)


def test_an_older_copy_of_the_base_is_refused(folder, tmp_path):
    before = shutil.copy(folder / "kb.sqlite", tmp_path / "before.sqlite")
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.add(Entity(id="new", name="Otto Nix"))
    model = load_model(folder)
    model.linker.texts.refresh()
    save_model(model, tmp_path / "again")
    shutil.copy(before, tmp_path / "again" / "kb.sqlite")
    with pytest.raises(StorageError, match="an older copy"):
        load_model(tmp_path / "again")


def test_entities_added_after_loading_are_saved(folder, tmp_path):
    model = load_model(folder)
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.add(Entity(id="new", name="Otto Nix", description="a man under an anvil"))
    model.linker.texts.refresh()
    again = load_model(save_model(model, tmp_path / "again"))
    assert "new" in again.linker.lookup.kb
    assert torch.equal(again.linker.prototypes.text, model.linker.prototypes.full_text(8))
    assert read_info(tmp_path / "again").n_entities == 8
