import pytest

from nerlink.errors import DataError
from nerlink.sources import read

FILES = {
    "columns": ("a.txt", "Anna B-PER\nspoke O\n", "--from conll"),
    "columns without names": ("a.tsv", "Anna\tB-PER\nspoke\tO\n", "--from conll"),
    "PubTator": ("a.txt", "1|t|Aspirin\n1|a|We gave it.\n", "looks like PubTator"),
    "WebAnno": ("a.tsv", "#FORMAT=WebAnno TSV 3.3\n", "looks like WebAnno TSV"),
    "JSON lines": ("a.txt", '{"text": "a"}\n{"text": "b"}\n', "--from jsonl"),
    "AIDA": ("a.tsv", "-DOCSTART- (1 EU)\nEU\tB\tEU\t--NME--\n", "--from conll"),
    "HIPE": ("a.tsv", "TOKEN\tNE-COARSE-LIT\n# document_id = a\nAnna\tB-pers\n", "--from conll"),
    "CoNLL-U": ("a.conllu", "1\tAnna\n", "CoNLL-U: --from conll"),
    "brat": ("a.ann", "T1\tPER 0 4\tAnna\n", "annotations of brat"),
}


@pytest.mark.parametrize(("name", "content", "message"), FILES.values(), ids=FILES)
def test_content_of_another_format_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf8")
    with pytest.raises(DataError, match=message):
        read(tmp_path / name)


def test_a_format_that_is_named_is_not_doubted(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Anna B-PER\nspoke O\n", encoding="utf8")
    assert read(path, format="text")[0].text == "Anna B-PER\nspoke O\n"


@pytest.mark.parametrize("text", ["Anna met O\nand left", "A plain text.", "{braces}\n", ""])
def test_plain_text_is_plain_text(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf8")
    assert read(path)[0].text == text


def test_annotations_beside_a_text_are_said(tmp_path, caplog):
    (tmp_path / "a.txt").write_text("Anna", encoding="utf8")
    (tmp_path / "a.ann").write_text("T1\tPER 0 4\tAnna\n", encoding="utf8")
    read(tmp_path / "a.txt")
    assert "the annotations beside it, in a.ann, are not read" in caplog.text
