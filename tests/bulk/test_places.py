from pathlib import Path

import pytest

from nerlink.bulk.places import Folder, files_at, look_at, open_place
from nerlink.errors import DataError, StorageError


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x", encoding="utf8")
    return folder


def names_of(files) -> list[str]:
    return [Path(file.path).name for file in files]


def test_a_folder_has_the_files_of_known_formats_below_it(tmp_path):
    make(tmp_path, "b.jsonl", "a/c.csv", "a/d.jsonl.gz", "notes.md", ".e.jsonl", "_done/f.jsonl")
    assert names_of(files_at(tmp_path)) == ["c.csv", "d.jsonl.gz", "b.jsonl"]
    assert names_of(files_at(tmp_path, every=True))[-1] == "notes.md"


def test_patterns_name_files_and_brackets_may_be_part_of_a_name(tmp_path):
    make(tmp_path, "a-1.jsonl", "a-2.jsonl", "b.jsonl", "c[1].jsonl")
    assert names_of(files_at(tmp_path / "a-*.jsonl")) == ["a-1.jsonl", "a-2.jsonl"]
    assert names_of(files_at(tmp_path / "c[1].jsonl")) == ["c[1].jsonl"]


def test_files_that_are_read_beside_others_are_no_inputs_of_their_own(tmp_path):
    make(tmp_path, "b/a.txt", "b/a.ann", "b/lonely.ann", "b/annotation.conf", "c/plain.txt")
    make(tmp_path, "x/a.xmi", "x/TypeSystem.xml", "y/TypeSystem.xml")
    left = ["a.txt", "lonely.ann", "plain.txt", "a.xmi", "TypeSystem.xml"]
    assert names_of(files_at(tmp_path)) == names_of(files_at(tmp_path, every=True))
    assert sorted(names_of(files_at(tmp_path))) == sorted(left)
    assert names_of(files_at(tmp_path / "b/*")) == ["a.txt", "lonely.ann"]


@pytest.mark.parametrize("place", ["none", "none/*.jsonl", "empty"])
def test_a_place_without_files_is_told(tmp_path, place):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="there is no file of documents"):
        files_at(tmp_path / place)


def test_an_address_that_nothing_opens_is_told():
    with pytest.raises(DataError, match=r"nix://a\.jsonl cannot be opened"):
        files_at("nix://a.jsonl")


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    folder = Folder(tmp_path / "out")

    def broken(handle):
        handle.write(b"half a l")
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match=r"out/a\.jsonl cannot be written: No space left"):
        folder.publish("a.jsonl", broken)
    assert list((tmp_path / "out").iterdir()) == []
    assert folder.publish("a.jsonl", lambda handle: handle.write(b"whole")) == 5
    assert folder.sizes() == {"a.jsonl": 5}


def test_an_object_store_is_a_folder_too():
    import fsspec

    store = fsspec.filesystem("memory")
    folder = Folder("memory://places")
    folder.publish("deep/a.json", lambda handle: handle.write(b"{}"))
    folder.publish("b.json", lambda handle: handle.write(b"[]"))
    assert folder.read(["deep/a.json", "none.json"]) == {"deep/a.json": b"{}"}
    assert (folder.sizes(), folder.sizes("deep")) == ({"b.json": 2}, {"a.json": 2})
    (file,) = files_at("memory://places/*.json", every=True)
    assert look_at(file.path) == file
    with open_place(file.path) as handle:
        assert handle.read() == b"[]"
    folder.remove("b.json")
    folder.remove("b.json")
    assert folder.sizes() == {}
    store.rm("/places", recursive=True)
