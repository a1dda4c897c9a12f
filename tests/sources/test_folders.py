import pytest

from nerlink.data import Document
from nerlink.errors import DataError
from nerlink.sources import read, write
from nerlink.sources.folders import new_folder


def stored(tmp_path, **contents):
    for name, content in contents.items():
        path = tmp_path / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf8")
    return tmp_path


def texts(path, **options):
    return [doc.text for doc in read(path, **options)]


def test_all_files_of_a_folder_are_read_with_those_of_folders_in_it(tmp_path):
    folder = stored(tmp_path, b_jsonl='{"text": "Bo"}', a__c_jsonl='{"text": "Cy"}', README_md="#")
    stored(tmp_path, _hidden_jsonl="{")
    assert texts(folder) == ["Cy", "Bo"]


def test_a_pattern_stands_for_the_files_it_fits(tmp_path):
    stored(tmp_path, a1_jsonl='{"text": "Ada"}', a2_jsonl='{"text": "Bo"}', b_jsonl="{")
    assert texts(tmp_path / "a*.jsonl") == ["Ada", "Bo"]
    with pytest.raises(DataError, match=r"c\*.jsonl: the pattern fits no file"):
        read(tmp_path / "c*.jsonl")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    (tmp_path / "a[1].jsonl").write_text('{"text": "Ada"}')
    assert texts(tmp_path / "a[1].jsonl") == ["Ada"]


def test_files_of_several_formats_need_a_name(tmp_path):
    stored(tmp_path, a_jsonl='{"text": "Ada"}', b_txt="Bo")
    with pytest.raises(DataError, match=r"several formats: jsonl \(1\), text \(1\). Name the one"):
        read(tmp_path)
    assert texts(tmp_path, format="jsonl") == ["Ada"]
    assert texts(tmp_path, format="text") == ["Bo"]
    with pytest.raises(DataError, match=r"no file there ends in .parquet"):
        read(tmp_path, format="parquet")


def test_a_folder_without_files_of_documents_is_told(tmp_path):
    with pytest.raises(DataError, match="the folder has no file"):
        read(tmp_path)
    with pytest.raises(DataError, match="no file there has an ending that tells a format"):
        read(stored(tmp_path, a_docx="", b_docx=""))


def test_ids_are_unique_over_all_files(tmp_path):
    stored(tmp_path, a_jsonl='{"id": "x", "text": "Ada"}', b_jsonl='{"id": "x", "text": "Bo"}')
    with pytest.raises(DataError, match="id 'x' occurs twice"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["brat", "xmi"])
def test_a_folder_is_known_by_its_files(tmp_path, name):
    docs = [Document(id="a", text="Ada"), Document(id="b", text="Bo")]
    write(docs, tmp_path / "out", format=name)
    assert [doc.id for doc in read(tmp_path / "out")] == ["a", "b"]
    assert [doc.id for doc in read(tmp_path / "out", format=name)] == ["a", "b"]
    if name == "brat":
        assert [doc.id for doc in read(tmp_path / "out/[ab].*")] == ["a", "b"]


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "out") as folder:
        (folder / "a").touch()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as folder:
        (folder / "a").touch()
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "a"]


@pytest.mark.parametrize("path", ["-", "nowhere/out"])
def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"a new folder|cannot be written"):
        write([], path, format="brat")
